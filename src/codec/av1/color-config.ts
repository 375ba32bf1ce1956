/**
 * How AV1 codes colour.
 *
 * Spec: AV1 Bitstream & Decoding Process Specification, sections 5.5.2 (color_config) and 6.4.2.
 *
 * @module
 */

import type { BitReader } from "../../base/bit-reader.ts";
import { MalformedError } from "../../base/errors.ts";

export interface Av1Color {
  readonly bitDepth: 8 | 10 | 12;
  readonly isMonochrome: boolean;
  /** Whether chroma has half the samples in a row, and half the rows. */
  readonly isSubsampledX: boolean;
  readonly isSubsampledY: boolean;
  /** 0 unknown, 1 between two luma rows, 2 with the upper left luma sample. */
  readonly chromaSamplePosition: number;
  /** By the numbers of ISO/IEC 23091-2 (CICP); `undefined` if the stream does not say. */
  readonly description: Av1ColorDescription | undefined;
  readonly isFullRange: boolean;
}

export interface Av1ColorDescription {
  readonly primaries: number;
  readonly transfer: number;
  readonly matrix: number;
}

const PROFILE_HIGH = 1;
const PROFILE_PROFESSIONAL = 2;
/** Colour that is RGB: BT.709 primaries, the transfer of sRGB, no matrix. */
const PRIMARIES_BT709 = 1;
const TRANSFER_SRGB = 13;
const MATRIX_IDENTITY = 0;

type Sampling = Pick<
  Av1Color,
  "isSubsampledX" | "isSubsampledY" | "chromaSamplePosition" | "isFullRange"
>;

/**
 * ```text
 * high_bitdepth 1 | profile 2: twelve_bit 1 | mono_chrome 1 | color_description_present_flag 1
 * | primaries 8, transfer 8, matrix 8 | color_range 1 | subsampling 0 to 2 | chroma_sample_position 2
 * ```
 *
 * @throws {MalformedError} If the bits end, or RGB is said of a profile that has none.
 */
export function readAv1Color(reader: BitReader, profile: number): Av1Color {
  const isHighBitDepth = reader.readFlag();
  const isTwelveBit = profile === PROFILE_PROFESSIONAL && isHighBitDepth && reader.readFlag();
  const bitDepth = bitDepthOf(isHighBitDepth, isTwelveBit);
  const isMonochrome = profile !== PROFILE_HIGH && reader.readFlag();
  const description = reader.readFlag()
    ? {
        primaries: reader.readBits(8),
        transfer: reader.readBits(8),
        matrix: reader.readBits(8),
      }
    : undefined;
  const sampling = isMonochrome
    ? readMonochrome(reader)
    : readSampling(reader, profile, bitDepth, description);
  return { bitDepth, isMonochrome, description, ...sampling };
}

/** From the two flags that both the sequence header and av1C have. */
export function bitDepthOf(isHighBitDepth: boolean, isTwelveBit: boolean): 8 | 10 | 12 {
  if (!isHighBitDepth) return 8;
  return isTwelveBit ? 12 : 10;
}

function readMonochrome(reader: BitReader): Sampling {
  const isFullRange = reader.readFlag();
  return { isSubsampledX: true, isSubsampledY: true, chromaSamplePosition: 0, isFullRange };
}

function readSampling(
  reader: BitReader,
  profile: number,
  bitDepth: number,
  description: Av1ColorDescription | undefined,
): Sampling {
  if (isRgb(description)) {
    const isPossible =
      profile === PROFILE_HIGH || (profile === PROFILE_PROFESSIONAL && bitDepth === 12);
    if (!isPossible) throw new MalformedError("Cannot take RGB in this profile", reader.offset);
    return {
      isSubsampledX: false,
      isSubsampledY: false,
      chromaSamplePosition: 0,
      isFullRange: true,
    };
  }
  const isFullRange = reader.readFlag();
  let isSubsampledX = profile !== PROFILE_HIGH;
  let isSubsampledY = profile !== PROFILE_HIGH;
  if (profile === PROFILE_PROFESSIONAL) {
    const isChosen = bitDepth === 12; // Else it is 4:2:2, for which the profile is there.
    isSubsampledX = isChosen ? reader.readFlag() : true;
    isSubsampledY = isChosen && isSubsampledX && reader.readFlag();
  }
  const chromaSamplePosition = isSubsampledX && isSubsampledY ? reader.readBits(2) : 0;
  return { isSubsampledX, isSubsampledY, chromaSamplePosition, isFullRange };
}

function isRgb(description: Av1ColorDescription | undefined): boolean {
  return (
    description?.primaries === PRIMARIES_BT709 &&
    description.transfer === TRANSFER_SRGB &&
    description.matrix === MATRIX_IDENTITY
  );
}
