/**
 * How many processes are to serve.
 *
 * @module
 */

import type { Config } from "../../config/config.ts";
import type { Host } from "../../runtime/runtime.ts";

/** `auto` stands for as many as there are cores. */
export function countWorkers({ workers }: Pick<Config, "workers">, { coreCount }: Host): number {
  return workers === "auto" ? Math.max(1, coreCount) : Number(workers);
}
