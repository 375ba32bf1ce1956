/**
 * Batches of datagrams by sendmmsg(2) of the C library, through the runtime's foreign function interface.
 * What goes to one destination in datagrams of one size is one message, which the kernel cuts into its
 * datagrams (UDP_SEGMENT of udp(7)): it passes through the network once, where each of them would have,
 * and that is most of what a datagram costs.
 *
 * ```text
 * struct mmsghdr each | sockaddr_in or _in6 each | control message each | struct iovec, 64 each | datagrams
 * ```
 *
 * @module
 */

import process from "node:process";
import { assert } from "../../base/assert.ts";
import { parseIpAddress } from "../../base/ip-address.ts";
import { BATCHED_DATAGRAM_SIZE_MAX, type UdpBatch, type UdpDestination } from "../runtime.ts";
import type { LibcCalls } from "./libc-calls.ts";

/** What the runtime's foreign function interface has for it. */
export interface BatchCalls {
  readonly libc: Pick<LibcCalls, "sendmmsg" | "setsockopt">;
  /** Where the memory is, which stays there as long as it is referred to. */
  addressOf(memory: Uint8Array): number;
}

export interface BatchedSocket {
  readonly fd: number;
  readonly isIpv6: boolean;
  isClosed(): boolean;
  /** Sends what has an address that no structure can be made of here; the bytes never change. */
  send(bytes: Uint8Array, address: string, port: number): void;
}

/** In one system call. */
const MESSAGE_COUNT = 64;
/** What the kernel cuts a message into at most: UDP_MAX_SEGMENTS of its include/linux/udp.h. */
const SEGMENT_COUNT_MAX = 64;
/** Of a datagram that is not cut, by the 16-bit lengths of IPv4 and UDP (RFC 791, RFC 768). */
const MESSAGE_SIZE_MAX = 65_507;
/** Bytes of all datagrams: some 25 to each of 32 peers. Memory is used as far as it was ever filled. */
const DATAGRAMS_SIZE = 1024 * 1024;

// Of 64-bit Linux, little-endian, with the C libraries of GNU and musl: bits/types/struct_iovec.h,
// sys/socket.h, netinet/in.h. Sizes are of 64 bits; the upper halves of those here stay 0.
const HEADER_SIZE = 64;
const HEADER_NAME = 0;
const HEADER_NAME_LENGTH = 8;
const HEADER_VECTORS = 16;
const HEADER_VECTOR_COUNT = 24;
const HEADER_CONTROL = 32;
const HEADER_CONTROL_LENGTH = 40;
const ADDRESS_SIZE = 32;
const IPV4_ADDRESS_SIZE = 16;
const IPV6_ADDRESS_SIZE = 28;
const CONTROL_SIZE = 24;
const CONTROL_LENGTH = 0;
const CONTROL_LEVEL = 8;
const CONTROL_TYPE = 12;
const CONTROL_VALUE = 16;
/** Without what fills it up. */
const CONTROL_SIZE_USED = 18;
const VECTOR_SIZE = 16;
const VECTOR_LENGTH = 8;
const AF_INET = 2;
const AF_INET6 = 10;
const MSG_DONTWAIT = 0x40;
const SOL_UDP = 17;
const UDP_SEGMENT = 103;
const INT_SIZE = 4;

/** Behind those of the messages is one for datagrams that are sent alone. */
const SPARE = MESSAGE_COUNT;
const ADDRESSES = (MESSAGE_COUNT + 1) * HEADER_SIZE;
const CONTROLS = ADDRESSES + MESSAGE_COUNT * ADDRESS_SIZE;
const VECTORS = CONTROLS + MESSAGE_COUNT * CONTROL_SIZE;
const DATAGRAMS = VECTORS + MESSAGE_COUNT * SEGMENT_COUNT_MAX * VECTOR_SIZE;
const MEMORY_SIZE = DATAGRAMS + DATAGRAMS_SIZE;

/** What cannot be sent is lost; after so many on end the kernel has no room, and the rest is too. */
const FAILURES_MAX = 8;
/** Addresses that are remembered as the kernel wants them. */
const ADDRESS_COUNT_MAX = 8_192;
/** An IPv4 address as IPv6 sockets have it: RFC 4291, section 2.5.5.2. */
const MAPPED_PREFIX = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff];

/** Whether the structures of this system are those that are made here. */
export const hasLinuxBatches: boolean =
  process.platform === "linux" && ["x64", "arm64"].includes(process.arch);

class LinuxUdpDestination implements UdpDestination {
  readonly batch: LinuxUdpBatch;
  readonly address: string;
  readonly port: number;
  /** As the kernel wants it; `undefined` if no such structure can be made of it. */
  readonly bytes: Uint8Array | undefined;
  /** When the batch was sent so often, it has a message in it that there is room in; and which. */
  round = 0;
  message = 0;
  /** How often a message could not be sent that its datagrams could. */
  refusedCount = 0;

