/**
 * The sequence parameter set of HEVC: what the pictures of a stream are like.
 *
 * Spec: ITU-T H.265, sections 7.3.2.2 (seq_parameter_set_rbsp), 7.3.4 (scaling_list_data) and E.2.1
 * (vui_parameters).
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
import { HevcNalUnitType, hevcNalUnitType } from "./nal-unit-type.ts";
import {
  type ProfileTierLevel,
  readProfileTierLevel,
  skipSubLayers,
} from "./profile-tier-level.ts";
import { skipShortTermReferencePictureSets } from "./reference-picture-sets.ts";

export interface HevcSps {
  readonly profileTierLevel: ProfileTierLevel;
  /** Temporal sub-layers, 1 to 7. */
  readonly subLayerCount: number;
  /** Whether one can go to a higher sub-layer at any picture. */
  readonly isTemporalIdNested: boolean;
  readonly chromaFormat: ChromaFormat;
  readonly bitDepthLuma: number;
  readonly bitDepthChroma: number;
  /** After the conformance window. */
  readonly width: number;
  /** Likewise. Of a field, where pictures are fields. */
  readonly height: number;
  /** Each picture is a field. */
  readonly isFieldSequence: boolean;
  readonly sampleAspectRatio: SampleAspectRatio | undefined;
  /** Frames per second, as far as the stream says. */
  readonly frameRate: number | undefined;
  /** How many pictures can come before another in decoding order, and after it when shown. */
  readonly reorderFrameCount: number;
}

const SUB_LAYERS_MINUS1_MAX = 6;
const SPS_ID_MAX = 15;
const BIT_DEPTH_MINUS8_MAX = 8;
const LOG2_POC_MINUS4_MAX = 12;
const LONG_TERM_COUNT_MAX = 32;
/** MaxDpbSize is never more than 16 (A.4.2). */
const DPB_MINUS1_MAX = 15;
/** No coding block or transform block is larger than 64 samples; none of these codes is beyond 6. */
const LOG2_BLOCK_MAX = 6;

type Vui = Pick<HevcSps, "isFieldSequence" | "sampleAspectRatio" | "frameRate">;

const NO_VUI: Vui = { isFieldSequence: false, sampleAspectRatio: undefined, frameRate: undefined };

/**
 * ```text
 * header 16 | vps id 4 | max_sub_layers_minus1 3 | temporal_id_nesting 1 | profile_tier_level
 * | Exp-Golomb codes and flags
 * ```
 *
 * @param nalUnit With its header, without a start code.
 * @throws {MalformedError} If it is no such set, is cut off, or says what no decoder can do.
 */
export function parseHevcSps(nalUnit: Uint8Array): HevcSps {
  if (hevcNalUnitType(nalUnit) !== HevcNalUnitType.Sps) {
    throw new MalformedError("Cannot parse as SPS: NAL unit of another type", 0);
  }
  const reader = new RbspReader(toRbsp(nalUnit));
  reader.skipBits(7); // forbidden_zero_bit, nal_unit_type
  // The sets of further layers are written in another way (Annex F), and say nothing of the first.
  if (reader.readBits(6) !== 0) throw new MalformedError("Cannot parse SPS of a layer above 0", 0);
  reader.skipBits(3 + 4); // nuh_temporal_id_plus1, sps_video_parameter_set_id
  const subLayersMinus1 = reader.readBits(3);
  if (subLayersMinus1 > SUB_LAYERS_MINUS1_MAX) {
    throw new MalformedError(`Cannot take ${subLayersMinus1 + 1} sub-layers`, reader.offset);
  }
  const isTemporalIdNested = reader.readFlag();
  const profileTierLevel = readProfileTierLevel(reader);
  skipSubLayers(reader, subLayersMinus1);
  reader.readUnsignedExpGolomb(SPS_ID_MAX);
  const format = readFormat(reader);
  const reorderFrameCount = skipCodingTools(reader, subLayersMinus1);
  const vui = reader.readFlag() ? tryReadVui(reader) : NO_VUI;
  const subLayerCount = subLayersMinus1 + 1;
  return {
    profileTierLevel,
    subLayerCount,
    isTemporalIdNested,
    ...format,
    ...vui,
    reorderFrameCount,
  };
}

/**
 * ```text
 * chroma_format_idc | if 4:4:4: separate_colour_plane_flag | width | height
 * | conformance_window_flag | if 1: the rectangle | luma bits - 8 | chroma bits - 8
 * ```
 */
