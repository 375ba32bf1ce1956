/**
 * Goal: NAL units are found by their sizes, and no size leads out of the input.
 *
 * Method: one access unit under each size of prefix, cut at every byte; hostile sizes; noise.
 */

import { describe, expect, test } from "vitest";
import { MalformedError } from "../../../src/base/errors.ts";
import {
  NAL_UNIT_COUNT_MAX,
  splitLengthPrefixed,
  toLengthSize,
} from "../../../src/codec/nal/length-prefixed.ts";
import { fromHex } from "../../support/hex.ts";
import { unlessMalformed } from "../../support/malformed.ts";
import { noise } from "../../support/noise.ts";

const NAL_UNITS = ["0910", "06", "65888040"].map(fromHex);

describe("splitLengthPrefixed()", () => {
  test.each([
    [1, "02 0910  01 06  00  04 65888040"],
    [2, "0002 0910  0001 06  0000  0004 65888040"],
    [4, "00000002 0910  00000001 06  00000000  00000004 65888040"],
  ] as const)("splits behind sizes of %i bytes, and leaves out empty units", (size, hex) => {
    const accessUnit = fromHex(hex);
    const nalUnits = splitLengthPrefixed(accessUnit, size);
    expect(nalUnits).toEqual(NAL_UNITS);
    expect(nalUnits[0]?.buffer).toBe(accessUnit.buffer);
  });

  test("throws wherever the access unit is cut, but between two units", () => {
    const accessUnit = fromHex("00000002 0910  00000001 06");
    for (let length = 0; length < accessUnit.length; length++) {
      const split = () => splitLengthPrefixed(accessUnit.subarray(0, length), 4);
      if (length === 0 || length === 6) expect(split()).toHaveLength(length / 6);
      else expect(split, `cut at ${length}`).toThrow(MalformedError);
    }
  });

  test("throws on the largest sizes", () => {
    expect(() => splitLengthPrefixed(fromHex("ffffffff 00"), 4)).toThrow(MalformedError);
    expect(() => splitLengthPrefixed(fromHex("80000001 00"), 4)).toThrow(MalformedError);
  });

  test("does not make an object of every other byte", () => {
    const most = new Uint8Array(NAL_UNIT_COUNT_MAX * 2).fill(1);
    expect(splitLengthPrefixed(most, 1)).toHaveLength(NAL_UNIT_COUNT_MAX);
    expect(() => splitLengthPrefixed(new Uint8Array(most.length + 2).fill(1), 1)).toThrow(
      MalformedError,
    );
  });

  test("takes from noise no more than is there", () => {
    for (const bytes of noise(3_000, 40)) {
      for (const size of [1, 2, 4] as const) {
        const small = bytes.map((byte) => byte % 5);
        const nalUnits = unlessMalformed(() => splitLengthPrefixed(small, size)) ?? [];
        const total = nalUnits.reduce((sum, nalUnit) => sum + nalUnit.length, 0);
        expect(total).toBeLessThanOrEqual(bytes.length);
      }
    }
  });
});

test("toLengthSize() refuses the reserved value", () => {
  expect([0, 1, 3].map((minusOne) => toLengthSize(minusOne, 4))).toEqual([1, 2, 4]);
  expect(() => toLengthSize(2, 4)).toThrow(expect.objectContaining({ offset: 4 }));
});
