/**
 * Goal: a service manager is told what sd_notify(3) says, in the order in which it happened, and
 * nothing that the server starts takes itself for the service.
 *
 * Method: a process that is played and a clock that is moved; datagrams are read off the host.
 *
 * Spec: sd_notify(3), sd_watchdog_enabled(3)
 */

import { describe, expect, test } from "vitest";
import {
  createServiceManager,
  type ServiceManager,
} from "../../../src/app/process/service-manager.ts";
import { MemoryNetwork, settle } from "../../support/memory-network.ts";

const PATH = "/run/systemd/notify";

function play(environment: Record<string, string> = { NOTIFY_SOCKET: PATH }) {
  const machine = new MemoryNetwork({ environment });
  const { host, clock, processes } = machine.runtime;
  const manager: ServiceManager = createServiceManager(machine.runtime, machine.logging.logger);
  const texts = async (): Promise<string[]> => {
    await settle();
    return host.datagrams.splice(0).map(({ text }) => text);
  };
  return { machine, host, clock, processes, manager, texts };
}

describe("a manager is told", () => {
  test("that all ports are open, and then what changes", async () => {
    const { host, clock, manager, texts } = play();
    let state = "Serving 0 streams";
    await manager.ready(() => state);
    expect(host.datagrams[0]?.path).toBe(PATH);
    expect(await texts()).toEqual(["READY=1\nSTATUS=Serving 0 streams"]);
    clock.advance(10_000);
    expect(await texts()).toEqual([]);
    state = "Serving 1 stream";
    clock.advance(10_000);
    expect(await texts()).toEqual(["STATUS=Serving 1 stream"]);
  });

  test("when the configuration is read anew, with the time of the machine's clock", async () => {
    const { clock, manager, texts } = play();
    clock.advance(1_500);
    manager.reloading();
    manager.reloaded();
    expect(await texts()).toEqual(["RELOADING=1\nMONOTONIC_USEC=1500000", "READY=1"]);
  });

  test("once when the server ends, and nothing of its state any more", async () => {
    const { clock, manager, texts } = play();
    await manager.ready(() => String(clock.monotonicMs()));
    await texts();
    await manager.stopping(0);
    await manager.stopping(0);
    manager.reloading();
    manager.reloaded();
    clock.advance(60_000);
    expect(await texts()).toEqual(["STOPPING=1"]);
  });

  test("how much longer a graceful stop may take, up to its limit", async () => {
    const { clock, manager, texts } = play();
    await manager.stopping(8_000.0004); // Clocks have fractions, of which the manager understands none.
    expect(await texts()).toEqual(["STOPPING=1\nEXTEND_TIMEOUT_USEC=20000000"]);
    clock.advance(5_000);
    expect(await texts()).toEqual(["EXTEND_TIMEOUT_USEC=18000000"]);
    clock.advance(60_000);
    expect(await texts()).toEqual([]);
  });

  test("twice in its span of patience that the server lives", async () => {
    const { host, clock, texts } = play({ NOTIFY_SOCKET: "@abstract", WATCHDOG_USEC: "3000000" });
    expect(await texts()).toEqual(["WATCHDOG=1"]);
    clock.advance(1_499);
    expect(await texts()).toEqual([]);
    clock.advance(1);
    expect(await texts()).toEqual(["WATCHDOG=1"]);
    clock.advance(3_000);
    expect(await texts()).toEqual(["WATCHDOG=1", "WATCHDOG=1"]);
    expect(host.environment).toEqual({});
  });

  test.each([
    ["another process is watched", { WATCHDOG_USEC: "3000000", WATCHDOG_PID: "1" }, []],
    ["this process is", { WATCHDOG_USEC: "3000000", WATCHDOG_PID: "4242" }, ["WATCHDOG=1"]],
    ["the span is none", { WATCHDOG_USEC: "soon" }, []],
    ["the span is 0", { WATCHDOG_USEC: "0" }, []],
  ])("that it lives where %s", async (_what, environment, expected) => {
    const { texts } = play({ NOTIFY_SOCKET: PATH, ...environment });
    expect(await texts()).toEqual(expected);
  });
});

describe("without a manager", () => {
  test.each([
    ["no socket", {}],
    ["an empty one", { NOTIFY_SOCKET: "" }],
    ["one of another kind", { NOTIFY_SOCKET: "vsock:2:1234" }],
  ])("nothing is sent: %s", async (_what, environment) => {
    const { clock, manager, texts } = play({ ...environment, WATCHDOG_USEC: "1000" });
    await manager.ready(() => "");
    manager.reloading();
    await manager.stopping(5_000);
    expect(clock.timerCount).toBe(0);
    expect(await texts()).toEqual([]);
    expect(manager.isThere).toBe(false);
  });
});

describe("where it does not work", () => {
  test("a runtime that cannot send has systemd-notify send", async () => {
    const { host, processes, manager } = play({ NOTIFY_SOCKET: "@n", PATH: "/bin", SECRET: "s" });
    host.datagramFault = "ENOTSUP";
    const ready = manager.ready(() => "Serving");
    await settle();
    const [child] = processes.children;
    expect(child?.command).toEqual(["systemd-notify", "READY=1", "STATUS=Serving"]);
    expect(child?.options.environment).toEqual({ PATH: "/bin", NOTIFY_SOCKET: "@n" });
    child?.finish({ code: 0, signal: undefined });
    await ready;
  });

  test("it is said once, until it works again", async () => {
    const { machine, host, processes, manager } = play();
    host.datagramFault = "ENOTSUP";
    processes.missing.add("systemd-notify");
    await manager.ready(() => "");
    manager.reloaded();
    await settle();
    expect(machine.events("service manager not told")).toHaveLength(1);
    host.datagramFault = undefined;
    manager.reloaded();
    await settle();
    host.datagramFault = "ENOTSUP";
    manager.reloaded();
    await settle();
    expect(machine.events("service manager not told")).toHaveLength(2);
  });

  test("a helper that fails is no success", async () => {
    const { machine, host, processes, manager } = play();
    host.datagramFault = "ENOTSUP";
    const ready = manager.ready(() => "");
    await settle();
    processes.children[0]?.finish({ code: 1, signal: undefined });
    await ready;
    expect(machine.events("service manager not told")).toHaveLength(1);
  });

  test("a socket that is full is tried again, in the order in which things happened", async () => {
    const { host, clock, manager, texts } = play();
    host.datagramFault = "ECONNREFUSED";
    manager.reloading();
    manager.reloaded();
    await settle();
    clock.advance(250);
    await settle();
    host.datagramFault = undefined;
    clock.advance(250);
    expect(await texts()).toEqual(["RELOADING=1\nMONOTONIC_USEC=0", "READY=1"]);
  });
});
