/**
 * Goal: signals stop what is to be stopped, in the way each of them means; one that finds the log file
 * in the way stops nothing.
 *
 * Method: a process that is played, and a server that writes down what is asked of it.
 */

import { describe, expect, test } from "vitest";
import { handleSignals } from "../../src/cli/signals.ts";
import { MemoryNetwork, settle } from "../support/memory-network.ts";

function createServer(isTermGraceful = false) {
  const machine = new MemoryNetwork();
  const calls: string[] = [];
  const { host } = machine.runtime;
  host.exit = (code: number): never => {
    calls.push(`exit ${code}`);
    return undefined as never;
  };
  const left = Promise.withResolvers<void>();
  const server = {
    isTermGraceful,
    stop: async () => void calls.push("stop"),
    stopGracefully: () => {
      calls.push("stop gracefully");
      return left.promise;
    },
    kill: async () => void calls.push("kill"),
    reopenLogs: () => void calls.push("reopen"),
  };
  const reload = (cause: string): void => void calls.push(`reload ${cause}`);
  return { machine, host, calls, server, left, reload };
}

describe("a signal", () => {
  test.each([
    ["SIGTERM", false, ["stop", "exit 0"]],
    ["SIGTERM", true, ["stop gracefully"]],
    ["SIGINT", true, ["stop", "exit 0"]],
    ["SIGQUIT", false, ["stop gracefully"]],
  ] as const)("%s, where TERM is graceful: %j", async (signal, isTermGraceful, expected) => {
    const { machine, host, calls, server, reload } = createServer(isTermGraceful);
    const signals = handleSignals(machine.runtime, server, machine.logging, reload);
    expect(signals.isStopping).toBe(false);
    host.raise(signal);
    expect(signals.isStopping).toBe(true);
    await settle();
    expect(calls).toEqual(expected);
  });

  test("that comes again ends all by force", async () => {
    const { machine, host, calls, server, reload } = createServer();
    handleSignals(machine.runtime, server, machine.logging, reload);
    host.raise("SIGQUIT");
    host.raise("SIGTERM");
    await settle();
    // Nothing comes behind the exit of a real process.
    expect(calls.slice(0, 3)).toEqual(["stop gracefully", "kill", "exit 1"]);
  });

  test("has the other processes open their logs, though this one cannot open its own", async () => {
    const { machine, host, calls, server, reload } = createServer();
    const reopen = (): void => {
      throw new Error("EACCES");
    };
    handleSignals(machine.runtime, server, { ...machine.logging, reopen }, reload);
    host.raise("SIGUSR1");
    expect(calls).toEqual(["reopen"]);
    expect(machine.events("log not opened")).toHaveLength(1);
    expect(machine.events("log opened")).toEqual([]);
  });

  test("that comes during the stop does not reload", () => {
    const { machine, host, calls, server, reload } = createServer();
    handleSignals(machine.runtime, server, machine.logging, reload);
    host.raise("SIGQUIT");
    host.raise("SIGHUP");
    expect(calls).toEqual(["stop gracefully"]);
  });

  test("needs no more of a server of one process", async () => {
    const { machine, host, calls, server, left, reload } = createServer();
    const { isTermGraceful, stop, stopGracefully } = server;
    handleSignals(
      machine.runtime,
      { isTermGraceful, stop, stopGracefully },
      machine.logging,
      reload,
    );
    host.raise("SIGUSR1");
    host.raise("SIGHUP");
    host.raise("SIGQUIT");
    left.resolve();
    await settle();
    expect(calls).toEqual(["reload SIGHUP", "stop gracefully", "exit 0"]);
  });
});
