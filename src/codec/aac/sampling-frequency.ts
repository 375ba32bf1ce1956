/**
 * The sampling frequencies of AAC: an index of four bits, or the rate itself.
 *
 * Spec: ISO/IEC 14496-3, 1.6.3.4 (table 1.18, samplingFrequencyIndex).
 *
 * @module
 */

import type { BitReader } from "../../base/bit-reader.ts";
import { MalformedError } from "../../base/errors.ts";

/** In Hz. 13 and 14 are reserved; 15 says that the rate follows in 24 bits. */
export const SAMPLING_FREQUENCIES: readonly number[] = [
  96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8_000,
  7_350,
];

const ESCAPE = 15;

/** The index of a rate; `undefined` if it has none. */
export function samplingFrequencyIndexOf(sampleRate: number): number | undefined {
  const index = SAMPLING_FREQUENCIES.indexOf(sampleRate);
  return index === -1 ? undefined : index;
}

/** Reads an index, and the rate where it follows. @throws {MalformedError} */
export function readSamplingFrequency(reader: BitReader): number {
  const index = reader.readBits(4);
  const sampleRate = index === ESCAPE ? reader.readBits(24) : (SAMPLING_FREQUENCIES[index] ?? 0);
  if (sampleRate === 0) throw new MalformedError(`Cannot decode sampling frequency ${index}`, 0);
  return sampleRate;
}
