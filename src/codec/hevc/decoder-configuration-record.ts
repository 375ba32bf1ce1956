/**
 * What a decoder of HEVC must know before the first picture: hvcC of MP4, and the data of the sequence
 * header of FLV and RTMP.
 *
 * Spec: ISO/IEC 14496-15, section 8.3.3.1 (HEVCDecoderConfigurationRecord).
 *
 * @module
 */

import { assert } from "../../base/assert.ts";
import { BitReader } from "../../base/bit-reader.ts";
import { ByteReader } from "../../base/byte-reader.ts";
import { ByteWriter } from "../../base/byte-writer.ts";
import { MalformedError } from "../../base/errors.ts";
import { checkNalUnitCount, type LengthSize, toLengthSize } from "../nal/length-prefixed.ts";
import type { ChromaFormat } from "../nal/picture-format.ts";
import { HevcNalUnitType } from "./nal-unit-type.ts";
import {
  PROFILE_TIER_LEVEL_SIZE,
  type ProfileTierLevel,
  readProfileTierLevel,
  writeProfileTierLevel,
} from "./profile-tier-level.ts";
import { parseHevcSps } from "./sps.ts";

/** What `encodeHevcDecoderConfigurationRecord` needs to know. */
export interface HevcConfiguration {
  readonly profileTierLevel: ProfileTierLevel;
  /** 0: pictures need not be split into parts of any size. */
  readonly minSpatialSegmentationIdc: number;
  /** 0: unknown or mixed; 1: slices, 2: tiles, 3: wavefronts. */
  readonly parallelismType: number;
  readonly chromaFormat: ChromaFormat;
  readonly bitDepthLuma: number;
  readonly bitDepthChroma: number;
  /** Frames in 256 seconds; 0 is unspecified. */
  readonly averageFrameRate: number;
  /** 0: unknown; 1: constant; 2: constant in each sub-layer. */
  readonly constantFrameRate: number;
  /** 0 is unknown. */
  readonly temporalLayerCount: number;
  readonly isTemporalIdNested: boolean;
  readonly lengthSize: LengthSize;
  readonly arrays: readonly HevcNalUnitArray[];
}

export interface HevcNalUnitArray {
  /** All NAL units of the type are here, and none among the pictures. */
  readonly isComplete: boolean;
  readonly nalUnitType: HevcNalUnitType;
  /** Decoding yields views into the input: copy to keep. */
  readonly nalUnits: readonly Uint8Array[];
}

export interface HevcDecoderConfigurationRecord extends HevcConfiguration {
  /** What the arrays hold of each kind. */
  readonly vps: readonly Uint8Array[];
  readonly sps: readonly Uint8Array[];
  readonly pps: readonly Uint8Array[];
}

const VERSION = 1;
/** Written before the standard was final, with the same fields. */
const DRAFT_VERSION = 0;
const NAL_UNIT_SIZE_MAX = 0xffff;
/** For what we write: the one that everybody uses. */
const LENGTH_SIZE: LengthSize = 4;

/**
 * ```text
 * byte  0 version | 1 profile_tier_level | 13 1111, min_spatial_segmentation_idc 12
 *      15 111111, parallelismType 2 | 16 111111, chromaFormat 2
 *      17 11111, luma bits-8 3 | 18 11111, chroma bits-8 3 | 19 avgFrameRate 16
 *      21 constantFrameRate 2, numTemporalLayers 3, temporalIdNested 1, lengthSize-1 2
 *      22 array count | { completeness 1, 0, NAL_unit_type 6 | count 16 | { size 16, NAL unit } }
 * ```
 *
 * @throws {MalformedError} If the record is cut off, or of an unknown version.
 */
export function decodeHevcDecoderConfigurationRecord(
  bytes: Uint8Array,
): HevcDecoderConfigurationRecord {
  const profileTierLevel = decodeHevcProfileTierLevel(bytes);
  const reader = new ByteReader(bytes, 1 + PROFILE_TIER_LEVEL_SIZE);
  const minSpatialSegmentationIdc = reader.readUint16() & 0x0fff;
  const parallelismType = reader.readUint8() & 0b11;
  const chromaFormat = (reader.readUint8() & 0b11) as ChromaFormat;
  const bitDepthLuma = 8 + (reader.readUint8() & 0b111);
  const bitDepthChroma = 8 + (reader.readUint8() & 0b111);
  const averageFrameRate = reader.readUint16();
  const flags = reader.readUint8();
  const arrays = readArrays(bytes, reader);
  return {
    profileTierLevel,
    minSpatialSegmentationIdc,
    parallelismType,
    chromaFormat,
    bitDepthLuma,
    bitDepthChroma,
    averageFrameRate,
    constantFrameRate: flags >>> 6,
    temporalLayerCount: (flags >>> 3) & 0b111,
    isTemporalIdNested: (flags & 0b100) !== 0,
    lengthSize: toLengthSize(flags & 0b11, 21),
    arrays,
    vps: nalUnitsOf(arrays, HevcNalUnitType.Vps),
    sps: nalUnitsOf(arrays, HevcNalUnitType.Sps),
    pps: nalUnitsOf(arrays, HevcNalUnitType.Pps),
  };
}

