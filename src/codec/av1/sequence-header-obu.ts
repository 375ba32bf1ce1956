/**
 * The sequence header OBU of AV1: what the pictures of a stream are like. It is what an SPS is
 * elsewhere, and has nothing to do with the sequence header of FLV.
 *
 * Spec: AV1 Bitstream & Decoding Process Specification, sections 5.5 (sequence_header_obu) and 6.4.
 *
 * @module
 */

import { BitReader } from "../../base/bit-reader.ts";
import { MalformedError } from "../../base/errors.ts";
import { toFrameRate } from "../nal/picture-format.ts";
import { type Av1Color, readAv1Color } from "./color-config.ts";
import { decodeObu, ObuType, splitTemporalUnit } from "./obu.ts";

export interface Av1SequenceHeader {
  /** seq_profile: 0 Main, 1 High, 2 Professional. */
  readonly profile: number;
  /** seq_level_idx of the first operating point, which is that with all layers; 31: no limits. */
  readonly levelIndex: number;
  readonly isHighTier: boolean;
  /** Of the largest frame; each frame may be smaller. */
  readonly width: number;
  readonly height: number;
  /** Frames per second, if they are said to come at equal intervals. */
  readonly frameRate: number | undefined;
  readonly color: Av1Color;
}

const PROFILE_MAX = 2;
/** Levels up to this one, 3.3, have one tier only. */
const LEVEL_WITHOUT_TIER_MAX = 7;
/** An uvlc of so many zeros has no bits behind them. */
const UVLC_ZEROS_MAX = 32;
const SELECT_SCREEN_CONTENT_TOOLS = 2;

interface Timing {
  readonly frameRate: number | undefined;
  /** buffer_delay_length, if there is a decoder model. */
  readonly delayBits: number | undefined;
}

interface OperatingPoint {
  readonly levelIndex: number;
  readonly isHighTier: boolean;
}

/**
 * ```text
 * seq_profile 3 | still_picture 1 | reduced_still_picture_header 1 | timing | operating points
 * | frame size | tools | color_config | film_grain_params_present 1
 * ```
 *
 * @param obu With its header.
 * @throws {MalformedError} If it is no such OBU, or is cut off.
 */
export function parseAv1SequenceHeader(obu: Uint8Array): Av1SequenceHeader {
  const { type, payloadStart, end } = decodeObu(obu, 0);
  if (type !== ObuType.SequenceHeader) {
    throw new MalformedError("Cannot parse as sequence header: OBU of another type", 0);
  }
  const reader = new BitReader(obu.subarray(payloadStart, end));
  const profile = reader.readBits(3);
  if (profile > PROFILE_MAX) throw new MalformedError(`Cannot take AV1 profile ${profile}`, 0);
  reader.skipBits(1); // still_picture
  const isReduced = reader.readFlag();
  let frameRate: number | undefined;
  let point: OperatingPoint;
  if (isReduced) {
    point = { levelIndex: reader.readBits(5), isHighTier: false };
  } else {
    const timing = readTiming(reader);
    frameRate = timing.frameRate;
    point = readOperatingPoints(reader, timing.delayBits);
  }
  const widthBits = 1 + reader.readBits(4);
  const heightBits = 1 + reader.readBits(4);
  const width = 1 + reader.readBits(widthBits);
  const height = 1 + reader.readBits(heightBits);
  skipTools(reader, isReduced);
  const color = readAv1Color(reader, profile);
  return { profile, ...point, width, height, frameRate, color };
}

/**
 * Finds the sequence header OBU of a temporal unit, or among the configOBUs of av1C.
 *
 * @returns A view into the input: copy to keep.
 * @throws {MalformedError} If an OBU goes beyond the input, or there are absurdly many.
 */
export function findAv1SequenceHeader(obus: Uint8Array): Uint8Array | undefined {
  const found = splitTemporalUnit(obus).find((obu) => obu.type === ObuType.SequenceHeader);
  return found === undefined ? undefined : obus.subarray(found.start, found.end);
}

/**
 * timing_info and decoder_model_info.
 *
 * ```text
 * timing_info_present 1 | num_units_in_display_tick 32 | time_scale 32 | equal_picture_interval 1
 * | if equal: num_ticks_per_picture_minus_1 uvlc | decoder_model_info_present 1
 * | buffer_delay_length_minus_1 5 | num_units_in_decoding_tick 32 | two lengths 5 + 5
 * ```
 */
function readTiming(reader: BitReader): Timing {
  if (!reader.readFlag()) return { frameRate: undefined, delayBits: undefined };
  const unitsInTick = reader.readBits(32);
  const timeScale = reader.readBits(32);
  let frameRate: number | undefined;
  if (reader.readFlag()) frameRate = toFrameRate(timeScale, unitsInTick * (1 + readUvlc(reader)));
  if (!reader.readFlag()) return { frameRate, delayBits: undefined };
  const delayBits = 1 + reader.readBits(5);
  reader.skipBits(32 + 5 + 5);
  return { frameRate, delayBits };
}

/** Reads what the operating points are like. Returns the first one. */
function readOperatingPoints(reader: BitReader, delayBits: number | undefined): OperatingPoint {
  const hasDisplayDelay = reader.readFlag();
  const count = 1 + reader.readBits(5);
  const points: OperatingPoint[] = [];
  for (let i = 0; i < count; i++) {
    reader.skipBits(12); // operating_point_idc: its layers
    const levelIndex = reader.readBits(5);
    const isHighTier = levelIndex > LEVEL_WITHOUT_TIER_MAX && reader.readFlag();
    points.push({ levelIndex, isHighTier });
    // operating_parameters_info: two delays and low_delay_mode_flag.
    if (delayBits !== undefined && reader.readFlag()) reader.skipBits(2 * delayBits + 1);
    if (hasDisplayDelay && reader.readFlag()) reader.skipBits(4);
  }
  return points[0] ?? { levelIndex: 0, isHighTier: false };
}

/** What stands between the size and the colour. */
function skipTools(reader: BitReader, isReduced: boolean): void {
  if (!isReduced && reader.readFlag()) reader.skipBits(4 + 3); // Lengths of frame ids.
  reader.skipBits(3); // use_128x128_superblock, enable_filter_intra, enable_intra_edge_filter
  if (!isReduced) {
    reader.skipBits(4); // Interintra and masked compound, warped motion, dual filter.
    const hasOrderHint = reader.readFlag();
    if (hasOrderHint) reader.skipBits(2); // enable_jnt_comp, enable_ref_frame_mvs
    const isChosenByFrame = reader.readFlag(); // seq_choose_screen_content_tools
    const screenContentTools = isChosenByFrame ? SELECT_SCREEN_CONTENT_TOOLS : reader.readBits(1);
    if (screenContentTools > 0 && !reader.readFlag()) reader.skipBits(1); // seq_force_integer_mv
    if (hasOrderHint) reader.skipBits(3); // order_hint_bits_minus_1
  }
  reader.skipBits(3); // enable_superres, enable_cdef, enable_restoration
}

/** uvlc(): as ue(v), but one of 32 zeros and more is the largest value (section 4.10.3). */
function readUvlc(reader: BitReader): number {
  let zeros = 0;
  while (!reader.readFlag()) zeros++;
  return zeros >= UVLC_ZEROS_MAX ? 2 ** 32 - 1 : 2 ** zeros - 1 + reader.readBits(zeros);
}
