/**
 * Puts RTMP messages together from chunks.
 *
 * Spec: Adobe RTMP 1.0, sections 5.3 (chunking) and 5.4.1, 5.4.2 (SetChunkSize, Abort).
 *
 * @module
 */

import { MalformedError } from "../../base/errors.ts";
import { CHUNK_SIZE_DEFAULT } from "./chunk-encoder.ts";
import { decodeUint32, type RtmpMessage, RtmpMessageType } from "./message.ts";

/**
 * Chunk streams of one connection. Peers use three to ten; Flash adds up to five for each message
 * stream. Each costs us some memory for as long as the connection lives.
 */
export const CHUNK_STREAMS_MAX = 64;

/**
 * The smallest chunk size taken, as in SRS. The specification allows 1, but then a header for each
 * byte multiplies the work, and no real peer goes below the default.
 */
export const CHUNK_SIZE_MIN = 128;

/**
 * Payload smaller than this part of the input is copied out of it. A view keeps the whole input for
 * as long as somebody keeps the payload, as the GOP cache does, and that must not come to many times
 * what is counted.
 */
const VIEW_PART_MIN = 1 / 4;

/**
 * A larger message is allocated in steps as it arrives, so that the mere announcement of 16 MiB on
 * each chunk stream costs nothing. Key frames up to 8 Mbit fit.
 */
const UPFRONT_SIZE_MAX = 1 << 20;

const EXTENDED_TIMESTAMP = 0xff_ffff;
const MESSAGE_HEADER_SIZES = [11, 7, 3] as const;
const EMPTY: Uint8Array = new Uint8Array(0);

/** What is known of one chunk stream: the last header on it, and a message that is not whole yet. */
class ChunkStream {
  readonly id: number;
  timestamp = 0;
  /** The timestamp field of the last header, whichever it was: what a format 3 header repeats. */
  timestampField = 0;
  isExtended = false;
  size = 0;
  typeId = 0;
  messageStreamId = 0;
  /** Where the payload goes; its own length is what has been allocated. */
  payload: Uint8Array = EMPTY;
  /** Bytes of the payload that have arrived. */
  received = 0;
  isPartial = false;

  constructor(id: number) {
    this.id = id;
  }
}

/** What one connection may cost. */
export interface ChunkDecoderLimits {
  /** Bytes of one message. */
  messageSizeMax: number;
  /** Bytes allocated for messages that are not whole yet, of all chunk streams together. */
  partialSizeMax: number;
}

/**
 * Takes bytes by `push` and gives messages by `next`. It obeys SetChunkSize and Abort itself and
 * returns them too. After an error it cannot go on.
 */
export class ChunkDecoder {
  /** May be changed at any time; applies to messages that begin later. */
  readonly limits: ChunkDecoderLimits;
  /** Few enough to look through, and a map would cost each connection four times as much. */
  readonly #streams: ChunkStream[] = [];
  #chunkSize = CHUNK_SIZE_DEFAULT;
  #input: Uint8Array = EMPTY;
  #offset = 0;
  /** Input behind the current one; made when there first is some. */
  #waiting: Uint8Array[] | undefined;
  #waitingSize = 0;
  /** Bytes of inputs before this one, to tell where an error is. */
  #consumed = 0;
  /** The chunk stream whose chunk is being read, and how much of that chunk is to come. */
  #stream: ChunkStream | undefined;
  #chunkLeft = 0;
  #partialSize = 0;

  constructor(limits: ChunkDecoderLimits) {
    this.limits = { ...limits };
  }

  /** The peer's chunk size. */
  get chunkSize(): number {
    return this.#chunkSize;
  }

  /** Bytes pushed that no message has been made of; those of messages that are not whole aside. */
  get bufferedSize(): number {
    return this.#input.length - this.#offset + this.#waitingSize;
  }

  /** Adds input. The bytes must not change any more: messages are views into them. */
  push(bytes: Uint8Array): void {
    if (this.#offset === this.#input.length) {
      this.#consumed += this.#input.length;
      this.#input = bytes;
      this.#offset = 0;
    } else {
      this.#waiting ??= [];
      this.#waiting.push(bytes);
      this.#waitingSize += bytes.length;
    }
  }

