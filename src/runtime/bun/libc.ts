/**
 * Calls of the C library by `bun:ffi`.
 *
 * @module
 */

import { LIBC_NAMES, type LibcCalls, SocketTuner } from "../node-compat/socket-tuner.ts";

/** The descriptor of a socket or listener of Bun's; its types do not name it. -1 if there is none. */
export function descriptorOf(socket: object): number {
  return "fd" in socket && typeof socket.fd === "number" ? socket.fd : -1;
}

let tuner: Promise<SocketTuner> | undefined;

/** Loaded once, when first asked for. */
export function loadTuner(): Promise<SocketTuner> {
  tuner ??= loadLibc().then((calls) => new SocketTuner(calls));
  return tuner;
}

/** `undefined` if there is no such library. */
async function loadLibc(): Promise<LibcCalls | undefined> {
  // Not imported above: in a bundle for Node too, that would be imported at its start.
  const { dlopen, FFIType } = await import("bun:ffi");
  const { i32, ptr } = FFIType;
  for (const name of LIBC_NAMES) {
    try {
      const { symbols } = dlopen(name, {
        setsockopt: { args: [i32, i32, i32, ptr, i32], returns: i32 },
        listen: { args: [i32, i32], returns: i32 },
      });
      return symbols;
    } catch {
      // The other name, then.
    }
  }
  return undefined;
}
