/**
 * Goal: what the operator sets about the process as a whole is done: where it works, what it logs and
 * where to, and what signals mean.
 *
 * Method: the whole program in memory, from its command line on; a log file is a real one.
 */

import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, onTestFinished, test, vi } from "vitest";
import { run } from "../../src/cli/run.ts";
import type { MemoryHostOptions } from "../../src/runtime/memory/memory-host.ts";
import type { MemoryRuntime } from "../../src/runtime/memory/memory-runtime.ts";
import { MemoryNetwork, settle } from "../support/memory-network.ts";
import type { ConfigValue } from "../support/memory-server.ts";

let running: { readonly network: MemoryNetwork; readonly exits: number[] } | undefined;

/** Runs the program until the test is over. */
async function start(
  config: ConfigValue,
  isTerminal = false,
  options: MemoryHostOptions = {},
  prepare: (runtime: MemoryRuntime) => Promise<void> = async () => undefined,
): Promise<MemoryNetwork> {
  const typed = ["-c", "/sluice.yaml"];
  const network = new MemoryNetwork({ arguments: typed, isTerminal, ...options });
  const { runtime } = network;
  await runtime.files.write("/sluice.yaml", JSON.stringify(config));
  await prepare(runtime);
  const exits: number[] = [];
  vi.spyOn(runtime.host, "exit").mockImplementation((code) => {
    exits.push(code);
    return undefined as never;
  });
  running = { network, exits };
  await run(runtime, { get: () => undefined });
  return network;
}

afterEach(async () => {
  if (running === undefined) return;
  const { network, exits } = running;
  running = undefined;
  if (exits.length === 0) network.runtime.host.raise("SIGINT");
  for (let step = 0; step < 100 && exits.length === 0; step++) await network.advance(100);
  expect(exits).toEqual([0]);
  expect(network.timerCount).toBe(0);
});

const printed = (network: MemoryNetwork) => network.runtime.host.printed.stdout;
const levels = (network: MemoryNetwork) => [
  ...new Set(printed(network).match(/"level":"\w+"/g) ?? []),
];

test("work_dir is where the process works", async () => {
  expect((await start({ work_dir: "/srv" })).runtime.host.workingFolder()).toBe("/srv");
});