  /**
   * @returns The next message, or `undefined` if more input is needed.
   * @throws {MalformedError} If the input breaks the specification or a limit.
   */
  next(): RtmpMessage | undefined {
    for (;;) {
      let stream = this.#stream;
      if (stream === undefined) {
        stream = this.#readHeader();
        if (stream === undefined) {
          if (!this.#mergeInput()) return undefined;
          continue;
        }
        this.#stream = stream;
      }
      const message = this.#readPayload(stream);
      if (message !== undefined) {
        if (message.typeId <= RtmpMessageType.Abort) this.#obey(message);
        return message;
      }
      if (this.#stream !== undefined && !this.#mergeInput()) return undefined;
    }
  }

  /**
   * Reads the header of a chunk, all of it or nothing.
   *
   * ```text
   * basic header               message header                              extended timestamp
   * |FF CCCCCC|                0: | time 24 | size 24 | type 8 | stream 32 LE |  | time 32 |
   * |FF 000000| id-64 |        1: | delta 24 | size 24 | type 8 |
   * |FF 000001| id-64 LE 16 |  2: | delta 24 |       3: nothing
   * ```
   */
  #readHeader(): ChunkStream | undefined {
    const input = this.#input;
    const first = input[this.#offset];
    if (first === undefined) return undefined;
    const format = first >>> 6;
    const low = first & 0x3f;
    const offset = this.#offset + (low === 0 ? 2 : low === 1 ? 3 : 1);
    if (offset > input.length) return undefined;
    const id = low < 2 ? readLongId(input, this.#offset) : low;
    if (format === 3) return this.#readFormat3(id, offset);

    const fieldsEnd = offset + MESSAGE_HEADER_SIZES[format as 0 | 1 | 2];
    if (fieldsEnd > input.length) return undefined;
    const isExtended = readUint24(input, offset) === EXTENDED_TIMESTAMP;
    const end = fieldsEnd + (isExtended ? 4 : 0);
    if (end > input.length) return undefined;

    const stream = this.#find(id) ?? this.#open(id, format);
    if (stream.isPartial) this.#checkRepeated(stream, format, offset);
    else this.#readFields(stream, format, offset);
    return this.#enterChunk(stream, end);
  }

  /** Reads the message header of a message that begins. */
  #readFields(stream: ChunkStream, format: number, offset: number): void {
    const input = this.#input;
    let field = readUint24(input, offset);
    stream.isExtended = field === EXTENDED_TIMESTAMP;
    if (stream.isExtended) {
      field = readUint32(input, offset + MESSAGE_HEADER_SIZES[format as 0 | 1 | 2]);
    }
    stream.timestampField = field;
    stream.timestamp = format === 0 ? field : (stream.timestamp + field) >>> 0;
    if (format < 2) {
      stream.size = readUint24(input, offset + 3);
      stream.typeId = input[offset + 6] ?? 0;
    }
    if (format === 0) stream.messageStreamId = readUint32LittleEndian(input, offset + 7);
    this.#begin(stream);
  }

  /**
   * In mid-message the specification wants format 3. Format 1 or 2 that repeats the header is taken,
   * as by SRS; anything else would be a second message inside the first.
   */
  #checkRepeated(stream: ChunkStream, format: number, offset: number): void {
    const isSame = format === 2 || readUint24(this.#input, offset + 3) === stream.size;
    if (format === 0 || !isSame) throw this.#malformed("Cannot begin message inside another");
  }

  /** A chunk without header of its own: it goes on with a message, or begins one like the last. */
  #readFormat3(id: number, start: number): ChunkStream | undefined {
    const stream = this.#find(id);
    if (stream === undefined) throw this.#malformed(`Cannot begin chunk stream ${id} by format 3`);
    let offset = start;
    let hasTimestamp = false;
    if (stream.isExtended) {
      // Whether the extended timestamp is repeated here depends on the sender: Flash, OBS and SRS do,
      // older FFmpeg and librtmp do not. So it is one if it is equal to the header's, else payload.
      const match = this.#matchUint32(offset, stream.timestampField);
      if (match === undefined) return undefined;
      hasTimestamp = match;
      if (hasTimestamp) offset += 4;
    }
    if (!stream.isPartial) {
      // A new message, as far behind the last as that one was behind its own predecessor. If an
      // extended timestamp is due and absent, the sender means no difference at all.
      const delta = stream.isExtended && !hasTimestamp ? 0 : stream.timestampField;
      stream.timestamp = (stream.timestamp + delta) >>> 0;
      this.#begin(stream);
    }
    return this.#enterChunk(stream, offset);
  }

  #find(id: number): ChunkStream | undefined {
    const streams = this.#streams;
    for (let i = 0; i < streams.length; i++) {
      if (streams[i]?.id === id) return streams[i];
    }
    return undefined;
  }

