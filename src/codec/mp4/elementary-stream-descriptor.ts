/**
 * `esds`: the codec of an `mp4a` sample entry and its configuration, in descriptors of MPEG-4
 * Systems, which are boxes of another make.
 *
 * Spec: ISO/IEC 14496-14, 5.6 (`esds`); ISO/IEC 14496-1, 7.2.6.5 (ES_Descriptor), 7.2.6.6
 * (DecoderConfigDescriptor), 7.3.2.3 (SLConfigDescriptor), 8.3.3 (expandable sizes).
 *
 * @module
 */

import { assert } from "../../base/assert.ts";
import type { ByteWriter } from "../../base/byte-writer.ts";
import { beginFullBox, endBox } from "./box-writer.ts";

/** objectTypeIndication (table 5), as far as Sluice writes it. */
export const ObjectTypeIndication = {
  /** ISO/IEC 14496-3; an AudioSpecificConfig says which. */
  Mpeg4Audio: 0x40,
  /** ISO/IEC 13818-3: the lower sampling frequencies, such as MP3 of 22.05 kHz. */
  Mpeg2Audio: 0x69,
  /** ISO/IEC 11172-3: 32 kHz and more. */
  Mpeg1Audio: 0x6b,
} as const;
export type ObjectTypeIndication = (typeof ObjectTypeIndication)[keyof typeof ObjectTypeIndication];

/** Tags of descriptors (table 1). */
export const DescriptorTag = {
  ElementaryStream: 0x03,
  DecoderConfig: 0x04,
  DecoderSpecificInfo: 0x05,
  SyncLayerConfig: 0x06,
} as const;

/** streamType 5 (audio), upStream 0, reserved 1. */
const AUDIO_STREAM = (5 << 2) | 1;
/** SLConfigDescriptor.predefined: reserved for use in MP4 files. */
const PREDEFINED_MP4 = 2;
/** Each byte of a size has seven bits of it, four bytes 28. */
const DESCRIPTOR_SIZE_MAX = 0xfff_ffff;
/** A tag and a size of four bytes. */
const DESCRIPTOR_HEADER_SIZE = 5;

/**
 * Writes the box.
 *
 * ```text
 * |3|size|ES id 16|flags 8|
 *   |4|size|object type 8|stream type 6, up 1, 1|buffer size 24|max bit rate 32|average 32|
 *     |5|size|decoder specific info|
 *   |6|size|2|
 * ```
 *
 * @param specificInfo The AudioSpecificConfig; `undefined` for codecs without one.
 */
export function writeElementaryStreamDescriptor(
  writer: ByteWriter,
  objectTypeIndication: ObjectTypeIndication,
  specificInfo: Uint8Array | undefined,
): void {
  const specificSize =
    specificInfo === undefined ? 0 : DESCRIPTOR_HEADER_SIZE + specificInfo.length;
  const configSize = 13 + specificSize;
  const start = beginFullBox(writer, "esds", 0, 0);
  const streamSize = 3 + DESCRIPTOR_HEADER_SIZE + configSize + DESCRIPTOR_HEADER_SIZE + 1;
  writeDescriptorHeader(writer, DescriptorTag.ElementaryStream, streamSize);
  writer.writeUint16(0); // ES_ID: 0 in files (ISO/IEC 14496-14, 3.1.2).
  writer.writeUint8(0); // No dependency, no URL, no clock reference.
  writeDescriptorHeader(writer, DescriptorTag.DecoderConfig, configSize);
  writer.writeUint8(objectTypeIndication);
  writer.writeUint8(AUDIO_STREAM);
  writer.writeUint24(0); // bufferSizeDB, maxBitrate, avgBitrate: unknown.
  writer.writeUint32(0);
  writer.writeUint32(0);
  if (specificInfo !== undefined) {
    writeDescriptorHeader(writer, DescriptorTag.DecoderSpecificInfo, specificInfo.length);
    writer.writeBytes(specificInfo);
  }
  writeDescriptorHeader(writer, DescriptorTag.SyncLayerConfig, 1);
  writer.writeUint8(PREDEFINED_MP4);
  endBox(writer, start);
}

/** Writes the size in four bytes, of which all but the last say that another follows. */
function writeDescriptorHeader(writer: ByteWriter, tag: number, size: number): void {
  assert(size <= DESCRIPTOR_SIZE_MAX, "the size of a descriptor fits in 28 bits");
  writer.writeUint8(tag);
  writer.writeUint8(0x80 | (size >>> 21));
  writer.writeUint8(0x80 | ((size >>> 14) & 0x7f));
  writer.writeUint8(0x80 | ((size >>> 7) & 0x7f));
  writer.writeUint8(size & 0x7f);
}
