/**
 * The program config element: how many channels there are, where no number of a layout says it.
 *
 * Spec: ISO/IEC 14496-3, 4.4.1.1 (program_config_element, table 4.2).
 *
 * @module
 */

import type { BitReader } from "../../base/bit-reader.ts";

/**
 * Reads an element in an AudioSpecificConfig of `sizeBits` and counts its channels.
 *
 * ```text
 * |tag 4|object type 2|frequency 4|front 4|side 4|back 4|LFE 2|data 3|coupling 4|
 * |mono 1|[4]|stereo 1|[4]|matrix 1|[3]|
 * front, side, back: |pair 1|tag 4| each   LFE, data: |tag 4| each   coupling: |switched 1|tag 4|
 * |alignment|comment size 8|comment|
 * ```
 *
 * @throws {MalformedError} If it is cut off.
 */
export function readProgramConfigChannelCount(reader: BitReader, sizeBits: number): number {
  reader.skipBits(4 + 2 + 4);
  const elementCount = reader.readBits(4) + reader.readBits(4) + reader.readBits(4);
  const lfeCount = reader.readBits(2);
  const dataCount = reader.readBits(3);
  const couplingCount = reader.readBits(4);
  if (reader.readFlag()) reader.skipBits(4); // mono_mixdown_element_number
  if (reader.readFlag()) reader.skipBits(4); // stereo_mixdown_element_number
  if (reader.readFlag()) reader.skipBits(3); // matrix_mixdown_idx, pseudo_surround_enable
  let channelCount = lfeCount;
  for (let index = 0; index < elementCount; index++) {
    channelCount += reader.readFlag() ? 2 : 1; // A channel pair or a single channel.
    reader.skipBits(4);
  }
  reader.skipBits((lfeCount + dataCount) * 4 + couplingCount * 5);
  // Aligned to the start of the configuration, not to that of the element.
  const offsetBits = sizeBits - reader.bitsLeft;
  reader.skipBits((8 - (offsetBits % 8)) % 8);
  reader.skipBits(reader.readBits(8) * 8);
  return channelCount;
}
