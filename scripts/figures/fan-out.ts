/**
 * The cost of HTTP-FLV viewers, beside a bare loop that sends the same number of bytes, in one run on
 * one machine. Needs Linux, Bun and ffmpeg.
 *
 * Usage: npm run figures [VIEWERS] [SECONDS]
 *
 * @module
 */

import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findBun } from "../programs.ts";

const [viewers = "1000", seconds = "10"] = process.argv.slice(2);
const RUNTIMES = ["bun", "node", "deno"];
const RATE = 62_500; // Bytes per second of a 500 kbps stream.
const RTMP_PORT = 21_935;
const HTTP_PORT = 28_080;
const API_PORT = 21_985;
const WARM_UP_MS = 4_000;
const TICKS_PER_SECOND = 100;

const root = new URL("../../", import.meta.url).pathname;
const folder = mkdtempSync(join(tmpdir(), "sluice-figures-"));
const children: ChildProcess[] = [];

function start(program: string, args: string[], environment: Record<string, string> = {}) {
  const env = { ...process.env, ...environment };
  const child = spawn(program, args, { cwd: root, env, stdio: ["ignore", "pipe", "ignore"] });
  children.push(child);
  return child;
}

function stop(child: ChildProcess): Promise<void> {
  children.splice(children.indexOf(child), 1);
  return new Promise((resolve) => {
    child.once("exit", () => resolve());
    child.kill("SIGTERM");
  });
}

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

async function waitFor(url: string): Promise<void> {
  for (let attempt = 0; attempt < 100; attempt++) {
    const isUp = await fetch(url, { signal: AbortSignal.timeout(500) }).then(
      () => true,
      () => false,
    );
    if (isUp) return;
    await sleep(100);
  }
  throw new Error(`Cannot reach ${url}`);
}

/** Processor time of a process so far, in seconds, and its resident memory in bytes. */
function usage(pid: number): { cpuSeconds: number; residentSize: number } {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
  const ticks = Number(fields[11]) + Number(fields[12]);
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  const kilobytes = Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]);
  return { cpuSeconds: ticks / TICKS_PER_SECOND, residentSize: kilobytes * 1024 };
}

/** Attaches the viewers and watches the server for a while. */
async function measure(server: ChildProcess, port: number, path: string) {
  const pid = server.pid ?? 0;
  const idle = usage(pid).residentSize;
  const players = start(findBun(), [
    join(root, "scripts/figures/viewers.ts"),
    ...[String(port), path, viewers],
  ]);
  let last = { connected: 0, received: 0 };
  let total = 0;
  players.stdout?.on("data", (text: Buffer) => {
    for (const line of String(text).trim().split("\n")) {
      last = JSON.parse(line);
      total += last.received;
    }
  });
  while (last.connected < Number(viewers)) await sleep(100);
  await sleep(WARM_UP_MS);
  total = 0;
  const before = usage(pid);
  await sleep(Number(seconds) * 1_000);
  const after = usage(pid);
  await stop(players);
  return {
    cpuPercent: ((after.cpuSeconds - before.cpuSeconds) / Number(seconds)) * 100,
    kilobitsPerViewer: (total * 8) / 1_000 / Number(seconds) / Number(viewers),
    bytesPerViewer: Math.round((after.residentSize - idle) / Number(viewers)),
    residentMegabytes: Math.round(after.residentSize / 1e6),
  };
}

async function measureSluice(runtime: string) {
  const config = join(folder, "figures.yaml");
  writeFileSync(
    config,
    `listen: 127.0.0.1:${RTMP_PORT}
max_connections: 20000
log: { level: warn }
http_server: { enabled: true, listen: "127.0.0.1:${HTTP_PORT}" }
http_api: { enabled: true, listen: "127.0.0.1:${API_PORT}" }
`,
  );
  const server = start("bin/sluice", ["-c", config], { SLUICE_RUNTIME: runtime });
  await waitFor(`http://127.0.0.1:${API_PORT}/api/v1/versions`);
  const publisher = start("ffmpeg", [
    ...["-loglevel", "error", "-re", "-stream_loop", "-1", "-i", join(folder, "source.flv")],
    ...["-c", "copy", "-f", "flv", `rtmp://127.0.0.1:${RTMP_PORT}/live/show`],
  ]);
  await sleep(1_000);
  const figures = await measure(server, HTTP_PORT, "/live/show.flv");
  await stop(publisher);
  await stop(server);
  return figures;
}

async function measureBareLoop() {
  const bare = join(root, "scripts/figures/bare-loop.ts");
  const server = start(findBun(), [bare, String(HTTP_PORT), String(RATE)]);
  await waitFor(`http://127.0.0.1:${HTTP_PORT}/`);
  const figures = await measure(server, HTTP_PORT, "/");
  await stop(server);
  return figures;
}

try {
  spawnSync("ffmpeg", [
    ...["-loglevel", "error", "-f", "lavfi", "-i", "testsrc2=size=640x360:rate=25:duration=20"],
    ...["-f", "lavfi", "-i", "sine=frequency=440:sample_rate=44100:duration=20"],
    ...["-c:v", "libx264", "-preset", "veryfast", "-g", "50", "-b:v", "440k", "-minrate", "440k"],
    ...["-maxrate", "440k", "-bufsize", "220k", "-nal-hrd", "cbr", "-c:a", "aac", "-b:a", "48k"],
    join(folder, "source.flv"),
  ]);
  const rows: Record<string, Awaited<ReturnType<typeof measure>>> = {};
  rows["bare loop on Bun"] = await measureBareLoop();
  for (const runtime of RUNTIMES) rows[`Sluice on ${runtime}`] = await measureSluice(runtime);
  console.table(rows);
} finally {
  for (const child of children) child.kill("SIGKILL");
  rmSync(folder, { recursive: true, force: true });
}
