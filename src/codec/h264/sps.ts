/**
 * The sequence parameter set of H.264: what the pictures of a stream are like.
 *
 * Spec: ITU-T H.264, sections 7.3.2.1.1 (seq_parameter_set_data) and E.1.1 (vui_parameters).
 *
 * @module
 */

import { MalformedError, unlessMalformed } from "../../base/errors.ts";
import {
  ChromaFormat,
  checkPictureSize,
  chromaUnit,
  type PictureSize,
  readChromaFormat,
  readCropping,
  readSampleAspectRatio,
  type SampleAspectRatio,
  skipVideoSignal,
  toFrameRate,
} from "../nal/picture-format.ts";
import { toRbsp } from "../nal/rbsp.ts";
import { RbspReader } from "../nal/rbsp-reader.ts";
import { H264NalUnitType, h264NalUnitType } from "./nal-unit-type.ts";

export interface H264Sps {
  readonly profileIdc: number;
  /** constraint_set0_flag is the highest bit. */
  readonly constraintFlags: number;
  /** Ten times the level. */
  readonly levelIdc: number;
  readonly chromaFormat: ChromaFormat;
  readonly bitDepthLuma: number;
  readonly bitDepthChroma: number;
  /** After cropping. */
  readonly width: number;
  readonly height: number;
  /** Pictures may be fields, or frames of two fields. */
  readonly isInterlaced: boolean;
  readonly sampleAspectRatio: SampleAspectRatio | undefined;
  /** Frames per second, as far as the stream says. */
  readonly frameRate: number | undefined;
  /** By how many frames decoding order may differ from the order of presentation. */
  readonly reorderFrameCount: number | undefined;
}

/** Profiles whose parameter sets say the chroma format (7.3.2.1.1). */
const PROFILES_WITH_CHROMA_FORMAT: ReadonlySet<number> = new Set([
  100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135,
]);
const MACROBLOCK_SIDE = 16;
/** So that a picture has no more samples in a row than PICTURE_SIDE_MAX. */
const MACROBLOCKS_MAX = 4095;
const SPS_ID_MAX = 31;
const BIT_DEPTH_MINUS8_MAX = 6;
/** log2_max_frame_num_minus4 and log2_max_pic_order_cnt_lsb_minus4. */
const LOG2_MINUS4_MAX = 12;
const CYCLE_MAX = 255;
const CPB_COUNT_MINUS1_MAX = 31;
/** MaxDpbFrames is never more; MVC doubles it. */
const DPB_FRAMES_MAX = 32;

interface ChromaInfo {
  readonly chromaFormat: ChromaFormat;
  readonly bitDepthLuma: number;
  readonly bitDepthChroma: number;
}

type Vui = Pick<H264Sps, "sampleAspectRatio" | "frameRate" | "reorderFrameCount">;

const NO_VUI: Vui = {
  sampleAspectRatio: undefined,
  frameRate: undefined,
  reorderFrameCount: undefined,
};

/**
 * ```text
 * header 8 | profile_idc 8 | constraint flags 8 | level_idc 8 | Exp-Golomb codes and flags
 * ```
 *
 * @param nalUnit With its header, without a start code.
 * @throws {MalformedError} If it is no such set, is cut off, or says what no decoder can do.
 */
export function parseH264Sps(nalUnit: Uint8Array): H264Sps {
  if (h264NalUnitType(nalUnit) !== H264NalUnitType.Sps) {
    throw new MalformedError("Cannot parse as SPS: NAL unit of another type", 0);
  }
  const reader = new RbspReader(toRbsp(nalUnit));
  reader.skipBits(8);
  const profileIdc = reader.readBits(8);
  const constraintFlags = reader.readBits(8);
  const levelIdc = reader.readBits(8);
  reader.readUnsignedExpGolomb(SPS_ID_MAX);
  const chroma = readChroma(reader, profileIdc);
  skipOrder(reader);
  const { size, isInterlaced } = readSize(reader, chroma.chromaFormat);
  const vui = reader.readFlag() ? tryReadVui(reader) : NO_VUI;
  return { profileIdc, constraintFlags, levelIdc, ...chroma, ...size, isInterlaced, ...vui };
}

function readChroma(reader: RbspReader, profileIdc: number): ChromaInfo {
  if (!PROFILES_WITH_CHROMA_FORMAT.has(profileIdc)) {
    const chromaFormat = ChromaFormat.Yuv420;
    return { chromaFormat, bitDepthLuma: 8, bitDepthChroma: 8 };
  }
  const chromaFormat = readChromaFormat(reader);
  const isYuv444 = chromaFormat === ChromaFormat.Yuv444;
  if (isYuv444) reader.skipBits(1); // separate_colour_plane_flag
  const bitDepthLuma = 8 + reader.readUnsignedExpGolomb(BIT_DEPTH_MINUS8_MAX);
  const bitDepthChroma = 8 + reader.readUnsignedExpGolomb(BIT_DEPTH_MINUS8_MAX);
  reader.skipBits(1); // qpprime_y_zero_transform_bypass_flag
  if (reader.readFlag()) skipScalingLists(reader, isYuv444 ? 12 : 8);
  return { chromaFormat, bitDepthLuma, bitDepthChroma };
}

