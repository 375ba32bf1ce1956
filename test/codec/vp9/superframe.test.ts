/**
 * Goal: several frames of VP9 become one that decoders take apart again.
 *
 * Method: an index written by hand after Annex B.
 */

import { expect, test } from "vitest";
import { MalformedError } from "../../../src/base/errors.ts";
import { joinVp9Superframe } from "../../../src/codec/vp9/superframe.ts";
import { fromHex } from "../../support/hex.ts";

test("frames stand before an index of their sizes", () => {
  const frames = [fromHex("82 01"), fromHex("86 02 03")];
  // 110 | sizes of four bytes: 11 | two frames: 001
  const index = "d9 02000000 03000000 d9";
  expect(joinVp9Superframe(frames)).toEqual(fromHex(`82 01 86 02 03 ${index}`));
});

test("a single frame stays as it is, and there are neither none nor nine", () => {
  const frame = fromHex("82 01");
  expect(joinVp9Superframe([frame])).toBe(frame);
  expect(() => joinVp9Superframe([])).toThrow(MalformedError);
  expect(() => joinVp9Superframe(Array.from({ length: 9 }, () => frame))).toThrow(MalformedError);
});
