/**
 * How many requests a server answers, by `wrk`, and nginx as what to compare it with.
 *
 * @module
 */

import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { freePort } from "../free-port.ts";
import { LOAD_CORE, run, SERVER_CORE, sleep, start, stop, waitForPort } from "./processes.ts";
import { median } from "./report.ts";

export interface Throughput {
  /** Requests. */
  readonly perSecond: number;
  /** Processor time of a request in microseconds. */
  readonly cpuUs: number;
}

export interface RunningNginx {
  /** Of the process that answers. */
  readonly pid: number;
  readonly url: string;
  stop(): Promise<void>;
}

/** Serves the files below `root` as fast as it can. @param folder For its own files. */
export async function startNginx(folder: string, root: string): Promise<RunningNginx> {
  chmodSync(folder, 0o755); // Its worker is another user.
  const port = await freePort();
  const config = join(folder, "nginx.conf");
  writeFileSync(
    config,
    `worker_processes 1; daemon off; pid ${folder}/nginx.pid; error_log ${folder}/nginx.log;
events { worker_connections 4096; }
http { sendfile on; tcp_nopush on; access_log off; keepalive_requests 100000000; open_file_cache max=100;
  server { listen 127.0.0.1:${port}; root ${root}; } }
`,
  );
  const child = start(["nginx", "-c", config], { core: SERVER_CORE });
  await waitForPort(port, child);
  return {
    pid: await childOf(child.pid ?? 0),
    url: `http://127.0.0.1:${port}`,
    stop: () => stop(child),
  };
}

/** Asks for `url` over 32 connections for so long. @param pid The server's. */
export async function hammer(url: string, pid: number, seconds: number): Promise<Throughput> {
  const before = await cpuOf(pid);
  const args = ["-t1", "-c32", `-d${seconds}`, url];
  const { output } = await run(["wrk", ...args], { core: LOAD_CORE });
  const ticks = (await cpuOf(pid)) - before;
  const requests = Number(/(\d+) requests in/.exec(output)?.[1]);
  const perSecond = Number(/Requests\/sec:\s+([\d.]+)/.exec(output)?.[1]);
  if (/Non-2xx/.test(output) || !(requests > 0))
    throw new Error(`Cannot measure ${url}: ${output}`);
  return { perSecond, cpuUs: (ticks * 10_000) / requests };
}

export function middle(rounds: readonly Throughput[]): Throughput {
  return {
    perSecond: median(rounds.map(({ perSecond }) => perSecond)),
    cpuUs: median(rounds.map(({ cpuUs }) => cpuUs)),
  };
}

/** Waits until the process has one. */
async function childOf(pid: number): Promise<number> {
  for (;;) {
    const { output } = await run(["pgrep", "-P", String(pid)]);
    const [child = ""] = output.trim().split("\n");
    if (child !== "") return Number(child);
    await sleep(20);
  }
}

/** Ticks of 10 ms that the process has had. */
async function cpuOf(pid: number): Promise<number> {
  const { output } = await run(["cat", `/proc/${pid}/stat`]);
  const fields = output.slice(output.lastIndexOf(")") + 2).split(" ");
  return Number(fields[11]) + Number(fields[12]);
}