/**
 * Decodes the first thirteen bytes alone, which are all that the codec string says.
 *
 * @throws {MalformedError} If there are fewer, or they are of an unknown version.
 */
export function decodeHevcProfileTierLevel(bytes: Uint8Array): ProfileTierLevel {
  const reader = new BitReader(bytes);
  const version = reader.readBits(8);
  if (version !== VERSION && version !== DRAFT_VERSION) {
    throw new MalformedError(`Cannot decode hvcC version ${version}`, 0);
  }
  return readProfileTierLevel(reader);
}

/** The reverse of `decodeHevcDecoderConfigurationRecord`. */
export function encodeHevcDecoderConfigurationRecord(configuration: HevcConfiguration): Uint8Array {
  const { arrays, lengthSize } = configuration;
  assert(arrays.length <= 0xff, "the count of arrays has eight bits");
  const writer = new ByteWriter();
  writer.writeUint8(VERSION);
  writeProfileTierLevel(writer, configuration.profileTierLevel);
  writer.writeUint16(0xf000 | configuration.minSpatialSegmentationIdc);
  writer.writeUint8(0b1111_1100 | configuration.parallelismType);
  writer.writeUint8(0b1111_1100 | configuration.chromaFormat);
  writer.writeUint8(0b1111_1000 | (configuration.bitDepthLuma - 8));
  writer.writeUint8(0b1111_1000 | (configuration.bitDepthChroma - 8));
  writer.writeUint16(configuration.averageFrameRate);
  const rateAndLayers =
    (configuration.constantFrameRate << 6) | (configuration.temporalLayerCount << 3);
  const nesting = configuration.isTemporalIdNested ? 0b100 : 0;
  writer.writeUint8(rateAndLayers | nesting | (lengthSize - 1));
  writer.writeUint8(arrays.length);
  for (const array of arrays) writeArray(writer, array);
  return writer.take();
}

/**
 * Makes a record of parameter sets that were found among the pictures.
 *
 * @throws {MalformedError} If there is no SPS, it cannot be parsed, or they are more than fit.
 */
export function createHevcDecoderConfigurationRecord(
  vps: readonly Uint8Array[],
  sps: readonly Uint8Array[],
  pps: readonly Uint8Array[],
): HevcDecoderConfigurationRecord {
  const [firstSps] = sps;
  const all = [...vps, ...sps, ...pps];
  checkNalUnitCount(all.length, 0);
  if (firstSps === undefined || all.some((nalUnit) => nalUnit.length > NAL_UNIT_SIZE_MAX)) {
    throw new MalformedError(`Cannot make hvcC of ${sps.length} SPS`, 0);
  }
  const parsed = parseHevcSps(firstSps);
  const arrays = [
    { isComplete: true, nalUnitType: HevcNalUnitType.Vps, nalUnits: vps },
    { isComplete: true, nalUnitType: HevcNalUnitType.Sps, nalUnits: sps },
    { isComplete: true, nalUnitType: HevcNalUnitType.Pps, nalUnits: pps },
  ];
  return {
    profileTierLevel: parsed.profileTierLevel,
    minSpatialSegmentationIdc: 0,
    parallelismType: 0,
    chromaFormat: parsed.chromaFormat,
    bitDepthLuma: parsed.bitDepthLuma,
    bitDepthChroma: parsed.bitDepthChroma,
    averageFrameRate: 0,
    constantFrameRate: 0,
    temporalLayerCount: parsed.subLayerCount,
    isTemporalIdNested: parsed.isTemporalIdNested,
    lengthSize: LENGTH_SIZE,
    arrays,
    vps,
    sps,
    pps,
  };
}

function readArrays(bytes: Uint8Array, reader: ByteReader): HevcNalUnitArray[] {
  const arrays: HevcNalUnitArray[] = [];
  const arrayCount = reader.readUint8();
  let total = 0;
  for (let i = 0; i < arrayCount; i++) {
    const head = reader.readUint8();
    const count = reader.readUint16();
    total += count;
    checkNalUnitCount(total, reader.offset);
    const nalUnits: Uint8Array[] = [];
    for (let j = 0; j < count; j++) {
      const size = reader.readUint16();
      const start = reader.offset;
      reader.skip(size);
      if (size > 0) nalUnits.push(bytes.subarray(start, reader.offset));
    }
    const nalUnitType = (head & 0x3f) as HevcNalUnitType;
    arrays.push({ isComplete: (head & 0x80) !== 0, nalUnitType, nalUnits });
  }
  return arrays;
}

function writeArray(writer: ByteWriter, array: HevcNalUnitArray): void {
  assert(array.nalUnits.length <= 0xffff, "the count of NAL units has 16 bits");
  writer.writeUint8((array.isComplete ? 0x80 : 0) | array.nalUnitType);
  writer.writeUint16(array.nalUnits.length);
  for (const nalUnit of array.nalUnits) {
    assert(nalUnit.length <= NAL_UNIT_SIZE_MAX, "the size of a parameter set has 16 bits");
    writer.writeUint16(nalUnit.length);
    writer.writeBytes(nalUnit);
  }
}

function nalUnitsOf(arrays: readonly HevcNalUnitArray[], type: HevcNalUnitType): Uint8Array[] {
  return arrays.filter((array) => array.nalUnitType === type).flatMap((array) => array.nalUnits);
}
