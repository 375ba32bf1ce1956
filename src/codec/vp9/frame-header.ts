/**
 * The start of a VP9 frame. VP9 has no parameter sets: what the pictures are like stands in each key
 * frame.
 *
 * Spec: VP9 Bitstream & Decoding Process Specification, sections 6.2 (uncompressed_header), 6.2.2
 * (color_config), 6.2.3 (frame_size) and 6.2.4 (render_size).
 *
 * @module
 */

import { BitReader } from "../../base/bit-reader.ts";
import { MalformedError } from "../../base/errors.ts";

export interface Vp9FrameHeader {
  readonly profile: number;
  /** `undefined` for a frame that is not a key frame. */
  readonly keyFrame: Vp9KeyFrame | undefined;
}

export interface Vp9KeyFrame {
  readonly bitDepth: 8 | 10 | 12;
  readonly colorSpace: Vp9ColorSpace;
  readonly isFullRange: boolean;
  /** Whether chroma has half the samples in a row, and half the rows. */
  readonly isSubsampledX: boolean;
  readonly isSubsampledY: boolean;
  readonly width: number;
  readonly height: number;
}

/** color_space. */
export const Vp9ColorSpace = {
  Unknown: 0,
  Bt601: 1,
  Bt709: 2,
  Smpte170: 3,
  Smpte240: 4,
  Bt2020: 5,
  Reserved: 6,
  Rgb: 7,
} as const;
export type Vp9ColorSpace = (typeof Vp9ColorSpace)[keyof typeof Vp9ColorSpace];

const FRAME_MARKER = 0b10;
const FRAME_SYNC_CODE = 0x49_83_42;

type Color = Omit<Vp9KeyFrame, "width" | "height">;

/**
 * ```text
 * frame_marker 2 | profile_low_bit 1 | profile_high_bit 1 | profile 3: 0 | show_existing_frame 1
 * | frame_type 1, 0 for key | show_frame 1 | error_resilient_mode 1
 * | key frame: sync code 24 | color_config | frame_width_minus_1 16 | frame_height_minus_1 16
 * ```
 *
 * Of a superframe, this reads its first frame.
 *
 * @throws {MalformedError} If it is cut off, or no VP9.
 */
export function decodeVp9FrameHeader(frame: Uint8Array): Vp9FrameHeader {
  const reader = new BitReader(frame);
  if (reader.readBits(2) !== FRAME_MARKER) throw new MalformedError("Cannot find VP9 marker", 0);
  const profile = reader.readBits(1) | (reader.readBits(1) << 1);
  if (profile === 3) checkReserved(reader);
  const isExisting = reader.readFlag();
  const isKeyFrame = !isExisting && !reader.readFlag();
  if (!isKeyFrame) return { profile, keyFrame: undefined };
  reader.skipBits(2);
  if (reader.readBits(24) !== FRAME_SYNC_CODE) {
    throw new MalformedError("Cannot find the sync code of a VP9 key frame", 1);
  }
  const color = readColor(reader, profile);
  const width = 1 + reader.readBits(16);
  const height = 1 + reader.readBits(16);
  return { profile, keyFrame: { ...color, width, height } };
}

/**
 * ```text
 * profile 2, 3: ten_or_twelve_bit 1 | color_space 3
 * | not RGB: color_range 1 | profile 1, 3: subsampling_x 1, subsampling_y 1, reserved 0
 * | RGB, profile 1, 3: reserved 0
 * ```
 */
function readColor(reader: BitReader, profile: number): Color {
  const hasHighBitDepth = profile >= 2;
  const hasSampling = (profile & 1) === 1;
  const highBitDepth = hasHighBitDepth && reader.readFlag() ? 12 : 10;
  const bitDepth = hasHighBitDepth ? highBitDepth : 8;
  const colorSpace = reader.readBits(3) as Vp9ColorSpace;
  let isFullRange = true;
  let isSubsampledX = false;
  let isSubsampledY = false;
  if (colorSpace === Vp9ColorSpace.Rgb) {
    if (!hasSampling) throw new MalformedError("Cannot take RGB in this profile", reader.offset);
  } else {
    isFullRange = reader.readFlag();
    isSubsampledX = hasSampling ? reader.readFlag() : true;
    isSubsampledY = hasSampling ? reader.readFlag() : true;
  }
  if (hasSampling) checkReserved(reader);
  return { bitDepth, colorSpace, isFullRange, isSubsampledX, isSubsampledY };
}

function checkReserved(reader: BitReader): void {
  if (reader.readFlag()) throw new MalformedError("Cannot take a reserved bit", reader.offset);
}
