/**
 * Walks over RTMP chunks as they arrive. Of media it shows heads and ends; messages about the
 * connection (control messages and commands) are shown whole, as their own heads.
 *
 * Specification: Adobe RTMP 1.0, section 5.3.1.
 *
 * @module
 */

import { MalformedError } from "../base/errors.ts";
import { CHUNK_SIZE_DEFAULT } from "../codec/rtmp/chunk-encoder.ts";
import { RtmpMessageType } from "../codec/rtmp/message.ts";
import { HEAD_SIZE, type MediaMessage, type MessageSink } from "./media-message.ts";

/** Servers use three to seven chunk streams. */
const CHUNK_STREAMS_MAX = 64;
/** What a server has to say in a command; of anything larger only the head is shown. */
const COMMAND_SIZE_MAX = 64 * 1024;
/** Basic header 3, message header 11, extended timestamp 4. */
const HEADER_SIZE_MAX = 18;
const EXTENDED_TIMESTAMP = 0xff_ffff;
const MORE_NEEDED = -1;
const MESSAGE_HEADER_SIZES = [11, 7, 3, 0] as const;
const EMPTY: Uint8Array = new Uint8Array(0);

/** The last header on a chunk stream, and how much of its message has come. */
class ChunkStream implements MediaMessage {
  readonly id: number;
  typeId = 0;
  timestamp = 0;
  size = 0;
  /** The timestamp field of the last header: what a header of format 3 repeats. */
  timestampField = 0;
  isExtended = false;
  isPartial = false;
  /** Bytes of the message and of its head still to come. */
  missingSize = 0;
  headMissingSize = 0;
  /** What has come of a head that came in pieces. */
  head: Uint8Array = EMPTY;
  headSize = 0;

  constructor(id: number) {
    this.id = id;
  }
}

export class ChunkWalker {
  readonly #sink: MessageSink;
  readonly #streams: ChunkStream[] = [];
  #chunkSize = CHUNK_SIZE_DEFAULT;
  /** The chunk being walked over. */
  #stream: ChunkStream | undefined;
  #chunkMissingSize = 0;
  /** A header that came in pieces. */
  readonly #header: Uint8Array = new Uint8Array(HEADER_SIZE_MAX);
  #headerSize = 0;
  #consumed = 0;

  constructor(sink: MessageSink) {
    this.#sink = sink;
  }

  /**
   * Takes the bytes from `start` to `end`.
   *
   * @throws {MalformedError} If they are no chunks.
   */
  walk(bytes: Uint8Array, start: number, end: number): void {
    let at = start;
    while (at < end) {
      const stream = this.#stream;
      if (stream !== undefined) at = this.#walkChunk(stream, bytes, at, end);
      else if (this.#headerSize > 0) at = this.#continueHeader(bytes, at, end);
      else at = this.#beginHeader(bytes, at, end);
    }
    this.#consumed += end - start;
  }

  /** What the peer cuts its messages by from now on. */
  setChunkSize(size: number): void {
    if (size < 1 || size > 0x7fff_ffff) throw this.#malformed(`Cannot use chunk size ${size}`);
    this.#chunkSize = size;
  }

  /** Forgets the message begun on a chunk stream. */
  abort(id: number): void {
    const stream = this.#find(id);
    if (stream !== undefined) stream.isPartial = false;
  }

  // Headers -----------------------------------------------------------------------------------------

  #beginHeader(bytes: Uint8Array, at: number, end: number): number {
    const size = this.#readHeader(bytes, at, end);
    if (size > 0) return at + size;
    this.#headerSize = end - at;
    for (let i = 0; i < this.#headerSize; i++) this.#header[i] = bytes[at + i] ?? 0;
    return end;
  }

  #continueHeader(bytes: Uint8Array, at: number, end: number): number {
    const had = this.#headerSize;
    const next = Math.min(end, at + HEADER_SIZE_MAX - had);
    for (let i = at; i < next; i++) this.#header[had + i - at] = bytes[i] ?? 0;
    const size = this.#readHeader(this.#header, 0, had + next - at);
    if (size === 0) {
      this.#headerSize = had + next - at;
      return next;
    }
    this.#headerSize = 0;
    if (size >= had) return at + size - had;
    // What looked like the beginning of a repeated timestamp was payload.
    const payload = this.#header.slice(size, had);
    this.#consumed -= payload.length;
    this.walk(payload, 0, payload.length);
    return at;
  }