/** Six lists for blocks of 4x4, the others for 8x8 (7.3.2.1.1.1). */
function skipScalingLists(reader: RbspReader, count: number): void {
  for (let i = 0; i < count; i++) {
    if (!reader.readFlag()) continue;
    const coefficientCount = i < 6 ? 16 : 64;
    let last = 8;
    // The list ends where the next scale would be 0: all that follow are like the last.
    for (let j = 0; j < coefficientCount && last !== 0; j++) {
      last = (last + reader.readSignedExpGolomb()) & 0xff;
    }
  }
}

/** frame_num, the picture order count, and how many frames are held for reference. */
function skipOrder(reader: RbspReader): void {
  reader.readUnsignedExpGolomb(LOG2_MINUS4_MAX);
  const orderType = reader.readUnsignedExpGolomb(2);
  if (orderType === 0) reader.readUnsignedExpGolomb(LOG2_MINUS4_MAX);
  if (orderType === 1) {
    reader.skipBits(1); // delta_pic_order_always_zero_flag
    reader.readSignedExpGolomb(); // offset_for_non_ref_pic
    reader.readSignedExpGolomb(); // offset_for_top_to_bottom_field
    const cycle = reader.readUnsignedExpGolomb(CYCLE_MAX);
    for (let i = 0; i < cycle; i++) reader.readSignedExpGolomb();
  }
  reader.readUnsignedExpGolomb(DPB_FRAMES_MAX); // max_num_ref_frames
  reader.skipBits(1); // gaps_in_frame_num_value_allowed_flag
}

/**
 * ```text
 * pic_width_in_mbs_minus1 | pic_height_in_map_units_minus1 | frame_mbs_only_flag
 * | if 0: mb_adaptive_frame_field_flag | direct_8x8_inference_flag
 * | frame_cropping_flag | if 1: the rectangle
 * ```
 *
 * Where fields are allowed, a map unit is two macroblocks high, and cropping counts rows of fields.
 */
function readSize(
  reader: RbspReader,
  chromaFormat: ChromaFormat,
): { readonly size: PictureSize; readonly isInterlaced: boolean } {
  const columns = 1 + reader.readUnsignedExpGolomb(MACROBLOCKS_MAX - 1);
  const mapUnitRows = 1 + reader.readUnsignedExpGolomb(MACROBLOCKS_MAX - 1);
  const isInterlaced = !reader.readFlag();
  if (isInterlaced) reader.skipBits(1);
  reader.skipBits(1);
  const fieldCount = isInterlaced ? 2 : 1;
  const coded = {
    width: columns * MACROBLOCK_SIDE,
    height: mapUnitRows * MACROBLOCK_SIDE * fieldCount,
  };
  const unit = chromaUnit(chromaFormat);
  const cropUnit = { width: unit.width, height: unit.height * fieldCount };
  const size = reader.readFlag() ? readCropping(reader, coded, cropUnit) : coded;
  checkPictureSize(size, reader.offset);
  return { size, isInterlaced };
}

/** Some cameras send a VUI that is cut off. Players show them all the same: nothing depends on it. */
function tryReadVui(reader: RbspReader): Vui {
  return unlessMalformed(() => readVui(reader)) ?? NO_VUI;
}

function readVui(reader: RbspReader): Vui {
  const sampleAspectRatio = readSampleAspectRatio(reader);
  skipVideoSignal(reader);
  const frameRate = reader.readFlag() ? readTiming(reader) : undefined;
  const hasNalHrd = reader.readFlag();
  if (hasNalHrd) skipHrd(reader);
  const hasVclHrd = reader.readFlag();
  if (hasVclHrd) skipHrd(reader);
  if (hasNalHrd || hasVclHrd) reader.skipBits(1); // low_delay_hrd_flag
  reader.skipBits(1); // pic_struct_present_flag
  const reorderFrameCount = reader.readFlag() ? readReordering(reader) : undefined;
  return { sampleAspectRatio, frameRate, reorderFrameCount };
}

/** num_units_in_tick 32 | time_scale 32 | fixed_frame_rate_flag. A tick is that of a field. */
function readTiming(reader: RbspReader): number | undefined {
  const unitsInTick = reader.readBits(32);
  const timeScale = reader.readBits(32);
  reader.skipBits(1);
  return toFrameRate(timeScale, 2 * unitsInTick);
}

/** hrd_parameters (E.1.2). */
function skipHrd(reader: RbspReader): void {
  const count = 1 + reader.readUnsignedExpGolomb(CPB_COUNT_MINUS1_MAX);
  reader.skipBits(8); // bit_rate_scale, cpb_size_scale
  for (let i = 0; i < count; i++) {
    reader.readUnsignedExpGolomb(); // bit_rate_value_minus1
    reader.readUnsignedExpGolomb(); // cpb_size_value_minus1
    reader.skipBits(1); // cbr_flag
  }
  reader.skipBits(20); // Three lengths and time_offset_length, five bits each.
}

/** bitstream_restriction, as far as max_num_reorder_frames. */
function readReordering(reader: RbspReader): number {
  reader.skipBits(1); // motion_vectors_over_pic_boundaries_flag
  for (let i = 0; i < 4; i++) reader.readUnsignedExpGolomb(); // Sizes in bytes, bits and vectors.
  return reader.readUnsignedExpGolomb(DPB_FRAMES_MAX);
}
