/**
 * Walks over FLV as it arrives, from tag header to tag header, keeping nothing of what lies between.
 *
 * Specification: Flash Video File Format 10.1, Annex E.2 and E.4.1.
 *
 * @module
 */

import { MalformedError } from "../base/errors.ts";
import { HEAD_SIZE, MediaType, type MessageSink } from "./media-message.ts";

/** Signature, version, flags, and where the first PreviousTagSize is. */
const FILE_HEADER_SIZE = 9;
/** Nobody is known to put more than this behind the header; more is no FLV. */
const DATA_OFFSET_MAX = 1024;
/** PreviousTagSize of the tag before, then type, size, time and stream id. */
const TAG_PREFIX_SIZE = 15;
const SIGNATURE: readonly number[] = [0x46, 0x4c, 0x56];
const TAG_TYPE_MASK = 0b0001_1111;
const EMPTY: Uint8Array = new Uint8Array(0);

export class FlvWalker {
  /** Of the tag being walked over; what the sink is shown. */
  typeId = 0;
  timestamp = 0;
  size = 0;
  readonly #sink: MessageSink;
  /** A header that came in pieces. */
  readonly #prefix: Uint8Array = new Uint8Array(TAG_PREFIX_SIZE);
  #prefixSize = 0;
  #hasFileHeader = false;
  /** Bytes to pass over between the file's header and the first tag. */
  #skipSize = 0;
  /** Bytes of the tag's data still to come. */
  #missingSize = 0;
  /** Bytes of the tag's head still to come, and what has come of it if it came in pieces. */
  #headMissingSize = 0;
  #head: Uint8Array = EMPTY;
  #headSize = 0;
  #consumed = 0;

  constructor(sink: MessageSink) {
    this.#sink = sink;
  }

  /**
   * Takes the bytes from `start` to `end`.
   *
   * @throws {MalformedError} If they are no FLV.
   */
  walk(bytes: Uint8Array, start: number, end: number): void {
    let at = start;
    while (at < end) {
      if (this.#missingSize > 0) at = this.#walkData(bytes, at, end);
      else if (this.#skipSize > 0) at = this.#skip(at, end);
      else at = this.#readPrefix(bytes, at, end);
    }
    this.#consumed += end - start;
  }

  #skip(at: number, end: number): number {
    const size = Math.min(this.#skipSize, end - at);
    this.#skipSize -= size;
    return at + size;
  }

  /** Reads what stands between two tags' data, in place if it is there whole. */
  #readPrefix(bytes: Uint8Array, at: number, end: number): number {
    const needed = this.#hasFileHeader ? TAG_PREFIX_SIZE : FILE_HEADER_SIZE;
    if (this.#prefixSize === 0 && end - at >= needed) {
      this.#enter(bytes, at);
      return at + needed;
    }
    const next = Math.min(end, at + needed - this.#prefixSize);
    for (let i = at; i < next; i++) {
      this.#prefix[this.#prefixSize] = bytes[i] ?? 0;
      this.#prefixSize += 1;
    }
    if (this.#prefixSize === needed) {
      this.#prefixSize = 0;
      this.#enter(this.#prefix, 0);
    }
    return next;
  }

  #enter(bytes: Uint8Array, at: number): void {
    if (this.#hasFileHeader) this.#enterTag(bytes, at);
    else this.#enterFile(bytes, at);
  }

  #enterFile(bytes: Uint8Array, at: number): void {
    for (const [i, letter] of SIGNATURE.entries()) {
      if (bytes[at + i] !== letter) throw this.#malformed("Cannot walk FLV: no signature");
    }
    const high = ((bytes[at + 5] ?? 0) << 8) | (bytes[at + 6] ?? 0);
    const dataOffset = high * 0x1_0000 + (((bytes[at + 7] ?? 0) << 8) | (bytes[at + 8] ?? 0));
    if (dataOffset < FILE_HEADER_SIZE || dataOffset > DATA_OFFSET_MAX) {
      throw this.#malformed(`Cannot walk FLV with a header of ${dataOffset} bytes`);
    }
    this.#skipSize = dataOffset - FILE_HEADER_SIZE;
    this.#hasFileHeader = true;
  }

  #enterTag(bytes: Uint8Array, at: number): void {
    const type = (bytes[at + 4] ?? 0) & TAG_TYPE_MASK;
    if (type !== MediaType.Audio && type !== MediaType.Video && type !== MediaType.Data) {
      throw this.#malformed(`Cannot walk FLV tag of type ${type}`);
    }
    this.typeId = type;
    this.size = readUint24(bytes, at + 5);
    this.timestamp = ((bytes[at + 11] ?? 0) * 0x100_0000 + readUint24(bytes, at + 8)) >>> 0;
    this.#missingSize = this.size;
    this.#headMissingSize = Math.min(HEAD_SIZE, this.size);
    this.#headSize = 0;
    if (this.size > 0) return;
    this.#sink.head(this, EMPTY, 0, 0);
    this.#sink.end(this);
  }

  #walkData(bytes: Uint8Array, at: number, end: number): number {
    const size = Math.min(this.#missingSize, end - at);
    this.#missingSize -= size;
    if (this.#headMissingSize > 0) this.#showHead(bytes, at, size);
    if (this.#missingSize === 0) this.#sink.end(this);
    return at + size;
  }

  #showHead(bytes: Uint8Array, at: number, size: number): void {
    const taken = Math.min(this.#headMissingSize, size);
    this.#headMissingSize -= taken;
    if (this.#headSize === 0 && this.#headMissingSize === 0) {
      this.#sink.head(this, bytes, at, at + taken);
      return;
    }
    if (this.#head.length === 0) this.#head = new Uint8Array(HEAD_SIZE);
    for (let i = 0; i < taken; i++) this.#head[this.#headSize + i] = bytes[at + i] ?? 0;
    this.#headSize += taken;
    if (this.#headMissingSize === 0) this.#sink.head(this, this.#head, 0, this.#headSize);
  }

  #malformed(message: string): MalformedError {
    return new MalformedError(message, this.#consumed);
  }
}

function readUint24(bytes: Uint8Array, offset: number): number {
  const high = (bytes[offset] ?? 0) << 16;
  return high | ((bytes[offset + 1] ?? 0) << 8) | (bytes[offset + 2] ?? 0);
}
