/**
 * What only the C library has: datagrams to local sockets, descriptors that no runtime knows of, the
 * machine's clock, and a process's groups. On Linux only.
 *
 * Spec: unix(7), sendto(2), fcntl(2), clock_gettime(2), setgroups(2)
 *
 * @module
 */

import process from "node:process";
import type { LibcCalls } from "./libc-calls.ts";

// From Linux's headers; the same on x86-64 and ARM.
const AF_UNIX = 1;
const SOCK_DGRAM = 2;
const SOCK_CLOEXEC = 0o2_000_000;
const MSG_DONTWAIT = 0x40;
const MSG_NOSIGNAL = 0x4000;
const F_SETFD = 2;
const FD_CLOEXEC = 1;
const CLOCK_MONOTONIC = 1;

/** Bytes of `sun_path` in unix(7). */
const PATH_SIZE_MAX = 108;
/** What stands for the zero at the beginning of an abstract address. */
const ABSTRACT = 0x40;

export class SystemCalls {
  readonly #calls: LibcCalls | undefined;
  #datagramSocket: number | undefined;

  /** @param calls Absent where there is no such library, or the runtime cannot call it. */
  constructor(calls: LibcCalls | undefined) {
    this.#calls = process.platform === "linux" ? calls : undefined;
  }

  /** Whether there are any. */
  get isThere(): boolean {
    return this.#calls !== undefined;
  }

  /** Returns whether the socket at the path has taken it; never waits. */
  sendLocalDatagram(path: string, bytes: Uint8Array): boolean {
    const calls = this.#calls;
    const address = encodeLocalAddress(path);
    if (calls === undefined || address === undefined) return false;
    const fd = this.#datagramSocket ?? calls.socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0) return false; // Too many files are open; another time, then.
    this.#datagramSocket = fd;
    const flags = MSG_DONTWAIT | MSG_NOSIGNAL;
    return calls.sendto(fd, bytes, bytes.length, flags, address, address.length) === bytes.length;
  }

  close(descriptor: number): void {
    this.#calls?.close(descriptor);
  }

  /** Sets whether children that are started from now on have the descriptor too. */
  share(descriptor: number, isShared: boolean): void {
    this.#calls?.fcntl(descriptor, F_SETFD, isShared ? 0 : FD_CLOEXEC);
  }

  monotonicUs(): number | undefined {
    const time = new BigInt64Array(2);
    if (this.#calls?.clock_gettime(CLOCK_MONOTONIC, time) !== 0) return undefined;
    const [seconds = 0n, nanoseconds = 0n] = time;
    return Number(seconds) * 1_000_000 + Math.floor(Number(nanoseconds) / 1_000);
  }

  /** Returns whether it could be done. */
  setGroups(groupIds: readonly number[]): boolean {
    return this.#calls?.setgroups(groupIds.length, Uint32Array.from(groupIds)) === 0;
  }
}

/** A `sockaddr_un`; `undefined` if the path is too long for one. */
function encodeLocalAddress(path: string): Uint8Array | undefined {
  const name = new TextEncoder().encode(path);
  const isAbstract = name[0] === ABSTRACT;
  if (name.length === 0 || name.length >= PATH_SIZE_MAX) return undefined;
  // A path ends with a zero; an abstract name is as long as the address says.
  const address = new Uint8Array(2 + name.length + (isAbstract ? 0 : 1));
  address[0] = AF_UNIX;
  address.set(name, 2);
  if (isAbstract) address[2] = 0;
  return address;
}
