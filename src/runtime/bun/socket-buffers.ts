/**
 * Kernel buffer sizes of a UDP socket. Bun has no call for them, so setsockopt(2) is called directly.
 *
 * @module
 */

import process from "node:process";
import type { UdpOptions } from "../runtime.ts";

/** The C library under the name it has on GNU and on musl systems. */
const LIBRARIES: readonly string[] = ["libc.so.6", "libc.so"];

// From Linux's include/uapi/asm-generic/socket.h; the same on x86-64 and ARM.
const SOL_SOCKET = 1;
const SO_SNDBUF = 7;
const SO_RCVBUF = 8;

const INT_SIZE = 4;

/** Sets the sizes that `options` names, as far as the system lets it: they are wishes. */
export async function setBufferSizes(socket: object, options: UdpOptions): Promise<void> {
  const { receiveBufferSize, sendBufferSize } = options;
  if (receiveBufferSize === undefined && sendBufferSize === undefined) return;
  if (!("fd" in socket) || typeof socket.fd !== "number" || process.platform !== "linux") return;

  const setOption = await loadSetOption();
  if (setOption === undefined) return;
  const set = (name: number, size: number | undefined): void => {
    const fd = Number(socket.fd);
    if (size !== undefined) setOption(fd, SOL_SOCKET, name, Int32Array.of(size), INT_SIZE);
  };
  set(SO_RCVBUF, receiveBufferSize);
  set(SO_SNDBUF, sendBufferSize);
}

/** `undefined` if there is no such library. */
async function loadSetOption() {
  // Not imported above: in a bundle for Node too, that would be imported at its start.
  const { dlopen, FFIType } = await import("bun:ffi");
  const { i32, ptr } = FFIType;
  for (const library of LIBRARIES) {
    try {
      const { symbols } = dlopen(library, {
        setsockopt: { args: [i32, i32, i32, ptr, i32], returns: i32 },
      });
      return symbols.setsockopt;
    } catch {
      // The other name, then.
    }
  }
  return undefined;
}
