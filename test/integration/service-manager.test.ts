/**
 * Goal: a service manager hears when the server is ready, reloads and ends, and that its event loop
 * runs; and while it starts the server anew on sockets of its own, nobody is refused.
 *
 * Method: a program that plays systemd, with real sockets, in test/support/service-manager.
 *
 * Spec: sd_notify(3), sd_listen_fds(3)
 */

import { createSocket } from "node:dgram";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { httpGet } from "../support/http-request.ts";
import { freePorts, TEST_RUNTIME } from "../support/server.ts";
import { ServiceManager } from "../support/service-manager/manager.ts";
import { sleep, waitFor } from "../support/wait.ts";

const WATCHDOG_US = 1_000_000;

async function manage(config: Record<string, unknown> = {}, isAbstract = true) {
  const { http, rtc, rtmp } = await freePorts();
  const folder = mkdtempSync(join(tmpdir(), "sluice-manager-"));
  const file = join(folder, "sluice.yaml");
  const settings = {
    listen: rtmp,
    http_api: { enabled: true, listen: http },
    http_server: { enabled: true, listen: http },
    rtc_server: { enabled: true, listen: rtc, tcp: { enabled: false } },
    vhosts: { __defaultVhost__: { rtc: { enabled: true } } },
    srs_log_tank: "file",
    srs_log_file: join(folder, "log"),
    ...config,
  };
  writeFileSync(file, JSON.stringify(settings));
  const manager = new ServiceManager({
    ...{ tcpPort: http, udpPort: rtc, configFile: file, workingFolder: folder },
    notifyPath: isAbstract ? `@sluice-test-${http}` : join(folder, "notify"),
    watchdogUs: WATCHDOG_US,
  });
  onTestFinished(async () => {
    await manager.end();
    rmSync(folder, { recursive: true, force: true });
  });
  const log = (): string => readFileSync(join(folder, "log"), "utf8");
  const versions = `http://127.0.0.1:${http}/api/v1/versions`;
  return { manager, folder, http, rtc, file, settings, log, versions };
}

/** Asks one after the other until told to stop. */
function askOnAndOn(url: string) {
  let isOver = false;
  const answers: string[] = [];
  const asking = (async () => {
    while (!isOver) {
      answers.push(await httpGet(url).then(({ status }) => String(status), String));
      await sleep(5);
    }
  })();
  return async (): Promise<string[]> => {
    isOver = true;
    await asking;
    return answers;
  };
}

test("the manager is told how the server is", async () => {
  const { manager, log, file, settings } = await manage({}, false);
  await manager.start();
  expect(manager.told).toContain("STATUS=Serving 0 streams, 0 viewers");
  expect(log()).toContain('"event":"server ready"');

  const startUs = manager.countOf("READY=1");
  writeFileSync(file, JSON.stringify({ ...settings, chunk_size: 4096 }));
  manager.signal("SIGHUP");
  await waitFor("the reload", () => manager.countOf("READY=1") === startUs + 1);
  const reload = manager.told.indexOf("RELOADING=1");
  expect(manager.told[reload + 1]).toMatch(/^MONOTONIC_USEC=\d+$/);
  // The clock of the machine, which Node counts by as well.
  const us = Number(manager.told[reload + 1]?.split("=")[1]);
  const uptimeUs = Number(readFileSync("/proc/uptime", "utf8").split(" ")[0]) * 1e6;
  expect(us).toBeLessThanOrEqual(uptimeUs + 20_000);
  expect(log()).toContain('"event":"configuration reloaded"');

  await waitFor("signs of life", () => manager.countOf("WATCHDOG=1") >= 4);
  manager.signal("SIGSTOP");
  await sleep(300); // What was on its way has come.
  const count = manager.countOf("WATCHDOG=1");
  await sleep(1_200);
  expect(manager.countOf("WATCHDOG=1")).toBe(count);
  manager.signal("SIGCONT");
  await waitFor("signs of life again", () => manager.countOf("WATCHDOG=1") > count);

  manager.signal("SIGTERM");
  await waitFor("the end", () => manager.ends.length === 1);
  expect(manager.ends).toEqual([0]);
  await waitFor("its last words", () => manager.countOf("STOPPING=1") === 1);
});

