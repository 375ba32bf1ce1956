/**
 * Goal: signals stop what is to be stopped, in the way each of them means; one that finds the log file
 * in the way stops nothing.
 *
 * Method: a process that is played, and a server that writes down what is asked of it.
 */

import { describe, expect, test } from "vitest";
import { handleSignals, type SignalPorts, type StoppableServer } from "../../src/cli/signals.ts";
import { MemoryNetwork, settle } from "../support/memory-network.ts";

function createServer(isTermGraceful = false, graceMs = 0) {
  const machine = new MemoryNetwork();
  const calls: string[] = [];
  const { host } = machine.runtime;
  host.exit = (code: number): never => {
    calls.push(`exit ${code}`);
    return undefined as never;
  };
  const left = Promise.withResolvers<void>();
  const server: StoppableServer = {
    isTermGraceful,
    graceMs,
    stop: async () => void calls.push("stop"),
    stopGracefully: () => {
      calls.push("stop gracefully");
      return left.promise;
    },
    kill: async () => void calls.push("kill"),
    reopenLogs: () => void calls.push("reopen"),
  };
  const reload = (cause: string): void => void calls.push(`reload ${cause}`);
  const stops: number[] = [];
  const { runtime, logging } = machine;
  const stopping = async (ms: number): Promise<void> => void stops.push(ms);
  const ports: SignalPorts = { runtime, server, logging, reload, stopping };
  return { machine, host, calls, ports, left, stops };
}

describe("a signal", () => {
  test.each([
    ["SIGTERM", false, ["stop", "exit 0"]],
    ["SIGTERM", true, ["stop gracefully"]],
    ["SIGINT", true, ["stop", "exit 0"]],
    ["SIGQUIT", false, ["stop gracefully"]],
  ] as const)("%s, where TERM is graceful: %j", async (signal, isTermGraceful, expected) => {
    const { host, calls, ports } = createServer(isTermGraceful);
    const signals = handleSignals(ports);
    expect(signals.isStopping).toBe(false);
    host.raise(signal);
    expect(signals.isStopping).toBe(true);
    await settle();
    expect(calls).toEqual(expected);
  });

  test.each([
    ["SIGQUIT", "SIGTERM", false],
    ["SIGQUIT", "SIGTERM", true],
    ["SIGQUIT", "SIGINT", false],
    ["SIGTERM", "SIGTERM", true],
  ] as const)(
    "%s waits no longer after %s (where TERM is graceful: %j)",
    async (first, then, isTermGraceful) => {
      const { machine, host, calls, ports, left } = createServer(isTermGraceful, 5_000);
      handleSignals(ports);
      host.raise(first);
      host.raise(then);
      machine.runtime.clock.advance(5_000); // The limit of the waiting is of no matter any more.
      left.resolve(); // As everybody is disconnected.
      await settle();
      expect(calls).toEqual(["stop gracefully", "stop", "exit 0"]);
      expect(machine.events("stopped")).toHaveLength(1);
      expect(machine.events("graceful stop cut short")).toEqual([]);
    },
  );

  test.each([
    [["SIGQUIT", "SIGQUIT"], ["stop gracefully"]],
    [
      ["SIGQUIT", "SIGTERM", "SIGTERM"],
      ["stop gracefully", "stop"],
    ],
    [["SIGTERM", "SIGTERM"], ["stop"]],
  ] as const)("%j ends all by force", async (raised, begun) => {
    const { host, calls, ports } = createServer();
    const stop = (): Promise<void> => {
      calls.push("stop");
      return new Promise(() => undefined);
    };
    handleSignals({ ...ports, server: { ...ports.server, stop } });
    for (const signal of raised) host.raise(signal);
    await settle();
    // Nothing comes behind the exit of a real process.
    expect(calls.slice(0, begun.length + 2)).toEqual([...begun, "kill", "exit 1"]);
  });

  test("ends the program when others have been told of the end, or have taken a second", async () => {
    const { machine, host, calls, ports } = createServer();
    const told = Promise.withResolvers<void>();
    handleSignals({ ...ports, stopping: () => told.promise });
    host.raise("SIGTERM");
    await settle();
    expect(calls).toEqual(["stop"]);
    told.resolve();
    await settle();
    expect(calls).toEqual(["stop", "exit 0"]);

    const deaf = createServer();
    handleSignals({ ...deaf.ports, stopping: () => new Promise(() => undefined) });
    deaf.host.raise("SIGTERM");
    await settle();
    deaf.machine.runtime.clock.advance(1_000);
    await settle();
    expect(deaf.calls).toEqual(["stop", "exit 0"]);
    expect(machine.events("stopped")).toHaveLength(1);
  });

  test("has the other processes open their logs, though this one cannot open its own", async () => {
    const { machine, host, calls, ports } = createServer();
    const reopen = (): void => {
      throw new Error("EACCES");
    };
    handleSignals({ ...ports, logging: { ...machine.logging, reopen } });
    host.raise("SIGUSR1");
    expect(calls).toEqual(["reopen"]);
    expect(machine.events("log not opened")).toHaveLength(1);
    expect(machine.events("log opened")).toEqual([]);
  });

  test("that comes during the stop does not reload", () => {
    const { host, calls, ports } = createServer();
    handleSignals(ports);
    host.raise("SIGQUIT");
    host.raise("SIGHUP");
    expect(calls).toEqual(["stop gracefully"]);
  });

  test("needs no more of a server of one process", async () => {
    const { host, calls, ports, left } = createServer();
    const { isTermGraceful, graceMs, stop, stopGracefully } = ports.server;
    handleSignals({ ...ports, server: { isTermGraceful, graceMs, stop, stopGracefully } });
    host.raise("SIGUSR1");
    host.raise("SIGHUP");
    host.raise("SIGQUIT");
    left.resolve();
    await settle();
    expect(calls).toEqual(["reload SIGHUP", "stop gracefully", "exit 0"]);
  });

  test("tells the service manager how long the end may take", async () => {
    const quit = createServer(false, 5_000);
    handleSignals(quit.ports);
    quit.host.raise("SIGQUIT");
    expect(quit.stops).toEqual([5_000]);
    const term = createServer(false, 5_000);
    handleSignals(term.ports);
    term.host.raise("SIGTERM");
    expect(term.stops).toEqual([0]);
  });

  test("stops at once when a graceful stop has taken as long as it may", async () => {
    const { machine, host, calls, ports } = createServer(false, 5_000);
    handleSignals(ports);
    host.raise("SIGQUIT");
    machine.runtime.clock.advance(4_999);
    await settle();
    expect(calls).toEqual(["stop gracefully"]);
    machine.runtime.clock.advance(1);
    await settle();
    expect(calls).toEqual(["stop gracefully", "stop", "exit 0"]);
    expect(machine.events("graceful stop cut short")).toHaveLength(1);
  });
});
