/**
 * Picks the adapter of the runtime that this program runs on.
 *
 * @module
 */

import type { RuntimeOptions } from "./options.ts";
import type { Runtime } from "./runtime.ts";

/**
 * Loads that adapter and no other: those of Bun and Deno name globals that others lack. The
 * specifiers are literal so that a bundler finds them.
 */
export async function createRuntime(options: RuntimeOptions = {}): Promise<Runtime> {
  if ("Bun" in globalThis) return (await import("./bun.ts")).createBunRuntime(options);
  if ("Deno" in globalThis) return (await import("./deno.ts")).createDenoRuntime(options);
  return (await import("./node.ts")).createNodeRuntime(options);
}
