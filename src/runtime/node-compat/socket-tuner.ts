/**
 * What no runtime has a call for: buffer sizes and the queue of a listener, set by the C library's own
 * setsockopt(2) and listen(2) through the runtime's foreign function interface. On Linux only.
 *
 * @module
 */

import process from "node:process";

/** The C library under the name it has on GNU and on musl systems. */
export const LIBC_NAMES: readonly string[] = ["libc.so.6", "libc.so"];

// From Linux's include/uapi/asm-generic/socket.h; the same on x86-64 and ARM.
const SOL_SOCKET = 1;
const SO_SNDBUF = 7;
const SO_RCVBUF = 8;

const INT_SIZE = 4;

/** Each returns 0, or -1 for a fault. */
export interface LibcCalls {
  setsockopt(fd: number, level: number, name: number, value: Int32Array, size: number): number;
  listen(fd: number, backlog: number): number;
}

/** Sizes in bytes. Linux doubles them, for its own records, and caps them by net.core.wmem_max. */
export interface SocketWishes {
  readonly receiveBufferSize?: number | undefined;
  readonly sendBufferSize?: number | undefined;
  /** How many connections may wait to be accepted, up to net.core.somaxconn. */
  readonly backlog?: number | undefined;
}

export class SocketTuner {
  #calls: LibcCalls | undefined;

  constructor(calls: LibcCalls | undefined) {
    this.#calls = process.platform === "linux" ? calls : undefined;
  }

  /** Fulfils what the system lets it: these are wishes. */
  tune(fd: number, wishes: SocketWishes): void {
    const calls = this.#calls;
    if (calls === undefined || fd < 0) return;
    const set = (name: number, size: number | undefined): void => {
      if (size !== undefined) calls.setsockopt(fd, SOL_SOCKET, name, Int32Array.of(size), INT_SIZE);
    };
    set(SO_RCVBUF, wishes.receiveBufferSize);
    // A listener hands it down to what it accepts (Linux's tcp(7)).
    set(SO_SNDBUF, wishes.sendBufferSize);
    // A second call for a socket that listens already only sets the queue.
    if (wishes.backlog !== undefined) calls.listen(fd, wishes.backlog);
  }
}
