/**
 * Batches of datagrams by sendmmsg(2) of the C library, through the runtime's foreign function interface.
 * What goes to one destination in datagrams of one size is one message, which the kernel cuts into its
 * datagrams (UDP_SEGMENT of udp(7)): it passes through the network once, where each of them would have,
 * and that is most of what a datagram costs.
 *
 * ```text
 * struct mmsghdr each | address each | control message each | struct iovec, some for each | datagrams
 * ```
 *
 * @module
 */

import process from "node:process";
import { assert } from "../../base/assert.ts";
import { BATCHED_DATAGRAM_SIZE_MAX, type UdpBatch, type UdpDestination } from "../runtime.ts";
import type { LibcCalls } from "./libc-calls.ts";
import { SOCKET_ADDRESS_SIZE_MAX, SocketAddresses } from "./socket-address.ts";

/** What the runtime's foreign function interface has for it. */
export interface BatchCalls {
  readonly libc: Pick<LibcCalls, "sendmmsg" | "sendto" | "setsockopt">;
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

/** In one system call; with musl in as many. */
const MESSAGE_COUNT = 64;
/**
 * Datagrams that the kernel cuts a message into: one less than UDP_MAX_SEGMENTS of its include/linux/udp.h
 * was at first, as kernels before 5.16 counted the headers in front as a part of what they cut.
 */
const SEGMENT_COUNT_MAX = 63;
/** Of a datagram that is not cut, by the 16-bit lengths of IPv4 and UDP (RFC 791, RFC 768). */
const MESSAGE_SIZE_MAX = 65_507;
/** Bytes of all datagrams: some 25 to each of 32 peers. Memory is used as far as it was ever filled. */
const DATAGRAMS_SIZE = 1024 * 1024;
/** A way that is too narrow for the size, or hardware that cannot: not tried after so many times on end. */
const REFUSALS_MAX = 8;

// Of 64-bit Linux, little-endian, with the C libraries of GNU and musl: bits/types/struct_iovec.h,
// sys/socket.h. Sizes are of 64 bits; the upper halves of those here stay 0.
const HEADER_SIZE = 64;
const HEADER_NAME = 0;
const HEADER_NAME_LENGTH = 8;
const HEADER_VECTORS = 16;
const HEADER_VECTOR_COUNT = 24;
const HEADER_CONTROL = 32;
const HEADER_CONTROL_LENGTH = 40;
const ADDRESS_SIZE = 32;
const CONTROL_SIZE = 24;
const CONTROL_LENGTH = 0;
const CONTROL_LEVEL = 8;
const CONTROL_TYPE = 12;
const CONTROL_VALUE = 16;
/** Without what fills it up. */
const CONTROL_SIZE_USED = 18;
const VECTOR_SIZE = 16;
const VECTOR_LENGTH = 8;
const SOL_UDP = 17;
const UDP_SEGMENT = 103;
const INT_SIZE = 4;
/** Of send(2). */
export const MSG_DONTWAIT = 0x40;

/** Behind those of the messages is one for datagrams that are sent alone. */
const SPARE = MESSAGE_COUNT * HEADER_SIZE;
const ADDRESSES = SPARE + HEADER_SIZE;
const CONTROLS = ADDRESSES + MESSAGE_COUNT * ADDRESS_SIZE;
const VECTORS = CONTROLS + MESSAGE_COUNT * CONTROL_SIZE;
const DATAGRAMS = VECTORS + MESSAGE_COUNT * SEGMENT_COUNT_MAX * VECTOR_SIZE;
const MEMORY_SIZE = DATAGRAMS + DATAGRAMS_SIZE;

/** Whether the structures of this system are those that are made here. */
export const hasLinuxBatches: boolean =
  process.platform === "linux" && ["x64", "arm64"].includes(process.arch);

class LinuxUdpDestination implements UdpDestination {
  readonly batch: LinuxUdpBatch;
  readonly address: string;
  readonly port: number;
  /** As the kernel wants it; `undefined` if no such structure can be made of it. */
  readonly bytes: Uint8Array | undefined;
  /** The batch's round in which `message` can be extended; 0: none. */
  round = 0;
  /** The latest message that goes there. */
  message = 0;
  /** How often on end a message was refused, though its datagrams were taken. */
  refusalCount = 0;

  constructor(batch: LinuxUdpBatch, address: string, port: number, bytes: Uint8Array | undefined) {
    this.batch = batch;
    this.address = address;
    this.port = port;
    this.bytes = bytes;
  }
}

export class LinuxUdpBatch implements UdpBatch {
  readonly #socket: BatchedSocket;
  readonly #libc: BatchCalls["libc"];
  readonly #addresses: SocketAddresses;
  readonly #canSegment: boolean;
  readonly #memory = new Uint8Array(MEMORY_SIZE);
  readonly #view = new DataView(this.#memory.buffer);
  /** Where the memory is. */
  readonly #base: number;
  /** Of each message. */
  readonly #destinations: LinuxUdpDestination[] = [];
  readonly #segmentSizes = new Uint32Array(MESSAGE_COUNT);
  readonly #segmentCounts = new Uint32Array(MESSAGE_COUNT);
  #messageCount = 0;
  /** Bytes of all datagrams. */
  #size = 0;
  /** Counts what has been sent in one go. */
  #round = 1;
  /** Whether any destination was ever refused a message. */
  #hasRefusals = false;
  /** To be sent alone when the batch is. */
  #alone: { readonly bytes: Uint8Array; readonly destination: UdpDestination }[] = [];

