/**
 * What no runtime has a call for: buffer sizes and the queue of a listener, set by the C library's own
 * setsockopt(2) and listen(2) through the runtime's foreign function interface. On Linux only.
 *
 * @module
 */

import process from "node:process";
import type { LibcCalls } from "./libc-calls.ts";

// From Linux's include/uapi/asm-generic/socket.h; the same on x86-64 and ARM.
const SOL_SOCKET = 1;
const SO_REUSEADDR = 2;
const SO_SNDBUF = 7;
const SO_RCVBUF = 8;

const INT_SIZE = 4;

/** Sizes in bytes. Linux doubles them, for its own records, and caps them by net.core.wmem_max. */
export interface SocketWishes {
  readonly receiveBufferSize?: number | undefined;
  readonly sendBufferSize?: number | undefined;
  /** How many connections may wait to be accepted, up to net.core.somaxconn. */
  readonly backlog?: number | undefined;
  /** Others may have the port too, if they wish so as well (SO_REUSEADDR). */
  readonly isShared?: boolean | undefined;
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
    const set = (name: number, value: number | undefined): void => {
      if (value === undefined) return;
      calls.setsockopt(fd, SOL_SOCKET, name, Int32Array.of(value), INT_SIZE);
    };
    if (wishes.isShared === true) set(SO_REUSEADDR, 1);
    set(SO_RCVBUF, wishes.receiveBufferSize);
    // A listener hands it down to what it accepts (Linux's tcp(7)).
    set(SO_SNDBUF, wishes.sendBufferSize);
    // A second call for a socket that listens already only sets the queue.
    if (wishes.backlog !== undefined) calls.listen(fd, wishes.backlog);
  }
}
