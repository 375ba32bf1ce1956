/**
 * Goal: install.sh installs and takes away, and the script of /etc/init.d does what its commands say,
 * with the exit codes of the LSB; by any shell.
 *
 * Method: install the compiled server below a temporary folder, by dash and by BusyBox, and call the
 * script as an operator does. As root the server runs as `nobody`.
 */

import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname } from "node:path";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { archiveFiles } from "../../scripts/package/archive.ts";
import { writeTree } from "../../scripts/package/file-tree.ts";
import { publishFile } from "../support/ffmpeg.ts";
import { httpGet } from "../support/http-request.ts";
import { media } from "../support/media.ts";
import { runProgram } from "../support/program.ts";
import { freePorts, type Ports, ROOT } from "../support/server.ts";
import { waitFor } from "../support/wait.ts";

const COMPILED = `${ROOT}dist/sluice`;
const IS_ROOT = process.getuid?.() === 0;
const USER = IS_ROOT ? ["--user", "nobody"] : [];
const GRACE_MS = 1_000;

/** Exit codes of the LSB. */
const Code = { Ok: 0, DeadWithPidFile: 1, Usage: 2, Unknown: 3, WrongConfig: 6, NotRunning: 7 };
const STATUS_NOT_RUNNING = 3;

let work: string;
let archive: string;

beforeAll(() => {
  work = mkdtempSync(`${tmpdir()}/sluice-script-`);
  chmodSync(work, 0o755); // For whom the server runs as.
  archive = `${work}/archive`;
  mkdirSync(archive);
  writeTree(archive, archiveFiles(COMPILED), 0);
});

afterAll(() => rmSync(work, { recursive: true, force: true }));

