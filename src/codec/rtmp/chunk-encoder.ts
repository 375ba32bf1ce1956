/**
 * Cuts RTMP messages into chunks.
 *
 * Spec: Adobe RTMP 1.0, section 5.3.1 (chunk format).
 *
 * @module
 */

import { assert } from "../../base/assert.ts";
import type { ByteWriter } from "../../base/byte-writer.ts";

/** The header of a message as its first chunk carries it. May be one object, changed and reused. */
export interface ChunkHeader {
  /**
   * 0: the whole header, with the absolute timestamp. 1: a timestamp delta, on the message stream of
   * the chunk stream's last message. 2: likewise, with that message's type and size too.
   */
  readonly format: 0 | 1 | 2;
  /** 2 to 65599. */
  readonly chunkStreamId: number;
  /** Absolute for format 0, the difference for 1 and 2; milliseconds modulo 2^32. */
  readonly timestamp: number;
  readonly typeId: number;
  /** Sent with format 0 only. */
  readonly messageStreamId: number;
}

/** Chunk streams that implementations agree on, though the specification fixes only the first. */
export const ChunkStreamId = {
  Control: 2,
  /** Commands on the connection: `connect`, `createStream` and their results. */
  Command: 3,
  Audio: 4,
  /** Commands and statuses on a message stream: `play`, `publish`, `onStatus`. */
  StreamCommand: 5,
  Video: 6,
  Data: 7,
} as const;
export type ChunkStreamId = (typeof ChunkStreamId)[keyof typeof ChunkStreamId];

/** A timestamp from here on goes into the extended timestamp field. */
const EXTENDED_TIMESTAMP = 0xff_ffff;
const MESSAGE_HEADER_SIZES = [11, 7, 3] as const;
const MESSAGE_SIZE_MAX = 0xff_ffff;
const CHUNK_STREAM_ID_MAX = 65_599;

/** Chunk size before a SetChunkSize message (5.4.1). */
export const CHUNK_SIZE_DEFAULT = 128;

/**
 * Writes one message as chunks of up to `chunkSize` payload bytes.
 *
 * ```text
 * +--------------+----------------+--------------------+---------+ +--------------+---- -- -
 * | basic header | message header | extended timestamp | payload | | basic header | ext. ...
 * | format, csid | 11, 7, 3 bytes | if >= 0xffffff     |         | | format 3     |
 * +--------------+----------------+--------------------+---------+ +--------------+---- -- -
 * ```
 */
export function writeChunks(
  writer: ByteWriter,
  header: ChunkHeader,
  payload: Uint8Array,
  chunkSize: number,
): void {
  const size = payload.length;
  assert(size <= MESSAGE_SIZE_MAX, "an RTMP message fits in 24 bits of size");
  assert(chunkSize > 0, "a chunk has room");
  const timestamp = header.timestamp >>> 0;
  const isExtended = timestamp >= EXTENDED_TIMESTAMP;

  writeBasicHeader(writer, header.format, header.chunkStreamId);
  writer.writeUint24(isExtended ? EXTENDED_TIMESTAMP : timestamp);
  if (header.format < 2) {
    writer.writeUint24(size);
    writer.writeUint8(header.typeId);
  }
  if (header.format === 0) writer.writeUint32LittleEndian(header.messageStreamId);
  if (isExtended) writer.writeUint32(timestamp);

  if (size <= chunkSize) {
    writer.writeBytes(payload);
    return;
  }
  writer.writeBytes(payload.subarray(0, chunkSize));
  for (let offset = chunkSize; offset < size; offset += chunkSize) {
    writeBasicHeader(writer, 3, header.chunkStreamId);
    if (isExtended) writer.writeUint32(timestamp);
    writer.writeBytes(payload.subarray(offset, offset + chunkSize));
  }
}

/** How many bytes `writeChunks` writes for a payload of `size` bytes. */
export function chunkedSize(header: ChunkHeader, size: number, chunkSize: number): number {
  const count = Math.max(1, Math.ceil(size / chunkSize));
  const extendedSize = header.timestamp >>> 0 >= EXTENDED_TIMESTAMP ? 4 : 0;
  const perChunk = basicHeaderSize(header.chunkStreamId) + extendedSize;
  return MESSAGE_HEADER_SIZES[header.format] + count * perChunk + size;
}

/**
 * Writes format and chunk stream id: ids up to 63 in the first byte, up to 319 in one byte more, the
 * rest in two more, the low one first.
 */
function writeBasicHeader(writer: ByteWriter, format: number, chunkStreamId: number): void {
  assert(
    chunkStreamId >= 2 && chunkStreamId <= CHUNK_STREAM_ID_MAX,
    "a chunk stream id is 2 to 65599",
  );
  if (chunkStreamId < 64) {
    writer.writeUint8((format << 6) | chunkStreamId);
  } else if (chunkStreamId < 320) {
    writer.writeUint8(format << 6);
    writer.writeUint8(chunkStreamId - 64);
  } else {
    writer.writeUint8((format << 6) | 1);
    writer.writeUint8((chunkStreamId - 64) & 0xff);
    writer.writeUint8((chunkStreamId - 64) >>> 8);
  }
}

function basicHeaderSize(chunkStreamId: number): number {
  if (chunkStreamId < 64) return 1;
  return chunkStreamId < 320 ? 2 : 3;
}
