/**
 * Goal: whoever starts the server in the background hears when it serves, and why it does not; and it
 * stays where somebody waits for the very process.
 *
 * Method: a machine in memory, on which the test plays the process in the background by the code that
 * is to run there.
 */

import { describe, expect, test } from "vitest";
import {
  reasonToStay,
  StartReport,
  startInBackground,
} from "../../../src/app/process/background.ts";
import type { MemoryHostOptions } from "../../../src/runtime/memory/memory-host.ts";
import { MemoryHost } from "../../../src/runtime/memory/memory-host.ts";
import { MemoryNetwork, settle } from "../../support/memory-network.ts";

const COMMAND = ["/usr/bin/sluice", "-c", "srs.conf"];

async function start() {
  const machine = new MemoryNetwork({
    arguments: ["-c", "srs.conf"],
    environment: { PATH: "/bin" },
  });
  const { runtime } = machine;
  await runtime.files.makeFolder("/tmp");
  const starting = startInBackground(runtime);
  starting.catch(() => undefined);
  await settle();
  const [child] = runtime.processes.children;
  if (child === undefined) throw new Error("nothing was started");
  const host = new MemoryHost({ environment: child.options.environment });
  return { machine, runtime, starting, child, host };
}

describe("a server in the background", () => {
  test("is this program, with the same arguments, and outlives who starts it", async () => {
    const { child } = await start();
    expect(child.command).toEqual(COMMAND);
    expect(child.options).toMatchObject({ isDaemon: true, environment: { PATH: "/bin" } });
  });

  test("is waited for until it serves", async () => {
    const { runtime, starting, child, host } = await start();
    const report = await StartReport.open({ tcp: runtime.tcp, host });
    expect(report.isAwaited).toBe(true);
    expect(host.environment).toEqual({ PATH: "/bin" });
    await report.tell(undefined);
    expect(await starting).toBe(child.pid);
    expect(await runtime.files.list("/tmp")).toEqual([]);
  });

  test("says why it cannot start", async () => {
    const { runtime, starting, host } = await start();
    const report = await StartReport.open({ tcp: runtime.tcp, host });
    await report.tell("Cannot listen on 80");
    await expect(starting).rejects.toThrow("Cannot listen on 80");
    expect(await runtime.files.list("/tmp")).toEqual([]);
  });

  test("that ends without a word is told of all the same", async () => {
    const { machine, starting, child } = await start();
    child.finish({ code: 70, signal: undefined });
    await settle();
    await machine.advance(1_000);
    await expect(starting).rejects.toThrow("the server ended with exit status 70, see its log");
  });

  test("that hangs up without a word is no success", async () => {
    const { machine, runtime, starting, child, host } = await start();
    await StartReport.open({ tcp: runtime.tcp, host });
    runtime.tcp.connections[0]?.[0].end();
    child.finish({ code: 1, signal: undefined });
    await settle();
    await machine.advance(1_000);
    await expect(starting).rejects.toThrow("the server ended with exit status 1");
  });

  test("that is killed is so, too", async () => {
    const { machine, starting, child } = await start();
    child.kill("SIGKILL");
    await settle();
    await machine.advance(1_000);
    await expect(starting).rejects.toThrow("the server ended by SIGKILL");
  });

  test("ends when nobody wants it any more", async () => {
    const { runtime, child } = await start();
    runtime.host.raise("SIGINT");
    expect(child.signals).toEqual(["SIGINT"]);
  });

  test("serves though nobody waits for it any more", async () => {
    const { runtime } = await start();
    const host = new MemoryHost({ environment: { SLUICE_BACKGROUND_SOCKET: "/tmp/gone" } });
    const report = await StartReport.open({ tcp: runtime.tcp, host });
    expect(report.isAwaited).toBe(true);
    await report.tell(undefined);
  });

  test("that was started otherwise has nobody to tell", async () => {
    const { runtime } = new MemoryNetwork();
    const report = await StartReport.open(runtime);
    expect(report.isAwaited).toBe(false);
    await report.tell("nothing");
    expect(runtime.tcp.connections).toEqual([]);
  });
});

describe("a reason to stay in the foreground", () => {
  const stays = (options: MemoryHostOptions, isForeground = false) => {
    const { runtime } = new MemoryNetwork(options);
    return reasonToStay({ disableDaemonForDocker: true }, runtime, isForeground);
  };

  test.each<[MemoryHostOptions, boolean, RegExp | undefined]>([
    [{}, false, undefined],
    [{}, true, /command line/],
    [{ environment: { NOTIFY_SOCKET: "/run/n" } }, false, /service manager/],
    [{ environment: { NOTIFY_SOCKET: "" } }, false, undefined],
    [{ environment: { LISTEN_PID: "4242" } }, false, /sockets/],
    [{ environment: { LISTEN_PID: "1" } }, false, undefined],
  ])("%j, --foreground %s: %s", async (options, isForeground, expected) => {
    const reason = await stays(options, isForeground);
    if (expected === undefined) expect(reason).toBeUndefined();
    else expect(reason).toMatch(expected);
  });

  test("is a container, unless the operator wants otherwise", async () => {
    const { runtime } = new MemoryNetwork();
    await runtime.files.write("/.dockerenv", "");
    expect(await reasonToStay({ disableDaemonForDocker: true }, runtime, false)).toMatch(
      /container/,
    );
    expect(await reasonToStay({ disableDaemonForDocker: false }, runtime, false)).toBeUndefined();
  });
});
