/**
 * Scale factors, and what stands in their place: positions of intensity stereo, energies of noise.
 *
 * Spec: ISO/IEC 14496-3, 4.4.2.2 (scale_factor_data, table 4.53), 4.6.2.3, 4.6.8.2.3, 4.6.13.3.
 *
 * @module
 */

import { MalformedError } from "../../../base/errors.ts";
import { HuffmanLookup } from "../spectrum/huffman-code.ts";
import {
  SCALE_FACTOR_CODEBOOK,
  SCALE_FACTOR_SYMBOL_OFFSET,
  SectionCodebook,
} from "../spectrum/spectral-codebooks.ts";
import type { AccessUnitBits } from "./access-unit-bits.ts";
import type { ChannelStream } from "./channel-stream.ts";

export type ScaleFactorLookup = HuffmanLookup;

/** The first energy of noise is this much below the global gain, and has bits of its own. */
const NOISE_OFFSET = 90;
const NOISE_BITS = 9;
/** Of scale factors, by their definition. Nothing loud is lost by holding the others to it too. */
const MAGNITUDE_MAX = 255;

export function createScaleFactorLookup(): ScaleFactorLookup {
  return new HuffmanLookup(SCALE_FACTOR_CODEBOOK);
}

/**
 * Writes a value for each band of the channel whose codebooks are known; 0 for those of zeros.
 *
 * @throws {MalformedError} If they are cut off or out of their range.
 */
export function readScaleFactors(
  bits: AccessUnitBits,
  lookup: ScaleFactorLookup,
  globalGain: number,
  channel: ChannelStream,
): void {
  const { codebooks, scaleFactors, windows } = channel;
  const count = windows.groupLengths.length * windows.bandCount;
  let scaleFactor = globalGain;
  let position = 0;
  let energy = globalGain - NOISE_OFFSET;
  let isFirstNoise = true;
  for (let index = 0; index < count; index++) {
    let value = 0;
    switch (codebooks[index]) {
      case SectionCodebook.Zero:
        break;
      case SectionCodebook.Noise:
        energy += isFirstNoise
          ? bits.read(NOISE_BITS) - (1 << (NOISE_BITS - 1))
          : readDifference(bits, lookup);
        isFirstNoise = false;
        value = energy;
        break;
      case SectionCodebook.Intensity:
      case SectionCodebook.IntensityOutOfPhase:
        position += readDifference(bits, lookup);
        value = position;
        break;
      default:
        scaleFactor += readDifference(bits, lookup);
        value = scaleFactor;
        if (value < 0) throw new MalformedError(`Cannot scale by ${value}`, bits.offset);
    }
    if (Math.abs(value) > MAGNITUDE_MAX) {
      throw new MalformedError(`Cannot scale by ${value}`, bits.offset);
    }
    scaleFactors[index] = value;
  }
}

function readDifference(bits: AccessUnitBits, lookup: ScaleFactorLookup): number {
  return bits.readSymbol(lookup) - SCALE_FACTOR_SYMBOL_OFFSET;
}
