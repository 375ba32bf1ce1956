/**
 * Goal: the codebooks are those of ISO/IEC 14496-3, and every codeword is found.
 *
 * Method: a complete prefix code uses all of its code space (Kraft's sum is 1), each symbol stands
 * once, and some codewords are those of the printed tables. What a slip between two symbols of the
 * same length would do is shown by the decoder's tests, whose fixtures use all codebooks.
 */

import { describe, expect, test } from "vitest";
import {
  HuffmanLookup,
  LOOKUP_BITS,
  toCodewords,
} from "../../../../src/codec/aac/spectrum/huffman-code.ts";
import {
  type HuffmanCodebook,
  SCALE_FACTOR_CODEBOOK,
  SPECTRAL_CODEBOOKS,
} from "../../../../src/codec/aac/spectrum/spectral-codebooks.ts";

const CODEBOOKS: readonly (readonly [string, HuffmanCodebook, number])[] = [
  ...SPECTRAL_CODEBOOKS.map((codebook, index) => {
    const { dimension, isSigned, largestMagnitude } = codebook;
    const digits = isSigned ? 2 * largestMagnitude + 1 : largestMagnitude + 1;
    return [`codebook ${index + 1}`, codebook, digits ** dimension] as const;
  }),
  ["the scale factor codebook", SCALE_FACTOR_CODEBOOK, 121],
];

describe.each(CODEBOOKS)("%s", (_, codebook, symbolCount) => {
  test("uses all of its code space", () => {
    const sum = codebook.counts.reduce(
      (total, count, index) => total + count / 2 ** (index + 1),
      0,
    );
    expect(sum).toBe(1);
  });

  test("has each symbol once", () => {
    expect(codebook.symbols.length).toBe(symbolCount);
    expect(new Set(codebook.symbols).size).toBe(symbolCount);
    expect(Math.max(...codebook.symbols)).toBe(symbolCount - 1);
    expect(codebook.counts.reduce((total, count) => total + count, 0)).toBe(symbolCount);
  });

  test("is read as it is written", () => {
    const { codewords, lengths } = toCodewords(codebook);
    const lookup = new HuffmanLookup(codebook);
    for (let symbol = 0; symbol < symbolCount; symbol++) {
      const length = lengths[symbol] ?? 0;
      const first = (codewords[symbol] ?? 0) << (LOOKUP_BITS - length);
      const last = first + (1 << (LOOKUP_BITS - length)) - 1;
      for (const bits of [first, last]) {
        const entry = lookup.find(bits);
        expect([entry >>> 8, entry & 0xff]).toEqual([symbol, length]);
      }
    }
  });
});

test.each([
  // Table, index as printed there, length, codeword.
  [1, 40, 1, 0x000],
  [1, 0, 11, 0x7f8],
  [1, 2, 11, 0x7fd],
  [1, 80, 11, 0x7f4],
  [2, 40, 3, 0x000],
  [3, 0, 1, 0x000],
  [5, 40, 1, 0x000],
  [7, 0, 1, 0x000],
  [11, 0, 4, 0x000],
  [11, 288, 5, 0x004],
])("codebook %i has the printed codeword of index %i", (number, index, length, codeword) => {
  const codebook = SPECTRAL_CODEBOOKS[number - 1];
  if (codebook === undefined) throw new Error("there is no such codebook");
  const { codewords, lengths } = toCodewords(codebook);
  expect([lengths[index], codewords[index]]).toEqual([length, codeword]);
});
