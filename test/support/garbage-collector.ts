/**
 * Frees what nobody holds any more, so that a test can say what is left.
 *
 * @module
 */

import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/** What collects garbage and gives how many bytes are used then; `undefined` but on Node. */
export function createGarbageCollector(): (() => number) | undefined {
  if ("Bun" in globalThis || "Deno" in globalThis) return undefined;
  setFlagsFromString("--expose-gc");
  const collect: () => void = runInNewContext("gc");
  return () => {
    collect();
    return process.memoryUsage().heapUsed;
  };
}
