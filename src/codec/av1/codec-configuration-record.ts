/**
 * What a decoder of AV1 must know before the first picture: av1C of MP4, and the data of the sequence
 * header of FLV and RTMP.
 *
 * Spec: AV1 Codec ISO Media File Format Binding, section 2.3 (AV1CodecConfigurationBox).
 *
 * @module
 */

import { BitReader } from "../../base/bit-reader.ts";
import { ByteWriter } from "../../base/byte-writer.ts";
import { MalformedError } from "../../base/errors.ts";
import { type Av1Color, bitDepthOf } from "./color-config.ts";
import { parseAv1SequenceHeader } from "./sequence-header-obu.ts";

export interface Av1CodecConfigurationRecord {
  readonly profile: number;
  readonly levelIndex: number;
  readonly isHighTier: boolean;
  readonly bitDepth: 8 | 10 | 12;
  readonly isMonochrome: boolean;
  readonly isSubsampledX: boolean;
  readonly isSubsampledY: boolean;
  readonly chromaSamplePosition: number;
  /** Samples that a decoder should have before it shows the first; `undefined` is not said. */
  readonly initialPresentationDelay: number | undefined;
  /**
   * The sequence header OBU, and metadata; may be empty. Decoding yields a view into the input: copy
   * to keep.
   */
  readonly configObus: Uint8Array;
}

const MARKER = 1;
const VERSION = 1;
const HEAD_SIZE = 4;

/**
 * ```text
 * byte 0  marker 1 = 1 | version 7 = 1
 *      1  seq_profile 3 | seq_level_idx_0 5
 *      2  seq_tier_0 1 | high_bitdepth 1 | twelve_bit 1 | monochrome 1 | subsampling x 1, y 1
 *         | chroma_sample_position 2
 *      3  000 | initial_presentation_delay_present 1 | initial_presentation_delay_minus_one 4
 *      4  configOBUs
 * ```
 *
 * @throws {MalformedError} If it is cut off in the first four bytes, or of an unknown version.
 */
export function decodeAv1CodecConfigurationRecord(bytes: Uint8Array): Av1CodecConfigurationRecord {
  const reader = new BitReader(bytes);
  const marker = reader.readBits(1);
  const version = reader.readBits(7);
  if (marker !== MARKER || version !== VERSION) {
    throw new MalformedError(`Cannot decode av1C version ${version}`, 0);
  }
  const profile = reader.readBits(3);
  const levelIndex = reader.readBits(5);
  const isHighTier = reader.readFlag();
  const isHighBitDepth = reader.readFlag();
  const isTwelveBit = reader.readFlag();
  const isMonochrome = reader.readFlag();
  const isSubsampledX = reader.readFlag();
  const isSubsampledY = reader.readFlag();
  const chromaSamplePosition = reader.readBits(2);
  reader.skipBits(3);
  const hasDelay = reader.readFlag();
  const delayMinusOne = reader.readBits(4);
  return {
    profile,
    levelIndex,
    isHighTier,
    bitDepth: bitDepthOf(isHighBitDepth, isTwelveBit),
    isMonochrome,
    isSubsampledX,
    isSubsampledY,
    chromaSamplePosition,
    initialPresentationDelay: hasDelay ? delayMinusOne + 1 : undefined,
    configObus: bytes.subarray(HEAD_SIZE),
  };
}

/** The reverse of `decodeAv1CodecConfigurationRecord`. */
export function encodeAv1CodecConfigurationRecord(record: Av1CodecConfigurationRecord): Uint8Array {
  const writer = new ByteWriter(HEAD_SIZE + record.configObus.length);
  writer.writeUint8((MARKER << 7) | VERSION);
  writer.writeUint8((record.profile << 5) | record.levelIndex);
  const flags = [
    record.isHighTier,
    record.bitDepth > 8,
    record.bitDepth === 12,
    record.isMonochrome,
    record.isSubsampledX,
    record.isSubsampledY,
  ];
  const packed = flags.reduce((bits, flag) => (bits << 1) | (flag ? 1 : 0), 0);
  writer.writeUint8((packed << 2) | record.chromaSamplePosition);
  const delay = record.initialPresentationDelay;
  writer.writeUint8(delay === undefined ? 0 : 0b1_0000 | (delay - 1));
  writer.writeBytes(record.configObus);
  return writer.take();
}

/**
 * Makes a record of a sequence header OBU that was found among the pictures.
 *
 * @throws {MalformedError} If it cannot be parsed.
 */
export function createAv1CodecConfigurationRecord(
  sequenceHeaderObu: Uint8Array,
): Av1CodecConfigurationRecord {
  const { profile, levelIndex, isHighTier, color } = parseAv1SequenceHeader(sequenceHeaderObu);
  return {
    profile,
    levelIndex,
    isHighTier,
    ...samplesOf(color),
    initialPresentationDelay: undefined,
    configObus: sequenceHeaderObu,
  };
}

function samplesOf(
  color: Av1Color,
): Pick<
  Av1CodecConfigurationRecord,
  "bitDepth" | "isMonochrome" | "isSubsampledX" | "isSubsampledY" | "chromaSamplePosition"
> {
  const { bitDepth, isMonochrome, isSubsampledX, isSubsampledY, chromaSamplePosition } = color;
  return { bitDepth, isMonochrome, isSubsampledX, isSubsampledY, chromaSamplePosition };
}
