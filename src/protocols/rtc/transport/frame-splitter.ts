/**
 * Datagrams in a TCP connection, each behind its size.
 *
 * Spec: RFC 4571, section 2; RFC 6544, section 10.1.
 *
 * @module
 */

import { MalformedError } from "../../../base/errors.ts";

/** Larger ones fit into no datagram that a path of the Internet takes. */
const FRAME_SIZE_MAX = 4_096;
const LENGTH_SIZE = 2;

/** Takes bytes as they come. */
export class FrameSplitter {
  readonly #take: (datagram: Uint8Array) => void;
  /** A frame whose end has not come, with its size in front. */
  #rest: Uint8Array = new Uint8Array();

  /** @param take Is given each datagram: a view, which holds until the call returns. */
  constructor(take: (datagram: Uint8Array) => void) {
    this.#take = take;
  }

  /** @throws {MalformedError} If a frame is larger than any datagram. */
  write(bytes: Uint8Array): void {
    let input = bytes;
    if (this.#rest.length > 0) {
      input = new Uint8Array(this.#rest.length + bytes.length);
      input.set(this.#rest);
      input.set(bytes, this.#rest.length);
    }
    let offset = 0;
    while (offset + LENGTH_SIZE <= input.length) {
      const size = ((input[offset] ?? 0) << 8) | (input[offset + 1] ?? 0);
      if (size > FRAME_SIZE_MAX) {
        throw new MalformedError("Cannot take frame: it is larger than a datagram", offset);
      }
      const end = offset + LENGTH_SIZE + size;
      if (end > input.length) break;
      this.#take(input.subarray(offset + LENGTH_SIZE, end));
      offset = end;
    }
    this.#rest = input.slice(offset);
  }
}

/** The datagram with its size in front. */
export function encodeFrame(datagram: Uint8Array): Uint8Array {
  const frame = new Uint8Array(LENGTH_SIZE + datagram.length);
  frame[0] = datagram.length >> 8;
  frame[1] = datagram.length;
  frame.set(datagram, LENGTH_SIZE);
  return frame;
}