  constructor(socket: BatchedSocket, { libc, addressOf }: BatchCalls) {
    assert(ADDRESS_SIZE >= SOCKET_ADDRESS_SIZE_MAX, "an address fits its place");
    this.#socket = socket;
    this.#libc = libc;
    this.#addresses = new SocketAddresses(socket.isIpv6);
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
    this.#view.setUint32(SPARE + HEADER_VECTOR_COUNT, 1, true);
  }

  destination(address: string, port: number): UdpDestination {
    return new LinuxUdpDestination(this, address, port, this.#addresses.encode(address, port));
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
    const message = this.#fits(destination, length)
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
    const alone = this.#alone;
    this.#messageCount = 0;
    this.#size = 0;
    this.#round += 1;
    if (alone.length > 0) this.#alone = [];
    // Its descriptor may be another's then.
    if (this.#socket.isClosed()) return;
    for (let next = 0; next < count; ) {
      const sentCount = this.#send(next, count - next);
      if (sentCount > 0) {
        if (this.#hasRefusals) this.#forgetRefusals(next, next + sentCount);
        next += sentCount;
      } else {
        this.#sendAgain(next);
        next += 1;
      }
    }
    for (const { bytes, destination } of alone) {
      this.#socket.send(bytes, destination.address, destination.port);
    }
  }

  /** Whether its latest message can take one more; only the last datagram of a message may be shorter. */
  #fits({ round, message }: LinuxUdpDestination, size: number): boolean {
    if (round !== this.#round || size === 0) return false;
    const segmentSize = this.#segmentSizes[message] ?? 0;
    const segmentCount = this.#segmentCounts[message] ?? 0;
    if (size > segmentSize || segmentCount === SEGMENT_COUNT_MAX) return false;
    return segmentCount * segmentSize + size <= MESSAGE_SIZE_MAX;
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
    const isExtendable = this.#canSegment && destination.refusalCount < REFUSALS_MAX;
    destination.round = isExtendable ? this.#round : 0;
    destination.message = message;
    return message;
  }

  /** Returns how many messages have been handed to the kernel, or -1 if not even the first was. */
  #send(first: number, count: number): number {
    return this.#sendFrom(first * HEADER_SIZE, count);
  }

  #sendFrom(header: number, count: number): number {
    const messages = header === 0 ? this.#memory : this.#memory.subarray(header);
    return this.#libc.sendmmsg(this.#socket.fd, messages, count, MSG_DONTWAIT);
  }

  /**
   * A fault is first that of an earlier datagram, to a peer that is gone, which the kernel reports
   * instead of sending this message: hence the second attempt. Then its datagrams one by one. What
   * cannot be sent is lost, be it that the peer cannot be reached or that the kernel has no room.
   */
  #sendAgain(message: number): void {
    if (this.#send(message, 1) > 0) {
      if (this.#hasRefusals) this.#forgetRefusals(message, message + 1);
      return;
    }
    const segmentCount = this.#segmentCounts[message] ?? 0;
    if (segmentCount === 1) return;
    const nameLength = this.#view.getUint32(message * HEADER_SIZE + HEADER_NAME_LENGTH, true);
    this.#view.setUint32(SPARE + HEADER_NAME_LENGTH, nameLength, true);
    this.#setPointer(SPARE + HEADER_NAME, ADDRESSES + message * ADDRESS_SIZE);
    for (let segment = 0; segment < segmentCount; segment++) {
      this.#setPointer(SPARE + HEADER_VECTORS, vectorOf(message, segment));
      if (this.#sendFrom(SPARE, 1) <= 0 && this.#sendFrom(SPARE, 1) <= 0) return;
    }
    const destination = this.#destinations[message];
    if (destination !== undefined) destination.refusalCount += 1;
    this.#hasRefusals = true;
  }

  /** Messages from `first` to before `end` were taken: those before were refused for want of room. */
  #forgetRefusals(first: number, end: number): void {
    for (let message = first; message < end; message++) {
      const destination = this.#destinations[message];
      const isCut = (this.#segmentCounts[message] ?? 0) > 1;
      if (isCut && destination !== undefined) destination.refusalCount = 0;
    }
  }

  #setPointer(offset: number, target: number): void {
    const pointer = this.#base + target;
    this.#view.setUint32(offset, pointer >>> 0, true);
    this.#view.setUint32(offset + 4, Math.floor(pointer / 0x1_0000_0000), true);
  }
}

function vectorOf(message: number, segment: number): number {
  return VECTORS + (message * SEGMENT_COUNT_MAX + segment) * VECTOR_SIZE;
}
