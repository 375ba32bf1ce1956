/**
 * Calls of the C library by `Deno.dlopen`.
 *
 * @module
 */

import { LIBC_NAMES, type LibcCalls, SocketTuner } from "../node-compat/socket-tuner.ts";

let tuner: SocketTuner | undefined;

/** Loaded once, when first asked for. */
export async function loadTuner(): Promise<SocketTuner> {
  tuner ??= new SocketTuner(loadLibc());
  return tuner;
}

/** `undefined` if there is no such library, or Deno was not allowed to load any. */
function loadLibc(): LibcCalls | undefined {
  for (const name of LIBC_NAMES) {
    try {
      return Deno.dlopen(name, {
        setsockopt: { parameters: ["i32", "i32", "i32", "buffer", "i32"], result: "i32" },
        listen: { parameters: ["i32", "i32"], result: "i32" },
      }).symbols as unknown as LibcCalls;
    } catch {
      // The other name, then.
    }
  }
  return undefined;
}
