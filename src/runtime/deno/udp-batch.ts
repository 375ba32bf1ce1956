/**
 * Batches of datagrams by the C library's sendmmsg(2), which Deno has no call for: it sends one after
 * the other, in as many turns of its event loop as it takes, and a burst for some hundred viewers is
 * more than may wait meanwhile.
 *
 * ```text
 * struct mmsghdr * 64 | struct iovec * 64 | struct sockaddr_in or _in6, 32 bytes each | datagrams
 * ```
 *
 * @module
 */

import { assert } from "../../base/assert.ts";
import { parseIpAddress } from "../../base/ip-address.ts";
import { BATCHED_DATAGRAM_SIZE_MAX, type UdpBatch } from "../runtime.ts";

/** Returns how many datagrams have been handed to the kernel, or -1 if not even the first was. */
export type SendMany = (fd: number, messages: Uint8Array, count: number, flags: number) => number;

export interface BatchedSocket {
  readonly fd: number;
  readonly isIpv6: boolean;
  isClosed(): boolean;
  /** Sends what has an address that no structure can be made of here; the bytes never change. */
  send(bytes: Uint8Array, address: string, port: number): void;
}

/** Datagrams in one system call. */
const COUNT_MAX = 64;

// Of 64-bit Linux, little-endian, with the C libraries of GNU and musl: bits/types/struct_iovec.h,
// sys/socket.h, netinet/in.h.
const MESSAGE_SIZE = 64;
const MESSAGE_NAME = 0;
const MESSAGE_NAME_LENGTH = 8;
const MESSAGE_VECTORS = 16;
const MESSAGE_VECTOR_COUNT = 24;
const VECTOR_SIZE = 16;
const VECTOR_LENGTH = 8;
const ADDRESS_SIZE = 32;
const IPV4_ADDRESS_SIZE = 16;
const IPV6_ADDRESS_SIZE = 28;
const AF_INET = 2;
const AF_INET6 = 10;
const MSG_DONTWAIT = 0x40;

const VECTORS = COUNT_MAX * MESSAGE_SIZE;
const ADDRESSES = VECTORS + COUNT_MAX * VECTOR_SIZE;
const DATAGRAMS = ADDRESSES + COUNT_MAX * ADDRESS_SIZE;
const MEMORY_SIZE = DATAGRAMS + COUNT_MAX * BATCHED_DATAGRAM_SIZE_MAX;

/** One that cannot be sent is lost; after so many on end the kernel has no room, and the rest is too. */
const FAILURES_MAX = 8;
/** Addresses that are remembered as the kernel wants them. */
const ADDRESS_COUNT_MAX = 8_192;
/** An IPv4 address as IPv6 sockets have it: RFC 4291, section 2.5.5.2. */
const MAPPED_PREFIX = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff];

export class DenoUdpBatch implements UdpBatch {
  readonly #socket: BatchedSocket;
  readonly #sendMany: SendMany;
  readonly #memory = new Uint8Array(MEMORY_SIZE);
  readonly #view = new DataView(this.#memory.buffer);
  /** Packets that go to many have one size, so that the view of the last one mostly fits the next. */
  readonly #datagrams: Uint8Array[] = [];
  readonly #addresses = new Map<string, Uint8Array>();
  #count = 0;
  /** To be sent alone when the batch is. */
  #alone: { readonly bytes: Uint8Array; readonly address: string; readonly port: number }[] = [];

  constructor(socket: BatchedSocket, sendMany: SendMany) {
    this.#socket = socket;
    this.#sendMany = sendMany;
    const base = BigInt(Deno.UnsafePointer.value(Deno.UnsafePointer.of(this.#memory)));
    for (let i = 0; i < COUNT_MAX; i++) {
      const message = i * MESSAGE_SIZE;
      const vector = VECTORS + i * VECTOR_SIZE;
      const address = ADDRESSES + i * ADDRESS_SIZE;
      const datagram = DATAGRAMS + i * BATCHED_DATAGRAM_SIZE_MAX;
      this.#view.setBigUint64(message + MESSAGE_NAME, base + BigInt(address), true);
      this.#view.setBigUint64(message + MESSAGE_VECTORS, base + BigInt(vector), true);
      this.#view.setBigUint64(message + MESSAGE_VECTOR_COUNT, 1n, true);
      this.#view.setBigUint64(vector, base + BigInt(datagram), true);
      this.#datagrams.push(this.#memory.subarray(datagram, datagram));
    }
  }

  add(size: number, address: string, port: number): Uint8Array {
    assert(size <= BATCHED_DATAGRAM_SIZE_MAX, "a batched datagram has a limit");
    const known = this.#addresses.get(address) ?? this.#learn(address);
    if (known === undefined) {
      const bytes = new Uint8Array(size);
      this.#alone.push({ bytes, address, port });
      return bytes;
    }
    if (this.#count === COUNT_MAX) this.flush();
    const index = this.#count;
    this.#count += 1;
    this.#writeAddress(index, known, port);
    this.#view.setUint32(VECTORS + index * VECTOR_SIZE + VECTOR_LENGTH, size, true);
    const last = this.#datagrams[index];
    if (last?.length === size) return last;
    const start = DATAGRAMS + index * BATCHED_DATAGRAM_SIZE_MAX;
    const bytes = this.#memory.subarray(start, start + size);
    this.#datagrams[index] = bytes;
    return bytes;
  }

  flush(): void {
    const count = this.#count;
    this.#count = 0;
    // Its descriptor may be another's then.
    if (this.#socket.isClosed()) return;
    for (let start = 0, failureCount = 0; start < count && failureCount < FAILURES_MAX; ) {
      const messages = start === 0 ? this.#memory : this.#memory.subarray(start * MESSAGE_SIZE);
      const sentCount = this.#sendMany(this.#socket.fd, messages, count - start, MSG_DONTWAIT);
      failureCount = sentCount > 0 ? 0 : failureCount + 1;
      start += Math.max(sentCount, 1);
    }
    if (this.#alone.length === 0) return;
    for (const { bytes, address, port } of this.#alone) this.#socket.send(bytes, address, port);
    this.#alone = [];
  }

  /** @returns `undefined` for one of another family, or with a zone. */
  #learn(address: string): Uint8Array | undefined {
    const parsed = address.includes("%") ? undefined : parseIpAddress(address);
    const { isIpv6 } = this.#socket;
    if (parsed === undefined || (!isIpv6 && parsed.length !== 4)) return undefined;
    const isMapped = isIpv6 && parsed.length === 4;
    const bytes = isMapped ? Uint8Array.of(...MAPPED_PREFIX, ...parsed) : parsed;
    if (this.#addresses.size >= ADDRESS_COUNT_MAX) this.#addresses.clear();
    this.#addresses.set(address, bytes);
    return bytes;
  }

  #writeAddress(index: number, address: Uint8Array, port: number): void {
    const { isIpv6 } = this.#socket;
    const start = ADDRESSES + index * ADDRESS_SIZE;
    const size = isIpv6 ? IPV6_ADDRESS_SIZE : IPV4_ADDRESS_SIZE;
    this.#view.setUint32(index * MESSAGE_SIZE + MESSAGE_NAME_LENGTH, size, true);
    this.#view.setUint16(start, isIpv6 ? AF_INET6 : AF_INET, true);
    this.#view.setUint16(start + 2, port);
    // Behind the address are a flow and a zone of IPv6, which stay 0.
    this.#memory.set(address, start + (isIpv6 ? 8 : 4));
  }
}