  constructor(batch: LinuxUdpBatch, address: string, port: number, bytes: Uint8Array | undefined) {
    this.batch = batch;
    this.address = address;
    this.port = port;
    this.bytes = bytes;
  }
}

/** A way that is too narrow for the size, or hardware that cannot: it is not tried for ever. */
const REFUSALS_MAX = 8;

export class LinuxUdpBatch implements UdpBatch {
  readonly #socket: BatchedSocket;
  readonly #libc: BatchCalls["libc"];
  readonly #canSegment: boolean;
  readonly #memory = new Uint8Array(MEMORY_SIZE);
  readonly #view = new DataView(this.#memory.buffer);
  readonly #base: number;
  readonly #addresses = new Map<string, Uint8Array>();
  /** Of each message. */
  readonly #destinations: LinuxUdpDestination[] = [];
  readonly #segmentSizes = new Uint32Array(MESSAGE_COUNT);
  readonly #segmentCounts = new Uint32Array(MESSAGE_COUNT);
  #messageCount = 0;
  /** Bytes of all datagrams. */
  #size = 0;
  #round = 1;
  /** To be sent alone when the batch is. */
  #alone: { readonly bytes: Uint8Array; readonly destination: UdpDestination }[] = [];

  constructor(socket: BatchedSocket, { libc, addressOf }: BatchCalls) {
    this.#socket = socket;
    this.#libc = libc;
    this.#canSegment =
      libc.setsockopt(socket.fd, SOL_UDP, UDP_SEGMENT, Int32Array.of(0), INT_SIZE) === 0;
    this.#base = addressOf(this.#memory);
    for (let message = 0; message < MESSAGE_COUNT; message++) {
      const header = message * HEADER_SIZE;
      const control = CONTROLS + message * CONTROL_SIZE;
      this.#setPointer(header + HEADER_NAME, ADDRESSES + message * ADDRESS_SIZE);
      this.#setPointer(header + HEADER_VECTORS, vectorOf(message, 0));
      this.#setPointer(header + HEADER_CONTROL, control);
      this.#view.setUint32(control + CONTROL_LENGTH, CONTROL_SIZE_USED, true);
      this.#view.setUint32(control + CONTROL_LEVEL, SOL_UDP, true);
      this.#view.setUint32(control + CONTROL_TYPE, UDP_SEGMENT, true);
    }
    this.#view.setUint32(SPARE * HEADER_SIZE + HEADER_VECTOR_COUNT, 1, true);
  }

