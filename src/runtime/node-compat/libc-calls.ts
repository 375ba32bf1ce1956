/**
 * Functions of the C library for which no runtime has a call of its own, as its foreign function
 * interface gives them.
 *
 * @module
 */

/** The C library under the name it has on GNU and on musl systems. */
export const LIBC_NAMES: readonly string[] = ["libc.so.6", "libc.so"];

/** All are functions of section 2 of Linux's manual. Each returns -1 for a fault. */
export interface LibcCalls {
  setsockopt(fd: number, level: number, name: number, value: Int32Array, size: number): number;
  listen(fd: number, backlog: number): number;
  socket(domain: number, type: number, protocol: number): number;
  sendto(
    fd: number,
    bytes: Uint8Array,
    size: number,
    flags: number,
    address: Uint8Array,
    addressSize: number,
  ): number;
  /** Returns how many messages have been handed to the kernel, or -1 if not even the first was. */
  sendmmsg(fd: number, messages: Uint8Array, count: number, flags: number): number;
  close(fd: number): number;
  /** With a number for its third argument, as F_SETFD has. */
  fcntl(fd: number, command: number, value: number): number;
  clock_gettime(clock: number, time: BigInt64Array): number;
  setgroups(count: number, groups: Uint32Array): number;
}