  #open(id: number, format: number): ChunkStream {
    // librtmp begins with format 1 on the control stream, for pings, so that is taken everywhere.
    if (format === 2) throw this.#malformed(`Cannot begin chunk stream ${id} without message size`);
    if (this.#streams.length === CHUNK_STREAMS_MAX) {
      throw this.#malformed(`Cannot open more than ${CHUNK_STREAMS_MAX} chunk streams`);
    }
    const stream = new ChunkStream(id);
    this.#streams.push(stream);
    return stream;
  }

  #begin(stream: ChunkStream): void {
    if (stream.size > this.limits.messageSizeMax) {
      throw this.#malformed(`Cannot take message of ${stream.size} bytes`);
    }
    stream.isPartial = true;
    stream.received = 0;
  }

  #enterChunk(stream: ChunkStream, offset: number): ChunkStream {
    this.#offset = offset;
    this.#chunkLeft = Math.min(this.#chunkSize, stream.size - stream.received);
    return stream;
  }

  /** Reads payload of the current chunk. @returns The message if that was the last of it. */
  #readPayload(stream: ChunkStream): RtmpMessage | undefined {
    const available = Math.min(this.#chunkLeft, this.#input.length - this.#offset);
    if (stream.received === 0 && available === stream.size) {
      const whole = this.#takeWhole(stream.size);
      return this.#finish(stream, whole);
    }
    if (available > 0) {
      this.#reserve(stream, stream.received + available);
      const end = this.#offset + available;
      stream.payload.set(this.#input.subarray(this.#offset, end), stream.received);
      stream.received += available;
      this.#chunkLeft -= available;
      this.#offset = end;
    }
    if (this.#chunkLeft > 0) return undefined;
    if (stream.received < stream.size) {
      this.#stream = undefined; // The chunk is over, the message is not.
      return undefined;
    }
    const { payload } = stream;
    this.#release(stream);
    return this.#finish(stream, payload);
  }

  /** All of a message lies in the input: a view of it, or a copy if it is small. */
  #takeWhole(size: number): Uint8Array {
    const start = this.#offset;
    this.#offset += size;
    if (size >= this.#input.buffer.byteLength * VIEW_PART_MIN)
      return this.#input.subarray(start, this.#offset);
    return this.#input.slice(start, this.#offset);
  }

  #finish(stream: ChunkStream, payload: Uint8Array): RtmpMessage {
    stream.isPartial = false;
    stream.received = 0;
    this.#stream = undefined;
    return {
      typeId: stream.typeId,
      timestamp: stream.timestamp,
      messageStreamId: stream.messageStreamId,
      chunkStreamId: stream.id,
      payload,
    };
  }

  /** Makes room for `needed` bytes of the payload. */
  #reserve(stream: ChunkStream, needed: number): void {
    const current = stream.payload;
    if (needed <= current.length) return;
    const grown = Math.max(needed, current.length * 2, UPFRONT_SIZE_MAX);
    const capacity = Math.min(stream.size, grown);
    this.#partialSize += capacity - current.length;
    if (this.#partialSize > this.limits.partialSizeMax) {
      throw this.#malformed(`Cannot keep ${this.#partialSize} bytes of unfinished messages`);
    }
    stream.payload = new Uint8Array(capacity);
    stream.payload.set(current);
  }

  #release(stream: ChunkStream): void {
    this.#partialSize -= stream.payload.length;
    stream.payload = EMPTY;
  }

  #obey(message: RtmpMessage): void {
    if (message.typeId === RtmpMessageType.SetChunkSize) {
      const size = decodeUint32(message.payload);
      if (size < CHUNK_SIZE_MIN || size > 0x7fff_ffff) {
        throw this.#malformed(`Cannot use chunk size ${size}`);
      }
      this.#chunkSize = size;
    } else if (message.typeId === RtmpMessageType.Abort) {
      const stream = this.#find(decodeUint32(message.payload));
      if (stream === undefined || !stream.isPartial) return;
      this.#release(stream);
      stream.isPartial = false;
      stream.received = 0;
    }
  }

  /**
   * Whether the four bytes at `offset` are `value`. One byte that differs is enough to know, so that
   * payload at the end of the input does not wait for what may not come.
   */
  #matchUint32(offset: number, value: number): boolean | undefined {
    for (let i = 0; i < 4; i++) {
      const byte = this.#input[offset + i];
      if (byte === undefined) return undefined;
      if (byte !== ((value >>> (24 - i * 8)) & 0xff)) return false;
    }
    return true;
  }

  /** Appends the first waiting input to what is left of the current one. */
  #mergeInput(): boolean {
    const next = this.#waiting?.shift();
    if (next === undefined) {
      if (this.#offset === this.#input.length) this.push(EMPTY); // Let go of what was used up.
      return false;
    }
    this.#waitingSize -= next.length;
    const left = this.#input.length - this.#offset;
    this.#consumed += this.#offset;
    if (left === 0) {
      this.#input = next;
    } else {
      const merged = new Uint8Array(left + next.length);
      merged.set(this.#input.subarray(this.#offset));
      merged.set(next, left);
      this.#input = merged;
    }
    this.#offset = 0;
    return true;
  }

  #malformed(message: string): MalformedError {
    return new MalformedError(message, this.#consumed + this.#offset);
  }
}

/** The chunk stream id of a basic header with one or two bytes more. */
function readLongId(input: Uint8Array, offset: number): number {
  const isLong = ((input[offset] ?? 0) & 0x3f) === 1;
  return 64 + (input[offset + 1] ?? 0) + (isLong ? (input[offset + 2] ?? 0) * 256 : 0);
}

function readUint24(bytes: Uint8Array, offset: number): number {
  const high = (bytes[offset] ?? 0) << 16;
  return high | ((bytes[offset + 1] ?? 0) << 8) | (bytes[offset + 2] ?? 0);
}

function readUint32(bytes: Uint8Array, offset: number): number {
  return (((bytes[offset] ?? 0) << 24) | readUint24(bytes, offset + 1)) >>> 0;
}

function readUint32LittleEndian(bytes: Uint8Array, offset: number): number {
  const low = (bytes[offset] ?? 0) | ((bytes[offset + 1] ?? 0) << 8);
  return (low | ((bytes[offset + 2] ?? 0) << 16) | ((bytes[offset + 3] ?? 0) << 24)) >>> 0;
}