  destination(address: string, port: number): UdpDestination {
    return new LinuxUdpDestination(this, address, port, this.#encodeAddress(address, port));
  }

  add(datagram: Uint8Array, destination: UdpDestination): void {
    const { length } = datagram;
    assert(length <= BATCHED_DATAGRAM_SIZE_MAX, "a batched datagram has a limit");
    assert(destination instanceof LinuxUdpDestination, "a destination is one of the batch");
    assert(destination.batch === this, "a destination is one of this batch");
    if (destination.bytes === undefined) {
      this.#alone.push({ bytes: datagram.slice(), destination });
      return;
    }
    if (this.#size + length > DATAGRAMS_SIZE) this.flush();
    const message = this.#hasRoom(destination, length)
      ? this.#extend(destination, length)
      : this.#begin(destination, destination.bytes, length);
    const segment = this.#segmentCounts[message] ?? 0;
    const start = DATAGRAMS + this.#size;
    const vector = vectorOf(message, segment);
    this.#setPointer(vector, start);
    this.#view.setUint32(vector + VECTOR_LENGTH, length, true);
    this.#memory.set(datagram, start);
    this.#segmentCounts[message] = segment + 1;
    this.#view.setUint32(message * HEADER_SIZE + HEADER_VECTOR_COUNT, segment + 1, true);
    this.#size += length;
  }

  flush(): void {
    const count = this.#messageCount;
    this.#messageCount = 0;
    this.#size = 0;
    this.#round += 1;
    // Its descriptor may be another's then.
    if (this.#socket.isClosed()) return;
    for (let next = 0, failureCount = 0; next < count && failureCount < FAILURES_MAX; ) {
      const sentCount = this.#send(next, count - next);
      if (sentCount > 0) {
        next += sentCount;
        failureCount = 0;
      } else {
        failureCount = this.#sendAgain(next) ? 0 : failureCount + 1;
        next += 1;
      }
    }
    if (this.#alone.length === 0) return;
    for (const { bytes, destination } of this.#alone) {
      this.#socket.send(bytes, destination.address, destination.port);
    }
    this.#alone = [];
  }

  /** Whether its latest message can take one more; only the last datagram of a message may be shorter. */
  #hasRoom({ round, message }: LinuxUdpDestination, size: number): boolean {
    if (round !== this.#round || size === 0) return false;
    const segmentSize = this.#segmentSizes[message] ?? 0;
    const segmentCount = this.#segmentCounts[message] ?? 0;
    const isShort = segmentCount * segmentSize + size <= MESSAGE_SIZE_MAX;
    return size <= segmentSize && segmentCount < SEGMENT_COUNT_MAX && isShort;
  }

  #extend(destination: LinuxUdpDestination, size: number): number {
    const { message } = destination;
    this.#view.setUint32(message * HEADER_SIZE + HEADER_CONTROL_LENGTH, CONTROL_SIZE, true);
    if (size !== this.#segmentSizes[message]) destination.round = 0;
    return message;
  }

  #begin(destination: LinuxUdpDestination, address: Uint8Array, size: number): number {
    if (this.#messageCount === MESSAGE_COUNT) this.flush();
    const message = this.#messageCount;
    this.#messageCount += 1;
    const header = message * HEADER_SIZE;
    this.#memory.set(address, ADDRESSES + message * ADDRESS_SIZE);
    this.#view.setUint32(header + HEADER_NAME_LENGTH, address.length, true);
    this.#view.setUint32(header + HEADER_CONTROL_LENGTH, 0, true);
    this.#view.setUint16(CONTROLS + message * CONTROL_SIZE + CONTROL_VALUE, size, true);
    this.#destinations[message] = destination;
    this.#segmentSizes[message] = size;
    this.#segmentCounts[message] = 0;
    const isExtended = this.#canSegment && destination.refusedCount < REFUSALS_MAX;
    destination.round = isExtended ? this.#round : 0;
    destination.message = message;
    return message;
  }

  /** Returns how many messages have been handed to the kernel, or -1 if not even the first was. */
  #send(first: number, count: number): number {
    const messages = first === 0 ? this.#memory : this.#memory.subarray(first * HEADER_SIZE);
    return this.#libc.sendmmsg(this.#socket.fd, messages, count, MSG_DONTWAIT);
  }

  /**
   * A fault is first that of an earlier datagram, to a peer that is gone, which the kernel reports
   * instead of sending this message: hence the second attempt. Then its datagrams one by one.
   *
   * @returns Whether any of it has been sent.
   */
  #sendAgain(message: number): boolean {
    if (this.#send(message, 1) > 0) return true;
    const segmentCount = this.#segmentCounts[message] ?? 0;
    if (segmentCount === 1) return false;
    this.#view.setUint32(
      SPARE * HEADER_SIZE + HEADER_NAME_LENGTH,
      this.#view.getUint32(message * HEADER_SIZE + HEADER_NAME_LENGTH, true),
      true,
    );
    this.#setPointer(SPARE * HEADER_SIZE + HEADER_NAME, ADDRESSES + message * ADDRESS_SIZE);
    let sentCount = 0;
    for (; sentCount < segmentCount; sentCount++) {
      this.#setPointer(SPARE * HEADER_SIZE + HEADER_VECTORS, vectorOf(message, sentCount));
      if (this.#send(SPARE, 1) <= 0) break;
    }
    // Else it was for want of room.
    const destination = this.#destinations[message];
    if (sentCount === segmentCount && destination !== undefined) destination.refusedCount += 1;
    return sentCount > 0;
  }

  #setPointer(offset: number, target: number): void {
    const pointer = this.#base + target;
    this.#view.setUint32(offset, pointer >>> 0, true);
    this.#view.setUint32(offset + 4, Math.floor(pointer / 0x1_0000_0000), true);
  }

  /** @returns `undefined` for one of another family, or with a zone. */
  #encodeAddress(address: string, port: number): Uint8Array | undefined {
    const parsed = this.#addresses.get(address) ?? this.#learn(address);
    if (parsed === undefined) return undefined;
    const { isIpv6 } = this.#socket;
    const bytes = new Uint8Array(isIpv6 ? IPV6_ADDRESS_SIZE : IPV4_ADDRESS_SIZE);
    bytes[0] = isIpv6 ? AF_INET6 : AF_INET;
    bytes[2] = port >>> 8;
    bytes[3] = port & 0xff;
    // Around the address are a flow and a zone of IPv6, which stay 0.
    bytes.set(parsed, isIpv6 ? 8 : 4);
    return bytes;
  }

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
}

function vectorOf(message: number, segment: number): number {
  return VECTORS + (message * SEGMENT_COUNT_MAX + segment) * VECTOR_SIZE;
}