describe.each([
  ["dash", ["dash"]],
  ["BusyBox", ["busybox", "sh"]],
] as const)("by %s", (name, [shell, ...shellArgs]) => {
  let prefix: string;
  let ports: Ports;

  /** @returns The exit code. */
  async function run(script: string, ...args: string[]): Promise<number | undefined> {
    // By itself the script never waits for anything that the test would have to bring about.
    const { code } = await runProgram(shell, [...shellArgs, script, ...args]);
    return code;
  }
  const service = (...args: string[]): Promise<number | undefined> =>
    run(`${prefix}/etc/init.d/sluice`, ...args);
  const configFile = (): string => `${prefix}/etc/sluice/sluice.yaml`;
  const logFile = (): string => `${prefix}/var/log/sluice/sluice.log`;
  const pidFile = (): string => `${prefix}/run/sluice/sluice.pid`;
  const pid = (): number => Number(readFileSync(pidFile(), "utf8"));
  const logged = (event: string): number =>
    readFileSync(logFile(), "utf8").split(`"event":"${event}"`).length - 1;
  const answers = async (): Promise<boolean> => {
    const url = `http://127.0.0.1:${ports.api}/api/v1/versions`;
    return (await httpGet(url).catch(() => undefined))?.status === 200;
  };

  function configure(more = ""): void {
    const { rtmp, http, api } = ports;
    writeFileSync(
      configFile(),
      `listen: 127.0.0.1:${rtmp}\nhttp_server: {enabled: true, listen: "127.0.0.1:${http}"}\n` +
        `http_api: {enabled: true, listen: "127.0.0.1:${api}"}\n${more}`,
    );
  }

  beforeAll(async () => {
    prefix = `${work}/${name}`;
    ports = await freePorts();
    mkdirSync(`${prefix}/etc/logrotate.d`, { recursive: true });
    const args = ["--prefix", prefix, "--init", "initd", "--no-start", ...USER];
    expect(await run(`${archive}/install.sh`, ...args)).toBe(0);
    configure();
    writeFileSync(`${prefix}/etc/default/sluice`, `SLUICE_GRACE_TIMEOUT=${GRACE_MS}\n`);
  });

  afterAll(async () => void (await service("stop")));

  test("it starts, once, and says whether it runs", async () => {
    expect(await service("status")).toBe(STATUS_NOT_RUNNING);
    expect(await service("start")).toBe(Code.Ok);
    expect(await answers()).toBe(true);
    expect(await service("status")).toBe(Code.Ok);
    const first = pid();
    expect(await service("start")).toBe(Code.Ok);
    expect(pid()).toBe(first);
    if (IS_ROOT) expect(statSync(`/proc/${first}`).uid).not.toBe(0);
  });

  test("it reloads, and leaves a server alone that it could not start again", async () => {
    await service("start");
    configure("max_connections: 7\n");
    expect(await service("reload")).toBe(Code.Ok);
    await waitFor("the reload", () => logged("configuration reloaded") > 0);
    const before = pid();
    configure("nonsense: true\n");
    for (const command of ["reload", "force-reload", "restart", "try-restart"]) {
      expect(await service(command), command).toBe(Code.WrongConfig);
    }
    expect(pid()).toBe(before);
    expect(await answers()).toBe(true);
    expect(await service("stop")).toBe(Code.Ok);
    expect(await service("start")).toBe(Code.WrongConfig);
    configure();
  });

  test("it has the log opened anew", async () => {
    await service("start");
    renameSync(logFile(), `${logFile()}.1`);
    expect(await service("rotate")).toBe(Code.Ok);
    await waitFor("a new log", () => existsSync(logFile()));
  });

  test("it restarts what runs, and starts what does not, but for try-restart", async () => {
    await service("start");
    const first = pid();
    expect(await service("try-restart")).toBe(Code.Ok);
    expect(pid()).not.toBe(first);
    expect(await service("stop")).toBe(Code.Ok);
    expect(existsSync(pidFile())).toBe(false);
    expect(await service("stop")).toBe(Code.Ok);
    expect(await service("try-restart")).toBe(Code.Ok);
    expect(await service("status")).toBe(STATUS_NOT_RUNNING);
    for (const command of ["reload", "rotate", "grace"]) {
      expect(await service(command), command).toBe(Code.NotRunning);
    }
    expect(await service("restart")).toBe(Code.Ok);
    expect(await answers()).toBe(true);
  });

  test("it gives those who are there some time, and then stops in order", async () => {
    await service("start");
    const file = await media("h264-aac.flv");
    const publisher = publishFile(file, `rtmp://127.0.0.1:${ports.rtmp}/live/show`);
    onTestFinished(async () => void (await publisher.end()));
    const published = logged("stream published");
    await waitFor("the stream", () => logged("stream published") > published);
    const stopped = logged("stopped");
    const startMs = performance.now();
    expect(await service("stop")).toBe(Code.Ok);
    expect(performance.now() - startMs).toBeGreaterThanOrEqual(GRACE_MS);
    expect(logged("stopped")).toBe(stopped + 1);
  });

  test("grace stops when all have left", async () => {
    await service("start");
    expect(await service("grace")).toBe(Code.Ok);
    expect(await service("status")).toBe(STATUS_NOT_RUNNING);
  });

  test("it starts where a server has died", async () => {
    await service("start");
    process.kill(pid(), "SIGKILL");
    await waitFor("the end", async () => (await service("status")) === Code.DeadWithPidFile);
    expect(await service("start")).toBe(Code.Ok);
    expect(await answers()).toBe(true);
  });

  test("it takes no other program for the server", async () => {
    await service("stop");
    const reader = spawn("tail", ["-f", logFile()], { stdio: "ignore" });
    onTestFinished(() => void reader.kill("SIGKILL"));
    await once(reader, "spawn");
    writeFileSync(pidFile(), String(reader.pid));
    expect(await service("status")).toBe(Code.DeadWithPidFile);
    expect(await service("stop")).toBe(Code.Ok);
    expect(reader.exitCode ?? reader.signalCode).toBeNull();
    expect(existsSync(pidFile())).toBe(false);
  });

  test.runIf(IS_ROOT)("root keeps the folder that it writes the pid file to", async () => {
    await service("start");
    const server = pid();
    expect(statSync(dirname(pidFile())).uid).toBe(0);
    // The server may not remove the file any more, and leaves it empty.
    process.kill(server, "SIGTERM");
    await waitFor("the end", async () => (await service("status")) === STATUS_NOT_RUNNING);
    expect(readFileSync(pidFile(), "utf8")).toBe("");
    expect(await service("stop")).toBe(Code.Ok);
    expect(existsSync(pidFile())).toBe(false);
  });

  test("it refuses what it does not know", async () => {
    expect(await service()).toBe(Code.Usage);
    expect(await service("start", "stop")).toBe(Code.Usage);
    expect(await service("dance")).toBe(Code.Unknown);
  });

  test.runIf(IS_ROOT)("install.sh knows the group of who the server runs as", async () => {
    const { stdout } = await runProgram("id", ["-gn", "nobody"]);
    const logrotate = readFileSync(`${prefix}/etc/logrotate.d/sluice`, "utf8");
    expect(logrotate).toContain(`su nobody ${stdout}`);
    expect(logrotate).toContain(`create 0640 nobody ${stdout}`);
  });

  test("install.sh keeps the configuration, and takes everything away", async () => {
    configure("# The operator's own.\n");
    const args = ["--prefix", prefix, "--init", "initd", "--no-start", ...USER];
    expect(await run(`${archive}/install.sh`, ...args)).toBe(0);
    expect(readFileSync(configFile(), "utf8")).toContain("The operator's own");
    await service("start");
    const uninstall = [
      `${prefix}/share/sluice/install.sh`,
      "--prefix",
      prefix,
      "--uninstall",
    ] as const;
    expect(await run(...uninstall)).toBe(0);
    expect(await answers()).toBe(false);
    expect(existsSync(`${prefix}/bin/sluice`)).toBe(false);
    expect(existsSync(configFile())).toBe(true);
    expect(await run(`${archive}/install.sh`, ...args)).toBe(0);
    writeFileSync(`${prefix}/var/lib/sluice/show.flv`, "");
    expect(await run(...uninstall, "--purge")).toBe(0);
    expect(existsSync(`${prefix}/etc`)).toBe(false);
    // Recordings are nobody's to delete.
    expect(existsSync(`${prefix}/var/lib/sluice/show.flv`)).toBe(true);
  });

  test("install.sh refuses a program that is not what the list says", async () => {
    const sums = `${work}/SHA256SUMS`;
    writeFileSync(sums, `${"0".repeat(64)}  sluice\n`);
    const elsewhere = `${work}/${name}-refused`;
    const args = ["--prefix", elsewhere, "--checksums", sums, ...USER];
    expect(await run(`${archive}/install.sh`, ...args)).toBe(1);
    expect(existsSync(elsewhere)).toBe(false);
  });
});