test.each([
  ["one process", {}],
  ["several processes", { workers: "2" }],
])("nobody is refused while %s is started anew", async (_what, config) => {
  const { manager, http, rtc, log, versions } = await manage(config);
  await manager.start();
  const finish = askOnAndOn(versions);
  for (const round of [1, 2]) {
    await sleep(200);
    manager.signal("SIGQUIT");
    await waitFor("the end", () => manager.ends.length === round);
    await manager.start();
  }
  await sleep(200);
  const answers = await finish();
  expect(answers.length).toBeGreaterThan(20);
  expect(new Set(answers)).toEqual(new Set(["200"]));
  expect(manager.ends).toEqual([0, 0]);
  expect(new Set(manager.pids).size).toBe(3);
  expect(log()).toMatch(
    new RegExp(`"address":"0.0.0.0","port":${http},"event":"socket inherited"`),
  );
  expect(log()).toContain(
    TEST_RUNTIME === "deno" ? "port bound beside it" : `"port":${rtc},"event"`,
  );
});

test("a port of UDP is heard, and answers", async () => {
  const { manager, rtc } = await manage();
  await manager.start();
  const socket = createSocket("udp4");
  onTestFinished(() => void socket.close());
  // A binding request without credentials (RFC 8489): who is not known is not answered, so that only
  // the kernel can say whether somebody listens. It would report that nobody does.
  const faults: Error[] = [];
  socket.on("error", (error) => faults.push(error));
  socket.connect(rtc, "127.0.0.1");
  await new Promise((resolve) => socket.once("connect", resolve));
  for (let i = 0; i < 3; i++) {
    socket.send(
      Uint8Array.of(0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12),
    );
    await sleep(50);
  }
  expect(faults).toEqual([]);
  const waiting = readFileSync("/proc/net/udp", "utf8")
    .split("\n")
    .map((line) => line.trim().split(/\s+/))
    .filter((fields) => fields[1]?.endsWith(`:${rtc.toString(16).toUpperCase().padStart(4, "0")}`));
  // Read by the server, and not left in the manager's socket.
  expect(waiting.map((fields) => fields[4]?.split(":")[1])).toContain("00000000");
  expect(waiting.every((fields) => fields[4]?.endsWith(":00000000"))).toBe(true);
});

test("programs that the server starts have neither its sockets nor its manager", async () => {
  const script = "env > env.tmp; ls -l /proc/$$/fd > fds.txt; mv env.tmp env.txt; sleep 60";
  const exec = { enabled: true, publish: [["/bin/sh", "-c", script]] };
  const { manager, folder, http } = await manage({
    test_stream: { enabled: true },
    vhosts: { __defaultVhost__: { exec } },
  });
  await manager.start();
  await waitFor("the program", () => existsSync(join(folder, "env.txt")));
  const environment = readFileSync(join(folder, "env.txt"), "utf8");
  expect(environment).toContain("PATH=");
  expect(environment).not.toMatch(/LISTEN_|NOTIFY_SOCKET|WATCHDOG_/);
  const link = linkOf(http);
  expect(link).toMatch(/^socket:/);
  expect(readFileSync(join(folder, "fds.txt"), "utf8")).not.toContain(link);
});

/** What descriptors of the socket that listens at a port link to. */
function linkOf(port: number): string {
  const ending = `:${port.toString(16).toUpperCase().padStart(4, "0")}`;
  const rows = readFileSync("/proc/net/tcp", "utf8")
    .split("\n")
    .map((line) => line.trim().split(/\s+/));
  const row = rows.find((fields) => fields[1]?.endsWith(ending) && fields[3] === "0A");
  return `socket:[${row?.[9]}]`;
}
