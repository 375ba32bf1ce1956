/**
 * Goal: both laws are those of ITU-T G.711.
 *
 * Method: the ends of all segments as its tables print them; every byte there and back; every sample
 * is within half an interval of what becomes of it, and as near as any other.
 */

import { describe, expect, test } from "vitest";
import { decodeALaw, encodeALaw } from "../../../src/codec/g711/a-law.ts";
import { decodeMuLaw, encodeMuLaw } from "../../../src/codec/g711/mu-law.ts";

const ALL_BYTES = Uint8Array.from({ length: 256 }, (_, byte) => byte);
const ALL_SAMPLES = Int16Array.from({ length: 65_536 }, (_, index) => index - 32_768);

/** Table 2a: character signal, and value at the decoder's output, of 14 bits. */
const MU_LAW: readonly (readonly [number, number])[] = [
  [0b1000_0000, 8031],
  [0b1000_1111, 4191],
  [0b1001_1111, 2079],
  [0b1010_1111, 1023],
  [0b1011_1111, 495],
  [0b1100_1111, 231],
  [0b1101_1111, 99],
  [0b1110_1111, 33],
  [0b1111_1110, 2],
  [0b1111_1111, 0],
];

/** Table 1a: character signal before every second bit is inverted, and value, of 13 bits. */
const A_LAW: readonly (readonly [number, number])[] = [
  [0b1111_1111, 4032],
  [0b1111_0000, 2112],
  [0b1110_0000, 1056],
  [0b1101_0000, 528],
  [0b1100_0000, 264],
  [0b1011_0000, 132],
  [0b1010_0000, 66],
  [0b1000_0000, 1],
];

test.each(MU_LAW)("mu-law: %i is %i", (byte, value) => {
  expect([...decodeMuLaw(Uint8Array.of(byte, byte & 0x7f))]).toEqual([value * 4, -value * 4 || 0]);
});

test.each(A_LAW)("A-law: %i is %i", (byte, value) => {
  const bytes = Uint8Array.of(byte ^ 0x55, (byte & 0x7f) ^ 0x55);
  expect([...decodeALaw(bytes)]).toEqual([value * 8, -value * 8]);
});

describe.each([
  ["mu-law", decodeMuLaw, encodeMuLaw],
  ["A-law", decodeALaw, encodeALaw],
] as const)("%s", (_, decode, encode) => {
  test("gives every byte back", () => {
    const values = decode(ALL_BYTES);
    expect([...decode(encode(values))]).toEqual([...values]);
  });

  test("takes the nearest value", () => {
    const values = [...new Set(decode(ALL_BYTES))].toSorted((a, b) => a - b);
    const coded = decode(encode(ALL_SAMPLES));
    let upper = 0;
    for (const [index, sample] of ALL_SAMPLES.entries()) {
      while (upper < values.length - 1 && (values[upper] ?? 0) < sample) upper++;
      const distances = [values[upper - 1], values[upper]].map((value) =>
        value === undefined ? Number.POSITIVE_INFINITY : Math.abs(value - sample),
      );
      const best = Math.min(...distances);
      // Where segments meet, the border between two values is not quite in their middle.
      const slack = Math.abs(sample) / 32 + 4;
      expect(Math.abs((coded[index] ?? 0) - sample)).toBeLessThanOrEqual(best + slack);
    }
  });
});

test("silence", () => {
  expect([...encodeMuLaw(Int16Array.of(0))]).toEqual([0xff]);
  expect([...encodeALaw(Int16Array.of(0))]).toEqual([0xd5]);
});
