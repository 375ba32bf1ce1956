/**
 * Goal: the data of the standard is what the standard says.
 *
 * Method: complete codes by Kraft's sum, all symbols once, and codewords as they are printed; the
 * sums of widths of bands; the window's printed values. That all of it is right together is what
 * `mp3-decoder.test.ts` shows.
 */

import { describe, expect, test } from "vitest";
import { HuffmanLookup, LOOKUP_BITS } from "../../../../src/codec/mp3/decoder/huffman-lookup.ts";
import {
  escapeBits,
  type HuffmanLeaf,
  pairLeaves,
  quadrupleLeaves,
} from "../../../../src/codec/mp3/decoder/huffman-tables.ts";
import { createLayerThreeBands } from "../../../../src/codec/mp3/decoder/scale-factor-bands.ts";
import { createSynthesisWindow } from "../../../../src/codec/mp3/decoder/synthesis-window.ts";

/** By symbol, as digits. */
function codewordsOf(leaves: readonly HuffmanLeaf[]): Map<number, string> {
  let next = 0;
  return new Map(
    leaves.map(({ length, symbol }) => {
      const codeword = next.toString(2).padStart(LOOKUP_BITS, "0").slice(0, length);
      next += 2 ** (LOOKUP_BITS - length);
      return [symbol, codeword];
    }),
  );
}

const NUMBERS = Array.from({ length: 31 }, (_, index) => index + 1);
const TABLES = NUMBERS.filter((number) => number !== 4 && number !== 14);

describe("Huffman tables", () => {
  test.each([
    ...TABLES.map((number) => [`pairs ${number}`, pairLeaves(number)] as const),
    ["quadruples A", quadrupleLeaves(0)] as const,
    ["quadruples B", quadrupleLeaves(1)] as const,
  ])("%s are complete, and each codeword is found", (_, leaves = []) => {
    expect(leaves.reduce((sum, { length }) => sum + 2 ** -length, 0)).toBe(1);
    const width = Math.sqrt(leaves.length);
    const symbols = new Set(leaves.map(({ symbol }) => symbol));
    expect(symbols.size).toBe(leaves.length);
    expect(Number.isInteger(width)).toBe(true);
    const lookup = new HuffmanLookup(leaves);
    for (const [symbol, codeword] of codewordsOf(leaves)) {
      for (const rest of ["0", "1"]) {
        const bits = Number.parseInt(codeword.padEnd(LOOKUP_BITS, rest), 2);
        expect(lookup.find(bits)).toBe((symbol << 8) | codeword.length);
      }
    }
  });

  test("are those that are printed", () => {
    expect([pairLeaves(4), pairLeaves(14)]).toEqual([undefined, undefined]);
    const one = codewordsOf(pairLeaves(1) ?? []);
    expect([0x00, 0x01, 0x10, 0x11].map((pair) => one.get(pair))).toEqual([
      "1",
      "001",
      "01",
      "000",
    ]);
    const a = codewordsOf(quadrupleLeaves(0));
    expect([0b0000, 0b0001, 0b1111].map((four) => a.get(four))).toEqual(["1", "0101", "000001"]);
    const b = codewordsOf(quadrupleLeaves(1));
    expect([0b0000, 0b0101, 0b1111].map((four) => b.get(four))).toEqual(["1111", "1010", "0000"]);
    expect([15, 16, 23, 24, 31].map(escapeBits)).toEqual([0, 1, 13, 4, 13]);
  });
});

test.each([44_100, 48_000, 32_000, 22_050, 24_000, 16_000, 11_025, 12_000, 8_000])(
  "bands at %i Hz cover the spectrum",
  (sampleRate) => {
    const { long, short, mixed } = createLayerThreeBands(sampleRate);
    expect([long.targets.length, short.targets.length]).toEqual([22, 39]);
    expect([long.scaledCount, short.scaledCount]).toEqual([21, 36]);
    expect(mixed.targets.length - mixed.longCount).toBe(30);
    for (const { begins, targets } of [long, short, mixed]) {
      const widths = Array.from(
        targets,
        (_, band) => (begins[band + 1] ?? 0) - (begins[band] ?? 0),
      );
      expect(Math.min(...widths)).toBeGreaterThan(0);
      expect(widths.reduce((sum, width) => sum + width)).toBe(576);
    }
    // The three windows of the highest band are equally wide: the sum of all is that of the frame.
    const [a, b, c, end] = short.begins.slice(36);
    expect([(b ?? 0) - (a ?? 0), (c ?? 0) - (b ?? 0)]).toEqual(
      new Array(2).fill((end ?? 0) - (c ?? 0)),
    );
  },
);

test("a band at 24 kHz begins where the standard and LAME have it, not at 330", () => {
  expect(createLayerThreeBands(24_000).long.begins[18]).toBe(332);
});

test("the window is that of the standard", () => {
  const window = createSynthesisWindow();
  const printed: readonly (readonly [number, number])[] = [
    [0, 0],
    [1, -0.000015259],
    [64, 0.003250122],
    [255, -1.144287109],
    [256, 1.144989014],
    [257, 1.144287109],
    [448, 0.003250122],
    [511, 0.000015259],
  ];
  for (const [index, value] of printed) expect(window[index]).toBeCloseTo(value, 8);
});
