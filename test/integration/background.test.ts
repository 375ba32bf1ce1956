/**
 * Goal: `daemon on` works as scripts of SRS's users expect: the command comes back once the server
 * serves, or fails with the reason; the pid file, signals and the log are those of the process in the
 * background. Started by root, the server acts for the user that is configured, and for nobody else.
 *
 * Method: the program is run as from a shell; processes are looked at in /proc.
 */

import {
  chmodSync,
  chownSync,
  existsSync,
  lchownSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { httpGet } from "../support/http-request.ts";
import { Program, runProgram } from "../support/program.ts";
import { freePorts, RUNTIME_ENVIRONMENT, SLUICE } from "../support/server.ts";
import { waitFor } from "../support/wait.ts";

const EXIT_FAILED = 255;
/** Debian has it, and every other system too. */
const DAEMON_USER = "daemon";
const isRoot = process.getuid?.() === 0;

function makeFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "sluice-background-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

function isAlive(pid: number): boolean {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "utf8");
    return !text.slice(text.lastIndexOf(")") + 2).startsWith("Z");
  } catch {
    return false;
  }
}

/** A configuration as SRS's users have it, but for paths and ports. */
async function prepare(more = "") {
  const { rtmp, api } = await freePorts();
  const folder = makeFolder();
  const file = join(folder, "srs.conf");
  writeFileSync(
    file,
    `listen ${rtmp}; max_connections 100; daemon on; disable_daemon_for_docker off;
     srs_log_tank file; srs_log_file ./srs.log; pid ./srs.pid; ${more}
     http_api { enabled on; listen ${api}; }
     vhost __defaultVhost__ { }`,
  );
  const run = () =>
    runProgram(SLUICE, ["-c", file], { environment: RUNTIME_ENVIRONMENT, workingFolder: folder });
  const pidFile = join(folder, "srs.pid");
  const pid = (): number => Number(readFileSync(pidFile, "utf8"));
  onTestFinished(async () => {
    if (!existsSync(pidFile) || !isAlive(pid())) return;
    process.kill(pid(), "SIGKILL");
    await waitFor("the end", () => !isAlive(pid()));
  });
  const log = (): string => readFileSync(join(folder, "srs.log"), "utf8");
  return { folder, rtmp, api, run, pidFile, pid, log };
}

