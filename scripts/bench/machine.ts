/**
 * What a benchmark ran on.
 *
 * @module
 */

import { availableParallelism, cpus, release, totalmem } from "node:os";

export function machine(): Record<string, string> {
  const model = cpus()[0]?.model.trim() ?? "";
  return {
    processor: `${model === "" || model === "unknown" ? process.arch : model}, ${availableParallelism()} cores`,
    memory: `${Math.round(totalmem() / 2 ** 30)} GiB`,
    kernel: `Linux ${release()}`,
  };
}

/** In one line. */
export function describeMachine(): string {
  return Object.values(machine()).join(", ");
}
