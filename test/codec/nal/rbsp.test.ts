/**
 * Goal: emulation prevention is taken out where it is, and nothing else.
 *
 * Method: examples after H.264 7.4.1.1; noise with many zeros, put in by test/support and taken out.
 */

import { expect, test } from "vitest";
import { toRbsp } from "../../../src/codec/nal/rbsp.ts";
import { toNalUnit } from "../../support/bit-writer.ts";
import { fromHex } from "../../support/hex.ts";
import { noise } from "../../support/noise.ts";

test.each([
  ["67 000003 00 ff", "67 0000 00 ff"],
  ["67 000003 01", "67 0000 01"],
  ["67 000003 000003 000003", "67 0000 0000 0000"],
  ["67 00000003 01", "67 000000 01"],
  ["67 000003", "67 0000"],
  ["000003 0003 03", "0000 0003 03"],
])("%s -> %s", (nalUnit, rbsp) => {
  expect(toRbsp(fromHex(nalUnit))).toEqual(fromHex(rbsp));
});

test.each(["", "67", "67 0003 0003 03", "67 0000 04 03"])("%s has nothing to remove", (hex) => {
  const nalUnit = fromHex(hex);
  expect(toRbsp(nalUnit)).toBe(nalUnit);
});

test("takes out what was put in", () => {
  for (const bytes of noise(2_000, 40)) {
    const rbsp = bytes.map((byte) => byte & 3); // Zeros are frequent.
    expect(toRbsp(toNalUnit(rbsp))).toEqual(rbsp);
  }
});