  /**
   * Reads a chunk's header.
   *
   * ```text
   * basic header               message header                              extended timestamp
   * |FF CCCCCC|                0: | time 24 | size 24 | type 8 | stream 32 LE |  | time 32 |
   * |FF 000000| id-64 |        1: | delta 24 | size 24 | type 8 |
   * |FF 000001| id-64 LE 16 |  2: | delta 24 |       3: nothing
   * ```
   *
   * @returns Its size, or 0 if more is needed.
   */
  #readHeader(bytes: Uint8Array, start: number, end: number): number {
    const first = bytes[start] ?? 0;
    const format = (first >>> 6) as 0 | 1 | 2 | 3;
    const low = first & 0x3f;
    const at = start + (low === 0 ? 2 : low === 1 ? 3 : 1);
    let next = at + MESSAGE_HEADER_SIZES[format];
    if (next > end) return 0;
    const stream = this.#streamOf(low < 2 ? readLongId(bytes, start, low) : low, format);
    if (format === 3) {
      const match = stream.isExtended ? matchUint32(bytes, at, end, stream.timestampField) : 0;
      if (match === MORE_NEEDED) return 0;
      next += match;
      if (!stream.isPartial) repeatHeader(stream, match);
    } else {
      if (readUint24(bytes, at) === EXTENDED_TIMESTAMP) next += 4;
      if (next > end) return 0;
      this.#enterMessage(stream, format, bytes, at);
    }
    this.#enterChunk(stream);
    return next - start;
  }

  /** Takes a message header of format 0, 1 or 2, which is there whole. */
  #enterMessage(stream: ChunkStream, format: 0 | 1 | 2, bytes: Uint8Array, at: number): void {
    if (stream.isPartial) this.#checkRepeated(stream, format, readUint24(bytes, at + 3));
    else readFields(stream, format, bytes, at);
  }

  #streamOf(id: number, format: number): ChunkStream {
    return this.#find(id) ?? this.#open(id, format);
  }

  #find(id: number): ChunkStream | undefined {
    const streams = this.#streams;
    for (let i = 0; i < streams.length; i++) {
      if (streams[i]?.id === id) return streams[i];
    }
    return undefined;
  }

  #open(id: number, format: number): ChunkStream {
    if (format > 1) throw this.#malformed(`Cannot begin chunk stream ${id} by format ${format}`);
    if (this.#streams.length === CHUNK_STREAMS_MAX) {
      throw this.#malformed(`Cannot open more than ${CHUNK_STREAMS_MAX} chunk streams`);
    }
    const stream = new ChunkStream(id);
    this.#streams.push(stream);
    return stream;
  }

  /** In mid-message a header that repeats what was said is taken, as SRS takes it. */
  #checkRepeated(stream: ChunkStream, format: number, size: number): void {
    if (format === 0 || (format === 1 && size !== stream.size)) {
      throw this.#malformed("Cannot begin message inside another");
    }
  }

  // Payload -----------------------------------------------------------------------------------------

  #enterChunk(stream: ChunkStream): void {
    stream.isPartial = true;
    this.#stream = stream;
    this.#chunkMissingSize = Math.min(this.#chunkSize, stream.missingSize);
    if (stream.missingSize > 0) return;
    this.#sink.head(stream, EMPTY, 0, 0);
    this.#finish(stream);
  }

  #walkChunk(stream: ChunkStream, bytes: Uint8Array, at: number, end: number): number {
    const size = Math.min(this.#chunkMissingSize, end - at);
    this.#chunkMissingSize -= size;
    stream.missingSize -= size;
    if (stream.headMissingSize > 0) this.#showHead(stream, bytes, at, size);
    if (stream.missingSize === 0) this.#finish(stream);
    else if (this.#chunkMissingSize === 0) this.#stream = undefined;
    return at + size;
  }

  #showHead(stream: ChunkStream, bytes: Uint8Array, at: number, size: number): void {
    const taken = Math.min(stream.headMissingSize, size);
    stream.headMissingSize -= taken;
    if (stream.headSize === 0 && stream.headMissingSize === 0) {
      this.#sink.head(stream, bytes, at, at + taken);
      return;
    }
    const needed = stream.headSize + taken + stream.headMissingSize;
    if (stream.head.length < needed) stream.head = new Uint8Array(Math.max(needed, HEAD_SIZE));
    for (let i = 0; i < taken; i++) stream.head[stream.headSize + i] = bytes[at + i] ?? 0;
    stream.headSize += taken;
    if (stream.headMissingSize === 0) this.#sink.head(stream, stream.head, 0, stream.headSize);
  }

  #finish(stream: ChunkStream): void {
    this.#stream = undefined;
    stream.isPartial = false;
    if (stream.head.length > HEAD_SIZE) stream.head = EMPTY; // A command; there will hardly be more.
    this.#sink.end(stream);
  }

  #malformed(message: string): MalformedError {
    return new MalformedError(message, this.#consumed);
  }
}

