/**
 * Bodies in chunks: for when the sender does not know the size in advance.
 *
 * ```text
 * chunk = size in hex [; extensions] CRLF data CRLF      last = 0 CRLF *(trailer field CRLF) CRLF
 * ```
 *
 * Spec: RFC 9112, section 7.1.
 *
 * @module
 */

import type { ByteWriter } from "../../base/byte-writer.ts";
import { IS_TEXT } from "./characters.ts";
import { HttpMalformedError } from "./http-malformed-error.ts";

/** 4 GiB in a chunk; no sender that works in chunks has as much at hand. */
const SIZE_DIGITS_MAX = 8;
/** Extensions of one chunk. Nobody uses them; unlimited, they cost time and carry no body. */
const EXTENSION_SIZE_MAX = 256;
/** All trailer fields together: checksums and timings. They are dropped. */
const TRAILER_SIZE_MAX = 4_096;

const CR = 0x0d;
const LF = 0x0a;
const SEMICOLON = 0x3b;

const State = {
  Size: 0,
  Extension: 1,
  SizeEnd: 2,
  Data: 3,
  DataReturn: 4,
  DataEnd: 5,
  TrailerStart: 6,
  Trailer: 7,
  TrailerEnd: 8,
  BodyEnd: 9,
  Done: 10,
} as const;
type State = (typeof State)[keyof typeof State];

/** Takes a body in chunks apart as it arrives. */
export class ChunkedDecoder {
  #state: State = State.Size;
  /** The size being read, then what is missing of the chunk's data. */
  #size = 0;
  #digitCount = 0;
  /** Bytes of the chunk's extensions, then of all trailer fields. */
  #extraSize = 0;

  /** Whether the whole body has been read. */
  get isDone(): boolean {
    return this.#state === State.Done;
  }

  /**
   * Takes the bytes from `offset` on and hands each run of data, as a view, to `receive`.
   *
   * @returns The offset behind what was taken: behind the body if that is done, else the input's end.
   * @throws {HttpMalformedError}
   */
  decode(input: Uint8Array, offset: number, receive: (data: Uint8Array) => void): number {
    let at = offset;
    while (at < input.length && this.#state !== State.Done) {
      if (this.#state === State.Data) {
        const end = Math.min(input.length, at + this.#size);
        this.#size -= end - at;
        if (this.#size === 0) this.#state = State.DataReturn;
        receive(input.subarray(at, end));
        at = end;
      } else {
        this.#step(input[at] ?? 0, at);
        at += 1;
      }
    }
    return at;
  }

  #step(byte: number, at: number): void {
    switch (this.#state) {
      case State.Size:
        this.#stepSize(byte, at);
        break;
      case State.Extension:
        this.#stepText(byte, at, State.SizeEnd);
        break;
      case State.SizeEnd:
        expect(byte, LF, at);
        this.#digitCount = 0;
        this.#extraSize = 0;
        this.#state = this.#size === 0 ? State.TrailerStart : State.Data;
        break;
      case State.DataReturn:
        expect(byte, CR, at);
        this.#state = State.DataEnd;
        break;
      case State.DataEnd:
        expect(byte, LF, at);
        this.#state = State.Size;
        break;
      case State.TrailerStart:
        this.#state = byte === CR ? State.BodyEnd : State.Trailer;
        if (byte !== CR) this.#stepText(byte, at, State.TrailerEnd);
        break;
      case State.Trailer:
        this.#stepText(byte, at, State.TrailerEnd);
        break;
      case State.TrailerEnd:
        expect(byte, LF, at);
        this.#state = State.TrailerStart;
        break;
      default:
        expect(byte, LF, at);
        this.#state = State.Done;
    }
  }

  #stepSize(byte: number, at: number): void {
    const digit = hexDigit(byte);
    if (digit >= 0) {
      this.#digitCount += 1;
      if (this.#digitCount > SIZE_DIGITS_MAX) throw malformed("a size has too many digits", at);
      this.#size = this.#size * 16 + digit;
      return;
    }
    if (this.#digitCount === 0) throw malformed("a size is missing", at);
    if (byte !== CR && byte !== SEMICOLON) throw malformed("a size is not hexadecimal", at);
    this.#state = byte === CR ? State.SizeEnd : State.Extension;
  }

  /** Skips extensions or a trailer field, up to the line's end. */
  #stepText(byte: number, at: number, next: State): void {
    if (byte === CR) {
      this.#state = next;
      return;
    }
    if (IS_TEXT[byte] !== 1) throw malformed(`control character ${byte}`, at);
    this.#extraSize += 1;
    const limit = this.#state === State.Extension ? EXTENSION_SIZE_MAX : TRAILER_SIZE_MAX;
    if (this.#extraSize > limit) throw malformed("extensions or trailers are too large", at);
  }
}

/** Writes what goes in front of a chunk's data; `\r\n` goes behind it. */
export function writeChunkHeader(writer: ByteWriter, size: number): void {
  writer.writeText(`${size.toString(16)}\r\n`);
}

/** Bytes that `encodeChunk` adds to the data of a chunk of that size. */
export function chunkOverhead(size: number): number {
  return size.toString(16).length + 4;
}

/** Encodes data, which must not be empty, as a chunk of its own. Copies it. */
export function encodeChunk(data: Uint8Array): Uint8Array {
  const digits = data.length.toString(16);
  const chunk = new Uint8Array(data.length + digits.length + 4);
  for (let i = 0; i < digits.length; i++) chunk[i] = digits.charCodeAt(i);
  chunk[digits.length] = CR;
  chunk[digits.length + 1] = LF;
  chunk.set(data, digits.length + 2);
  chunk[chunk.length - 2] = CR;
  chunk[chunk.length - 1] = LF;
  return chunk;
}

/** What ends a body in chunks: the empty chunk and no trailers. */
export function encodeLastChunk(): Uint8Array {
  return Uint8Array.of(0x30, CR, LF, CR, LF);
}

function hexDigit(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const lower = byte | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1;
}

function expect(byte: number, expected: number, at: number): void {
  if (byte !== expected) throw malformed("a line end is missing", at);
}

function malformed(why: string, offset: number): HttpMalformedError {
  return new HttpMalformedError(400, `Cannot read body in chunks: ${why}`, offset);
}
