/**
 * Goal: a slice says where it starts and of what type it is.
 *
 * Method: slices written bit by bit after 7.3.3, one of them with an emulation prevention byte in it, and
 * everything that is cut off or is of no type.
 */

import { describe, expect, test } from "vitest";
import { decodeH264SliceStart, H264SliceType } from "../../../src/codec/h264/slice-header.ts";
import { fromHex } from "../../support/hex.ts";
import { unlessMalformed } from "../../support/malformed.ts";
import { noise } from "../../support/noise.ts";

describe("the start of a slice", () => {
  test.each([
    // 1 | 00110 | 1 ... : ue 0, ue 5
    ["41 9a", 0, H264SliceType.P],
    // 1 | 00111 | ... : ue 0, ue 6
    ["01 9e", 0, H264SliceType.B],
    // 1 | 0001000 : ue 0, ue 7
    ["65 88", 0, H264SliceType.I],
    // 00110 | 010 : ue 5, ue 1
    ["01 32", 5, H264SliceType.B],
    // 22 zeros, 1, 22 zeros; 1; and an emulation prevention byte: ue 4194303, ue 0
    ["41 00 00 03 02 00 00 04", 4_194_303, H264SliceType.P],
  ])("of %s", (hex, firstMacroblock, sliceType) => {
    expect(decodeH264SliceStart(fromHex(hex))).toEqual({ firstMacroblock, sliceType });
  });

  test("is not in what is cut off, has no type, or is noise", () => {
    for (const hex of ["", "41", "41 00", "41 80", "41 85 80"]) {
      expect(unlessMalformed(() => decodeH264SliceStart(fromHex(hex)))).toBeUndefined();
    }
    for (const bytes of noise(500, 40)) unlessMalformed(() => decodeH264SliceStart(bytes));
  });
});