/** Reads the message header of a message that begins. */
function readFields(stream: ChunkStream, format: 0 | 1 | 2, bytes: Uint8Array, at: number): void {
  let field = readUint24(bytes, at);
  stream.isExtended = field === EXTENDED_TIMESTAMP;
  if (stream.isExtended) field = readUint32(bytes, at + MESSAGE_HEADER_SIZES[format]);
  stream.timestampField = field;
  stream.timestamp = format === 0 ? field : (stream.timestamp + field) >>> 0;
  if (format < 2) {
    stream.size = readUint24(bytes, at + 3);
    stream.typeId = bytes[at + 6] ?? 0;
  }
  begin(stream);
}

/** Begins a message by a header of format 3. @param match Bytes of timestamp that were repeated. */
function repeatHeader(stream: ChunkStream, match: number): void {
  // A sender that leaves out an extended timestamp which is due means no difference at all.
  const delta = stream.isExtended && match === 0 ? 0 : stream.timestampField;
  stream.timestamp = (stream.timestamp + delta) >>> 0;
  begin(stream);
}

function begin(stream: ChunkStream): void {
  stream.missingSize = stream.size;
  stream.headSize = 0;
  stream.headMissingSize = Math.min(stream.size, headSizeOf(stream));
}

function headSizeOf({ typeId, size }: ChunkStream): number {
  const isWhole =
    typeId <= RtmpMessageType.SetPeerBandwidth ||
    typeId === RtmpMessageType.CommandAmf0 ||
    typeId === RtmpMessageType.CommandAmf3;
  return isWhole && size <= COMMAND_SIZE_MAX ? COMMAND_SIZE_MAX : HEAD_SIZE;
}

/**
 * Whether the four bytes at `at` are `value`: some senders repeat an extended timestamp in each chunk
 * and some do not. One byte that differs is enough to know.
 *
 * @returns How many bytes the repeated timestamp takes, 4 or 0; or MORE_NEEDED.
 */
function matchUint32(bytes: Uint8Array, at: number, end: number, value: number): number {
  for (let i = 0; i < 4; i++) {
    if (at + i >= end) return MORE_NEEDED;
    if (bytes[at + i] !== ((value >>> (24 - i * 8)) & 0xff)) return 0;
  }
  return 4;
}

/** The chunk stream id of a basic header with one or two bytes more. */
function readLongId(bytes: Uint8Array, at: number, low: number): number {
  return 64 + (bytes[at + 1] ?? 0) + (low === 1 ? (bytes[at + 2] ?? 0) * 256 : 0);
}

function readUint24(bytes: Uint8Array, at: number): number {
  return ((bytes[at] ?? 0) << 16) | ((bytes[at + 1] ?? 0) << 8) | (bytes[at + 2] ?? 0);
}

function readUint32(bytes: Uint8Array, at: number): number {
  return (bytes[at] ?? 0) * 0x100_0000 + readUint24(bytes, at + 1);
}
