/**
 * Programs that a server in memory has started, which the test plays.
 *
 * @module
 */

import type { MemoryChild } from "../../src/runtime/memory/memory-processes.ts";
import { settle } from "./memory-network.ts";
import type { MemoryServer } from "./memory-server.ts";

/** Those but for the shell that guards them. */
export function programsOf(server: Pick<MemoryServer, "runtime">): MemoryChild[] {
  const { children } = server.runtime.processes;
  return children.filter(({ command }) => command[0] !== "/bin/sh");
}

export function runningOf(server: Pick<MemoryServer, "runtime">): MemoryChild[] {
  return programsOf(server).filter(({ isRunning }) => isRunning);
}

/** Plays programs that do as they are told: they end by SIGTERM. Call after what stops them. */
export async function obey(server: Pick<MemoryServer, "runtime">): Promise<void> {
  await settle();
  for (const child of runningOf(server)) {
    if (child.signals.includes("SIGTERM")) child.finish({ code: 255, signal: undefined });
  }
  await settle();
}
