/**
 * Which name a source goes by. Sources with the same name are of one peer, and are kept in step.
 *
 * ```text
 * | SSRC | item (8) | size (8) | text ... | item ... | 0, and more of them up to a whole word |
 * ```
 *
 * Spec: RFC 3550, 6.5.
 *
 * @module
 */

import { assert } from "../../base/assert.ts";
import type { ByteReader } from "../../base/byte-reader.ts";
import type { ByteWriter } from "../../base/byte-writer.ts";
import { beginRtcp, endRtcp, RtcpPacketType } from "./rtcp-header.ts";

const END_ITEM = 0;
const CNAME_ITEM = 1;
const TEXT_SIZE_MAX = 255;
const TEXT_ENCODER = new TextEncoder();

export interface SourceDescription {
  readonly type: "source-description";
  /** At most 31. */
  readonly chunks: readonly SourceDescriptionChunk[];
}

export interface SourceDescriptionChunk {
  readonly ssrc: number;
  /** The canonical name: at most 255 bytes of UTF-8. */
  readonly cname: string;
}

/**
 * Reads what follows the header. A chunk without a name, which the specification does not allow, is
 * left out; so are all other items.
 *
 * @param reader Over the whole input, in which packets begin at whole words.
 * @param count Of chunks.
 */
export function readSourceDescription(reader: ByteReader, count: number): SourceDescription {
  const chunks: SourceDescriptionChunk[] = [];
  for (let i = 0; i < count; i++) {
    const ssrc = reader.readUint32();
    let cname: string | undefined;
    for (let item = reader.readUint8(); item !== END_ITEM; item = reader.readUint8()) {
      const size = reader.readUint8();
      if (item === CNAME_ITEM) cname = reader.readText(size);
      else reader.skip(size);
    }
    while (reader.offset % 4 !== 0) reader.skip(1);
    if (cname !== undefined) chunks.push({ ssrc, cname });
  }
  return { type: "source-description", chunks };
}

export function writeSourceDescription(writer: ByteWriter, description: SourceDescription): void {
  const { chunks } = description;
  const start = beginRtcp(writer, RtcpPacketType.SourceDescription, chunks.length);
  for (const { ssrc, cname } of chunks) {
    const text = TEXT_ENCODER.encode(cname);
    assert(text.length <= TEXT_SIZE_MAX, "a canonical name has at most 255 bytes");
    writer.writeUint32(ssrc);
    writer.writeUint8(CNAME_ITEM);
    writer.writeUint8(text.length);
    writer.writeBytes(text);
    writer.writeUint8(END_ITEM);
    while ((writer.size - start) % 4 !== 0) writer.writeUint8(END_ITEM);
  }
  endRtcp(writer, start);
}
