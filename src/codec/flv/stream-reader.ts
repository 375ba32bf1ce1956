/**
 * Reads FLV as it arrives, in pieces that end anywhere.
 *
 * Spec: Adobe Flash Video File Format Specification 10.1, Annex E.2 to E.4.1.
 *
 * @module
 */

import { GrowingBuffer } from "../../base/growing-buffer.ts";
import { decodeFlvHeader, type FlvHeader } from "./header.ts";
import { decodeFlvTag, type FlvTag } from "./tag.ts";

/** Room for the beginning of a tag. */
const CAPACITY_MIN = 1024;

/** A tag's data that is at least such a part of the bytes it came in is not copied to be kept. */
const SHARE_MIN = 1 / 4;

export interface FlvReceiver {
  header(header: FlvHeader): void;
  /** The tag's data belong to the receiver. */
  tag(tag: FlvTag): void;
}

export class FlvStreamReader {
  readonly #receiver: FlvReceiver;
  #hasHeader = false;
  /** The beginning of a header or of a tag whose end has not come. */
  readonly #rest = new GrowingBuffer(CAPACITY_MIN);

  constructor(receiver: FlvReceiver) {
    this.#receiver = receiver;
  }

  /**
   * Takes the next piece, which belongs to the reader from then on.
   *
   * @throws {MalformedError} If it is not FLV. Nothing can be read after that.
   */
  read(bytes: Uint8Array): void {
    let input = bytes;
    if (this.#rest.size > 0) {
      this.#rest.append(bytes);
      input = this.#rest.view();
    }
    const offset = this.#readAll(input);
    if (offset === 0 && this.#rest.size > 0) return; // Still the beginning alone.
    this.#rest.clear();
    if (offset < input.length) this.#rest.append(input.subarray(offset));
  }

  /** @returns Where the first thing begins whose end has not come. */
  #readAll(input: Uint8Array): number {
    let offset = 0;
    if (!this.#hasHeader) {
      const decoded = decodeFlvHeader(input);
      if (decoded === undefined) return 0;
      this.#hasHeader = true;
      this.#receiver.header(decoded[0]);
      offset = decoded[1];
    }
    for (;;) {
      const decoded = decodeFlvTag(input, offset);
      if (decoded === undefined) return offset;
      const [tag, end] = decoded;
      offset = end;
      this.#receiver.tag(own(tag));
    }
  }
}

/** A tag that may be kept without keeping many times its size. */
function own(tag: FlvTag): FlvTag {
  const { data } = tag;
  return data.length >= data.buffer.byteLength * SHARE_MIN ? tag : { ...tag, data: data.slice() };
}
