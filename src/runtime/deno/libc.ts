/**
 * Calls of the C library by `Deno.dlopen`.
 *
 * @module
 */

import { LIBC_NAMES, type LibcCalls } from "../node-compat/libc-calls.ts";
import { type BatchCalls, hasLinuxBatches } from "../node-compat/linux-udp-batch.ts";
import { SocketTuner } from "../node-compat/socket-tuner.ts";
import { SystemCalls } from "../node-compat/system-calls.ts";

let loaded: { readonly calls: LibcCalls | undefined } | undefined;
let systemCalls: SystemCalls | undefined;

/** Loaded once, when first asked for. */
export async function loadTuner(): Promise<SocketTuner> {
  loaded ??= { calls: loadLibc() };
  return new SocketTuner(loaded.calls);
}

/** Likewise; the same for everybody, as it keeps a socket open. */
export async function loadSystemCalls(): Promise<SystemCalls> {
  loaded ??= { calls: loadLibc() };
  systemCalls ??= new SystemCalls(loaded.calls);
  return systemCalls;
}

/** `undefined` where batches of datagrams are not to be sent by them. */
export function loadBatchCalls(): BatchCalls | undefined {
  loaded ??= { calls: loadLibc() };
  const libc = hasLinuxBatches ? loaded.calls : undefined;
  return libc && { libc, addressOf };
}

function addressOf(memory: Uint8Array): number {
  return Number(Deno.UnsafePointer.value(Deno.UnsafePointer.of(memory)));
}

/** `undefined` if there is no such library, or Deno was not allowed to load any. */
function loadLibc(): LibcCalls | undefined {
  const calls: Parameters<typeof Deno.dlopen>[1] = {
    setsockopt: { parameters: ["i32", "i32", "i32", "buffer", "i32"], result: "i32" },
    listen: { parameters: ["i32", "i32"], result: "i32" },
    socket: { parameters: ["i32", "i32", "i32"], result: "i32" },
    sendto: { parameters: ["i32", "buffer", "usize", "i32", "buffer", "u32"], result: "i32" },
    sendmmsg: { parameters: ["i32", "buffer", "u32", "i32"], result: "i32" },
    close: { parameters: ["i32"], result: "i32" },
    fcntl: { parameters: ["i32", "i32", "i32"], result: "i32" },
    clock_gettime: { parameters: ["i32", "buffer"], result: "i32" },
    setgroups: { parameters: ["usize", "buffer"], result: "i32" },
  };
  for (const name of LIBC_NAMES) {
    try {
      return Deno.dlopen(name, calls).symbols as unknown as LibcCalls;
    } catch {
      // The other name, then.
    }
  }
  return undefined;
}
