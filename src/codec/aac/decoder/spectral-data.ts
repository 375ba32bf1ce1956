/**
 * Quantized spectral values.
 *
 * Spec: ISO/IEC 14496-3, 4.4.2.2 (spectral_data, table 4.56), 4.6.3.3 (decoding process).
 *
 * @module
 */

import { MalformedError } from "../../../base/errors.ts";
import { visitBands } from "../spectrum/channel-windows.ts";
import { HuffmanLookup } from "../spectrum/huffman-code.ts";
import { SectionCodebook, SPECTRAL_CODEBOOKS } from "../spectrum/spectral-codebooks.ts";
import type { AccessUnitBits } from "./access-unit-bits.ts";
import type { ChannelStream } from "./channel-stream.ts";

/** A codebook made ready for reading. */
export interface SpectralLookup {
  readonly codewords: HuffmanLookup;
  readonly dimension: 2 | 4;
  readonly isSigned: boolean;
  readonly hasEscape: boolean;
  /** `dimension` values for each symbol. */
  readonly values: Int8Array;
}
/** Of codebooks 1 to 11, from index 0 on. */
export type SpectralLookups = readonly SpectralLookup[];

/** An escape's value has 4 bits and one more for each 1 in front; values end at 8,191. */
const ESCAPE_BITS_MIN = 4;
const ESCAPE_BITS_MAX = 12;

export function createSpectralLookups(): SpectralLookups {
  return SPECTRAL_CODEBOOKS.map((codebook, index) => {
    const { dimension, isSigned, largestMagnitude } = codebook;
    const base = isSigned ? 2 * largestMagnitude + 1 : largestMagnitude + 1;
    const values = new Int8Array(codebook.symbols.length * dimension);
    for (let symbol = 0; symbol < codebook.symbols.length; symbol++) {
      let rest = symbol;
      for (let at = dimension - 1; at >= 0; at--) {
        values[symbol * dimension + at] = (rest % base) - (isSigned ? largestMagnitude : 0);
        rest = Math.floor(rest / base);
      }
    }
    const hasEscape = index + 1 === SectionCodebook.Escape;
    const codewords = new HuffmanLookup(codebook);
    return { codewords, dimension, isSigned, hasEscape, values };
  });
}

/**
 * Writes the channel's quantized values, whose codebooks are known; 0 where it has none.
 *
 * @throws {MalformedError} If they are cut off, or an escape is longer than any value needs.
 */
export function readSpectrum(
  bits: AccessUnitBits,
  lookups: SpectralLookups,
  channel: ChannelStream,
): void {
  const { codebooks, quantized } = channel;
  quantized.fill(0);
  visitBands(channel.windows, (index, begin, end) => {
    const lookup = lookups[(codebooks[index] ?? 0) - 1];
    if (lookup !== undefined) readValues(bits, lookup, quantized.subarray(begin, end));
  });
}

/** Reads the values of one band of one window. */
function readValues(bits: AccessUnitBits, lookup: SpectralLookup, quantized: Int16Array): void {
  const { codewords, dimension, isSigned, hasEscape, values } = lookup;
  for (let position = 0; position < quantized.length; position += dimension) {
    const first = bits.readSymbol(codewords) * dimension;
    for (let at = 0; at < dimension; at++) quantized[position + at] = values[first + at] ?? 0;
    if (isSigned) continue;
    for (let at = position; at < position + dimension; at++) {
      const magnitude = quantized[at] ?? 0;
      if (magnitude !== 0 && bits.readFlag()) quantized[at] = -magnitude;
    }
    if (hasEscape) {
      readEscape(bits, quantized, position);
      readEscape(bits, quantized, position + 1);
    }
  }
}

/** Reads what follows on a value of 16, if it is one: its real magnitude. */
function readEscape(bits: AccessUnitBits, quantized: Int16Array, position: number): void {
  const value = quantized[position] ?? 0;
  if (value !== 16 && value !== -16) return;
  let count = ESCAPE_BITS_MIN;
  while (bits.readFlag()) count++;
  if (count > ESCAPE_BITS_MAX) {
    throw new MalformedError(`Cannot decode escape of ${count} bits`, bits.offset);
  }
  const magnitude = (1 << count) | bits.read(count);
  quantized[position] = value < 0 ? -magnitude : magnitude;
}

/** Whether a band with this codebook has spectral values. */
export function isSpectral(codebook: number | undefined): boolean {
  return codebook !== undefined && codebook > 0 && codebook <= SectionCodebook.Escape;
}