describe("the log's format", () => {
  test("auto: JSON where nobody reads it, lines and a welcome on a terminal", async () => {
    const network = await start({});
    expect(JSON.parse(printed(network).split("\n")[0] ?? "")).toMatchObject({ event: "starting" });
    expect(printed(network)).not.toContain("Publish");
  });

  test("auto on a terminal", async () => {
    const network = await start({}, true);
    expect(printed(network)).toMatch(/INFO {2}starting version=/);
    expect(printed(network)).toMatch(/\n {2}Publish +rtmp:\/\/localhost\/live\/livestream\n/);
  });

  test.each([
    ["json", true, /^\{/],
    ["pretty", false, /^\d{4}-\d\d-\d\d /],
  ])("%s, whatever is there", async (format, isTerminal, line) => {
    expect(printed(await start({ log: { format } }, isTerminal))).toMatch(line);
  });
});

describe("the log's level", () => {
  test.each<[ConfigValue, string[]]>([
    [{}, ["info"]],
    [{ log: { level: "debug" } }, ["info", "debug"]],
    [{ log: { level: "error" } }, []],
    [{ srs_log_level: "verbose" }, ["info", "debug"]],
    [{ srs_log_level: "info" }, ["info", "debug"]],
    [{ srs_log_level: "trace" }, ["info"]],
    [{ srs_log_level: "error" }, []],
    [{ srs_log_level: "error", srs_log_level_v2: "trace" }, ["info", "debug"]],
    [{ srs_log_level: "verbose", srs_log_level_v2: "error" }, []],
    [{ srs_log_level_v2: "trace", log: { level: "info" } }, ["info"]],
  ])("%j", async (config, expected) => {
    const network = await start(config);
    await (await network.open(1935)).vanish(); // Says something at debug level.
    expect(levels(network)).toEqual(expected.map((level) => `"level":"${level}"`));
  });
});

test("srs_log_tank and srs_log_file: the log goes into a file, and not to the console", async () => {
  const folder = mkdtempSync(join(tmpdir(), "sluice-log-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, "logs", "a.log");
  const network = await start({ srs_log_tank: "file", srs_log_file: file });
  expect(readFileSync(file, "utf8")).toContain('"event":"server ready"');
  expect(printed(network)).toBe("");
});

describe("daemon", () => {
  test.each<[string, ConfigValue, MemoryHostOptions]>([
    ["a container", { in_docker: true }, {}],
    [
      "the foreground that was asked for",
      {},
      { arguments: ["-c", "/sluice.yaml", "--foreground"] },
    ],
    ["what a service manager waits for", {}, { environment: { NOTIFY_SOCKET: "/run/n" } }],
    ["what has been given sockets", {}, { environment: { LISTEN_PID: "4242" } }],
    ["the background itself", {}, { environment: { SLUICE_BACKGROUND_SOCKET: "/tmp/gone" } }],
  ])("does not leave %s", async (_what, config, options) => {
    const network = await start({ daemon: true, ...config }, false, options);
    expect(printed(network)).toContain('"event":"server ready"');
    expect(network.runtime.processes.children).toEqual([]);
  });

  test.each([
    ["serves", "ready", undefined],
    ["was ended while it started", "", "SIGTERM" as const],
  ])("that %s reports %j", async (_what, expected, signal) => {
    let report = "";
    const options = { environment: { SLUICE_BACKGROUND_SOCKET: "/tmp/report" } };
    const network = await start({ daemon: true }, false, options, async ({ tcp, host }) => {
      const data = (bytes: Uint8Array): void => {
        report += new TextDecoder().decode(bytes);
      };
      await tcp.listenLocal("/tmp/report", (socket) => {
        socket.handler = { data, drain: () => undefined, close: () => socket.end() };
      });
      const { listen } = tcp;
      vi.spyOn(tcp, "listen").mockImplementationOnce((...args) => {
        if (signal !== undefined) host.raise(signal);
        return listen.apply(tcp, args);
      });
    });
    if (signal !== undefined) await network.advance(2_000);
    expect(report).toBe(expected);
  });

  test("is told why not", async () => {
    const options = { arguments: ["-c", "/sluice.yaml", "--foreground"] };
    const network = await start({ daemon: true }, false, options);
    expect(printed(network)).toMatch(
      /"reason":"the command line says so".*daemon stays in the fore/,
    );
  });
});

test("too few open files are told of", async () => {
  const network = await start({ max_connections: 5_000 }, false, {}, async ({ files }) => {
    await files.makeFolder("/proc/self");
    await files.write(
      "/proc/self/limits",
      "Max open files            1024        1024       files",
    );
  });
  expect(printed(network)).toMatch(/A process may open 1024 files, too few.*ulimit -n/);
});

test("asprocess: the server ends with who has started it", async () => {
  const network = await start({ asprocess: true }, false, {}, async ({ host }) => {
    host.parentPid = 77;
  });
  await network.advance(5_000);
  expect(running?.exits).toEqual([]);
  network.runtime.host.parentPid = 1;
  await network.advance(5_000);
  expect(running?.exits).toEqual([0]);
  expect(printed(network)).toContain('"signal":"parent process ended"');
});

describe("signals", () => {
  const exits = () => running?.exits;

  test.each([
    ["SIGTERM", false, false],
    ["SIGTERM", true, true],
    ["SIGINT", true, false],
    ["SIGQUIT", false, true],
  ] as const)("%s with force_grace_quit %s waits for players: %s", async (signal, isOn, waits) => {
    const network = await start({ force_grace_quit: isOn });
    const player = await network.play("rtmp://a/live/show");
    network.runtime.host.raise(signal);
    await network.advance(5_000);
    expect(player.isClosed).toBe(!waits);
    expect(exits()).toEqual(waits ? [] : [0]);
    if (waits) await player.leave();
    await network.advance(2_000);
    expect(exits()).toEqual([0]);
  });

  test("SIGHUP reloads, and nobody notices", async () => {
    const network = await start({});
    const player = await network.play("rtmp://a/live/show");
    network.runtime.host.raise("SIGHUP");
    await settle();
    expect(printed(network)).toContain("configuration reloaded");
    expect(player.isClosed).toBe(false);
  });

  test("an error that nobody caught is logged, and ends nothing", async () => {
    const network = await start({});
    network.runtime.host.throwUncaught(new Error("Cannot be"));
    expect(printed(network)).toContain('"message":"Cannot be"');
    await expect(network.play("rtmp://a/live/show")).resolves.toBeDefined();
  });
});

test("a port in use ends the program with SRS's code and a reason, and leaves nothing", async () => {
  const network = new MemoryNetwork({ arguments: ["-c", "/sluice.yaml"] });
  const { files, tcp, host } = network.runtime;
  await files.write("/sluice.yaml", "http_server: { enabled: true, listen: 1935 }\nlisten: 1936\n");
  await tcp.listen({ host: "0.0.0.0", port: 1935 }, () => undefined);
  await expect(run(network.runtime, { get: () => undefined })).rejects.toThrow("Exited with 255");
  expect(host.exitCode).toBe(255);
  expect(host.printed.stderr).toBe("Cannot listen on 0.0.0.0:1935: address already in use\n");
  expect(network.timerCount).toBe(0);
});