describe("daemon on", () => {
  test("comes back when the server serves, which obeys signals", async () => {
    const { folder, api, run, pidFile, pid, log } = await prepare();
    const { code, stdout, stderr } = await run();
    expect([code, stderr]).toEqual([0, ""]);
    expect(stdout).toBe(`sluice runs in the background as process ${pid()}, log in ./srs.log\n`);
    const versions = JSON.parse((await httpGet(`http://127.0.0.1:${api}/api/v1/versions`)).text);
    expect(versions).toMatchObject({ code: 0, pid: String(pid()) });
    // A session of its own: a terminal that closes does not end it.
    const fields = readFileSync(`/proc/${pid()}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
    expect(fields[3]).toBe(String(pid()));

    process.kill(pid(), "SIGHUP");
    await waitFor("the reload", () => log().includes('"event":"configuration reloaded"'));
    renameSync(join(folder, "srs.log"), join(folder, "srs.log.1"));
    process.kill(pid(), "SIGUSR1");
    await waitFor("the new log", () => existsSync(join(folder, "srs.log")) && log() !== "");
    expect(log()).toContain('"event":"log opened"');

    const second = await run();
    expect(second.code).toBe(EXIT_FAILED);
    expect(second.stderr).toContain(`server ${pid()} is running`);
    const server = pid();
    process.kill(server, "SIGTERM");
    await waitFor("the end", () => !isAlive(server));
    expect(existsSync(pidFile)).toBe(false);
  });

  test("fails with the reason if a port is in use, and leaves nobody behind", async () => {
    const { rtmp, run, pidFile } = await prepare();
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(rtmp, resolve));
    onTestFinished(() => void other.close());
    const { code, stdout, stderr } = await run();
    expect([code, stdout]).toEqual([EXIT_FAILED, ""]);
    expect(stderr).toMatch(new RegExp(`^Cannot listen on 0.0.0.0:${rtmp}: address already in use`));
    expect(existsSync(pidFile)).toBe(false);
  });

  test("takes over the pid file of a server that was killed", async () => {
    const { run, pid } = await prepare();
    await run();
    const killed = pid();
    process.kill(killed, "SIGKILL");
    await waitFor("the end", () => !isAlive(killed));
    expect((await run()).code).toBe(0);
    expect(pid()).not.toBe(killed);
  });

  test("says where the folder is missing that it is to work in", async () => {
    const { run } = await prepare("work_dir /nowhere/at/all;");
    const { code, stderr } = await run();
    expect(code).toBe(EXIT_FAILED);
    expect(stderr).toBe('Cannot enter "/nowhere/at/all": no such file or folder (work_dir)\n');
  });
});

/** What /proc says of a process, by the field's name. */
function statusOf(pid: number, field: string): string {
  const text = readFileSync(`/proc/${pid}/status`, "utf8");
  return new RegExp(`^${field}:\\s*(.*)$`, "m").exec(text)?.[1]?.trim() ?? "";
}

function numbersOf(user: string): [userId: number, groupId: number] {
  const line = readFileSync("/etc/passwd", "utf8")
    .split("\n")
    .find((one) => one.startsWith(`${user}:`));
  const [, , userId, groupId] = line?.split(":") ?? [];
  return [Number(userId), Number(groupId)];
}

describe.runIf(isRoot)("user", () => {
  test.each([
    ["one process", "1"],
    ["several processes", "2"],
  ])("%s: what serves has that user's rights, and ports below 1024", async (_what, workers) => {
    const port = 600 + Math.floor(Math.random() * 400);
    const { folder, run, pid, log } = await prepare(
      `user ${DAEMON_USER}; workers ${workers}; rtmps { enabled off; } http_server { enabled on; listen ${port}; }`,
    );
    chmodSync(folder, 0o755);
    const [userId, groupId] = numbersOf(DAEMON_USER);
    expect(await run()).toMatchObject({ code: 0, stderr: "" });
    const ready = [...log().matchAll(/"pid":(\d+),"event":"worker ready"/g)];
    const servers = ready.map(([, id]) => Number(id));
    if (workers === "1") servers.push(pid());
    expect(servers).toHaveLength(Number(workers));
    for (const server of servers) {
      const same = (id: number): string => Array.from({ length: 4 }, () => id).join("\t");
      expect(statusOf(server, "Uid")).toBe(same(userId));
      expect(statusOf(server, "Gid")).toBe(same(groupId));
      expect(statusOf(server, "Groups")).toBe(String(groupId));
      expect(statusOf(server, "CapEff")).toBe("0000000000000000");
    }
    expect((await httpGet(`http://127.0.0.1:${port}/console/`)).status).toBe(404);
    expect(statSync(join(folder, "srs.log")).uid).toBe(userId);

    // The folder is root's, so that only who still is root can open the log anew.
    renameSync(join(folder, "srs.log"), join(folder, "srs.log.1"));
    process.kill(pid(), "SIGUSR1");
    if (workers === "1") {
      const old = (): string => readFileSync(join(folder, "srs.log.1"), "utf8");
      expect(old()).toContain('"event":"log cannot be opened anew"');
      await waitFor("the fault", () => old().includes('"event":"log not opened"'));
    } else {
      await waitFor("the new log", () => existsSync(join(folder, "srs.log")));
      await waitFor("its owner", () => statSync(join(folder, "srs.log")).uid === userId);
    }
    const server = pid();
    process.kill(server, "SIGTERM");
    await waitFor("the end", () => !isAlive(server));
  });

  test("with a folder of its own opens the log anew, and removes its pid file", async () => {
    const { folder, run, pid, log, pidFile } = await prepare(`user ${DAEMON_USER};`);
    const [userId, groupId] = numbersOf(DAEMON_USER);
    chownSync(folder, userId, groupId);
    await run();
    renameSync(join(folder, "srs.log"), join(folder, "srs.log.1"));
    const server = pid();
    process.kill(server, "SIGUSR1");
    await waitFor("the new log", () => existsSync(join(folder, "srs.log")) && log() !== "");
    expect(statSync(join(folder, "srs.log")).uid).toBe(userId);
    process.kill(server, "SIGTERM");
    await waitFor("the end", () => !isAlive(server));
    expect(existsSync(pidFile)).toBe(false);
  });

  test("does not give away what a link leads to", async () => {
    const { folder, run, log } = await prepare(`user ${DAEMON_USER};`);
    const secret = join(makeFolder(), "secret");
    writeFileSync(secret, "");
    const inner = join(folder, "inner");
    mkdirSync(inner);
    await runProgram("ln", ["-s", secret, join(folder, "srs.log")]);
    await run();
    expect(statSync(secret).uid).toBe(0);
    expect(log()).toContain('"event":"user changed"');
  });

  test.each(["1", "2"])(
    "root does not follow a link of that user's, %s process",
    async (workers) => {
      const { folder, run } = await prepare(`user ${DAEMON_USER}; workers ${workers};`);
      const [userId, groupId] = numbersOf(DAEMON_USER);
      chownSync(folder, userId, groupId);
      const secret = join(makeFolder(), "secret");
      writeFileSync(secret, "kept");
      symlinkSync(secret, join(folder, "srs.log"));
      lchownSync(join(folder, "srs.log"), userId, groupId);
      const { code, stderr } = await run();
      expect(code).toBe(EXIT_FAILED);
      expect(stderr).toContain('Cannot open log file "./srs.log": a link leads there');
      expect(readFileSync(secret, "utf8")).toBe("kept");
    },
  );

  test("is refused where there is none of that name", async () => {
    const { run } = await prepare("user nobody-of-that-name;");
    const { code, stderr } = await run();
    expect(code).toBe(EXIT_FAILED);
    expect(stderr).toContain('there is no user "nobody-of-that-name" in /etc/passwd');
  });
});

test("asprocess: the server ends with who has started it", async () => {
  const { rtmp } = await freePorts();
  const folder = makeFolder();
  const file = join(folder, "sluice.yaml");
  const log = join(folder, "log");
  const settings = { listen: rtmp, asprocess: true, srs_log_tank: "file", srs_log_file: log };
  writeFileSync(file, JSON.stringify(settings));
  const script = '"$0" -c "$1" & wait';
  const parent = new Program("/bin/sh", ["-c", script, SLUICE, file], {
    environment: RUNTIME_ENVIRONMENT,
    workingFolder: folder,
  });
  await waitFor("the server", () => existsSync(log) && readFileSync(log, "utf8").includes("ready"));
  const [, pid] = /"pid":(\d+),"event":"server ready"/.exec(readFileSync(log, "utf8")) ?? [];
  await parent.end();
  await waitFor("the end", () => !isAlive(Number(pid)));
  expect(readFileSync(log, "utf8")).toContain('"signal":"parent process ended"');
});
