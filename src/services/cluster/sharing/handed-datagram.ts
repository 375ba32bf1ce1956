/**
 * What workers say to one another about datagrams that came to one of them and are for another.
 *
 * ```text
 * kind (1 byte)  size of the datagram (2)  port (2)  size of the address (1)  address, ASCII  datagram
 * ```
 *
 * The worker that got a datagram sends `datagram`, or `question` if it does not know whose it is. The
 * other answers `mine`, so that whatever comes from that address is handed on to it, or `notMine`, both
 * without a datagram.
 *
 * @module
 */

import { MalformedError } from "../../../base/errors.ts";
import { GrowingBuffer } from "../../../base/growing-buffer.ts";

export const HandedKind = { Datagram: 1, Question: 2, Mine: 3, NotMine: 4 } as const;
export type HandedKind = (typeof HandedKind)[keyof typeof HandedKind];

export const HANDED_HEAD_SIZE = 6;
/** An address of IPv6 with a zone. */
const ADDRESS_SIZE_MAX = 128;
const DATAGRAM_SIZE_MAX = 0xffff;

const TEXT_DECODER = new TextDecoder();

/** A datagram, or what is said of who sends them. */
export interface Handed {
  readonly kind: HandedKind;
  readonly bytes: Uint8Array;
  /** Of who has sent it. */
  readonly address: string;
  readonly port: number;
}

export interface HandedReceiver {
  /** `bytes` is a view that holds until the call returns. */
  handed(handed: Handed): void;
}

export function handedSize({ bytes, address }: Handed): number {
  return HANDED_HEAD_SIZE + address.length + bytes.length;
}

/** Whether it can be said at all. */
export function isHandable({ bytes, address }: Handed): boolean {
  return bytes.length <= DATAGRAM_SIZE_MAX && address.length <= ADDRESS_SIZE_MAX;
}

/** Writes one message. @returns The offset behind it. */
export function writeHanded(target: Uint8Array, start: number, handed: Handed): number {
  const { kind, bytes, address, port } = handed;
  let offset = start;
  target[offset++] = kind;
  target[offset++] = bytes.length >> 8;
  target[offset++] = bytes.length;
  target[offset++] = port >> 8;
  target[offset++] = port;
  target[offset++] = address.length;
  for (let i = 0; i < address.length; i++) target[offset++] = address.charCodeAt(i);
  target.set(bytes, offset);
  return offset + bytes.length;
}

/** Takes bytes as they come. */
export class HandedReader {
  readonly #receiver: HandedReceiver;
  /** A message whose end has not come. */
  readonly #rest: GrowingBuffer = new GrowingBuffer(4_096);
  /** The latest address: most come in a row from the same. */
  #addressBytes: Uint8Array = new Uint8Array();
  #address = "";

  constructor(receiver: HandedReceiver) {
    this.#receiver = receiver;
  }

  /** @throws {MalformedError} If it is none of what workers say. */
  read(bytes: Uint8Array): void {
    let input = bytes;
    if (this.#rest.size > 0) {
      this.#rest.append(bytes);
      input = this.#rest.view();
      this.#rest.clear();
    }
    let offset = 0;
    while (offset + HANDED_HEAD_SIZE <= input.length) {
      const end = this.#readOne(input, offset);
      if (end === undefined) break;
      offset = end;
    }
    if (offset < input.length) this.#rest.append(input.subarray(offset));
  }

  /** @returns Where the next one begins; `undefined` if the end of this one has not come. */
  #readOne(input: Uint8Array, offset: number): number | undefined {
    const at = (index: number): number => input[offset + index] ?? 0;
    const kind = at(0);
    const size = (at(1) << 8) | at(2);
    const port = (at(3) << 8) | at(4);
    const addressSize = at(5);
    if (kind < HandedKind.Datagram || kind > HandedKind.NotMine || addressSize > ADDRESS_SIZE_MAX) {
      throw new MalformedError("Cannot read what a worker hands on", offset);
    }
    const start = offset + HANDED_HEAD_SIZE + addressSize;
    if (start + size > input.length) return undefined;
    const address = this.#toAddress(input.subarray(offset + HANDED_HEAD_SIZE, start));
    const bytes = input.subarray(start, start + size);
    this.#receiver.handed({ kind: kind as HandedKind, bytes, address, port });
    return start + size;
  }

  #toAddress(bytes: Uint8Array): string {
    const known = this.#addressBytes;
    const isSame = known.length === bytes.length && bytes.every((byte, i) => byte === known[i]);
    if (!isSame) {
      this.#addressBytes = bytes.slice();
      this.#address = TEXT_DECODER.decode(bytes);
    }
    return this.#address;
  }
}