function readFormat(
  reader: RbspReader,
): PictureSize & Pick<HevcSps, "chromaFormat" | "bitDepthLuma" | "bitDepthChroma"> {
  const chromaFormat = readChromaFormat(reader);
  if (chromaFormat === ChromaFormat.Yuv444) reader.skipBits(1);
  const coded = {
    width: reader.readUnsignedExpGolomb(),
    height: reader.readUnsignedExpGolomb(),
  };
  checkPictureSize(coded, reader.offset);
  const isCropped = reader.readFlag();
  const size = isCropped ? readCropping(reader, coded, chromaUnit(chromaFormat)) : coded;
  const bitDepthLuma = 8 + reader.readUnsignedExpGolomb(BIT_DEPTH_MINUS8_MAX);
  const bitDepthChroma = 8 + reader.readUnsignedExpGolomb(BIT_DEPTH_MINUS8_MAX);
  return { ...size, chromaFormat, bitDepthLuma, bitDepthChroma };
}

/** What stands between the bit depths and the VUI. Returns sps_max_num_reorder_pics. */
function skipCodingTools(reader: RbspReader, subLayersMinus1: number): number {
  const log2PocSize = 4 + reader.readUnsignedExpGolomb(LOG2_POC_MINUS4_MAX);
  const orderingCount = reader.readFlag() ? subLayersMinus1 + 1 : 1;
  let reorderFrameCount = 0; // That of the highest sub-layer, which comes last.
  for (let i = 0; i < orderingCount; i++) {
    reader.readUnsignedExpGolomb(DPB_MINUS1_MAX); // sps_max_dec_pic_buffering_minus1
    reorderFrameCount = reader.readUnsignedExpGolomb(DPB_MINUS1_MAX);
    reader.readUnsignedExpGolomb(); // sps_max_latency_increase_plus1
  }
  // Sizes of coding blocks and of transform blocks, and the depths of their hierarchy.
  for (let i = 0; i < 6; i++) reader.readUnsignedExpGolomb(LOG2_BLOCK_MAX);
  if (reader.readFlag() && reader.readFlag()) skipScalingLists(reader);
  reader.skipBits(2); // amp_enabled_flag, sample_adaptive_offset_enabled_flag
  if (reader.readFlag()) {
    reader.skipBits(8); // PCM bit depths
    reader.readUnsignedExpGolomb(LOG2_BLOCK_MAX);
    reader.readUnsignedExpGolomb(LOG2_BLOCK_MAX);
    reader.skipBits(1); // pcm_loop_filter_disabled_flag
  }
  skipShortTermReferencePictureSets(reader);
  if (reader.readFlag()) {
    const longTermCount = reader.readUnsignedExpGolomb(LONG_TERM_COUNT_MAX);
    reader.skipBits(longTermCount * (log2PocSize + 1)); // lt_ref_pic_poc_lsb_sps, used_by_curr_pic
  }
  reader.skipBits(2); // sps_temporal_mvp_enabled_flag, strong_intra_smoothing_enabled_flag
  return reorderFrameCount;
}

/** Six matrices of each of four sizes, but two of the largest. */
function skipScalingLists(reader: RbspReader): void {
  for (let sizeId = 0; sizeId < 4; sizeId++) {
    const coefficientCount = Math.min(64, 1 << (4 + (sizeId << 1)));
    for (let matrixId = 0; matrixId < 6; matrixId += sizeId === 3 ? 3 : 1) {
      if (!reader.readFlag()) {
        reader.readUnsignedExpGolomb(); // scaling_list_pred_matrix_id_delta
        continue;
      }
      const hasDc = sizeId > 1; // scaling_list_dc_coef_minus8
      const codeCount = coefficientCount + (hasDc ? 1 : 0);
      for (let i = 0; i < codeCount; i++) reader.readSignedExpGolomb();
    }
  }
}

/** A VUI that is cut off keeps nobody from decoding: nothing depends on it. */
function tryReadVui(reader: RbspReader): Vui {
  return unlessMalformed(() => readVui(reader)) ?? NO_VUI;
}

function readVui(reader: RbspReader): Vui {
  const sampleAspectRatio = readSampleAspectRatio(reader);
  skipVideoSignal(reader);
  reader.skipBits(1); // neutral_chroma_indication_flag
  const isFieldSequence = reader.readFlag();
  reader.skipBits(1); // frame_field_info_present_flag
  if (reader.readFlag()) {
    for (let i = 0; i < 4; i++) reader.readUnsignedExpGolomb(); // default display window
  }
  const pictureRate = reader.readFlag() ? readTiming(reader) : undefined;
  const frameRate = pictureRate !== undefined && isFieldSequence ? pictureRate / 2 : pictureRate;
  return { isFieldSequence, sampleAspectRatio, frameRate };
}

/** num_units_in_tick 32 | time_scale 32. A tick is that of a picture. */
function readTiming(reader: RbspReader): number | undefined {
  const unitsInTick = reader.readBits(32);
  const timeScale = reader.readBits(32);
  return toFrameRate(timeScale, unitsInTick);
}
