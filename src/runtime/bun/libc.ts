/**
 * Calls of the C library by `bun:ffi`.
 *
 * @module
 */

import { LIBC_NAMES, type LibcCalls } from "../node-compat/libc-calls.ts";
import { type BatchCalls, hasLinuxBatches } from "../node-compat/linux-udp-batch.ts";
import { SocketTuner } from "../node-compat/socket-tuner.ts";
import { SystemCalls } from "../node-compat/system-calls.ts";

/** The descriptor of a socket or listener of Bun's; its types do not name it. -1 if there is none. */
export function descriptorOf(socket: object): number {
  return "fd" in socket && typeof socket.fd === "number" ? socket.fd : -1;
}

let calls: Promise<LibcCalls | undefined> | undefined;
let tuner: Promise<SocketTuner> | undefined;
let systemCalls: Promise<SystemCalls> | undefined;

/** Loaded once, when first asked for. */
export function loadTuner(): Promise<SocketTuner> {
  calls ??= loadLibc();
  tuner ??= calls.then((libc) => new SocketTuner(libc));
  return tuner;
}

/** Likewise; the same for everybody, as it keeps a socket open. */
export function loadSystemCalls(): Promise<SystemCalls> {
  calls ??= loadLibc();
  systemCalls ??= calls.then((libc) => new SystemCalls(libc));
  return systemCalls;
}

/** `undefined` where batches of datagrams are not to be sent by them. */
export async function loadBatchCalls(): Promise<BatchCalls | undefined> {
  calls ??= loadLibc();
  const libc = hasLinuxBatches ? await calls : undefined;
  if (libc === undefined) return undefined;
  const { ptr } = await import("bun:ffi");
  return { libc, addressOf: ptr };
}

/** `undefined` if there is no such library. */
async function loadLibc(): Promise<LibcCalls | undefined> {
  // Not imported above: in a bundle for Node too, that would be imported at its start.
  const { dlopen, FFIType } = await import("bun:ffi");
  const { i32, u32, u64, ptr } = FFIType;
  for (const name of LIBC_NAMES) {
    try {
      const { symbols } = dlopen(name, {
        setsockopt: { args: [i32, i32, i32, ptr, i32], returns: i32 },
        listen: { args: [i32, i32], returns: i32 },
        socket: { args: [i32, i32, i32], returns: i32 },
        // A datagram is short, so that the lower half of the size says it.
        sendto: { args: [i32, ptr, u64, i32, ptr, u32], returns: i32 },
        sendmmsg: { args: [i32, ptr, u32, i32], returns: i32 },
        close: { args: [i32], returns: i32 },
        fcntl: { args: [i32, i32, i32], returns: i32 },
        clock_gettime: { args: [i32, ptr], returns: i32 },
        setgroups: { args: [u64, ptr], returns: i32 },
      });
      return symbols;
    } catch {
      // The other name, then.
    }
  }
  return undefined;
}
