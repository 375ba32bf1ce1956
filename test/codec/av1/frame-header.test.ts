/**
 * Goal: a temporal unit of AV1 says whether decoding can begin with it.
 *
 * Method: OBUs written byte by byte after 5.3.2 and 5.9.2, and the frames of a file by libaom.
 */

import { expect, test } from "vitest";
import { isAv1KeyFrame } from "../../../src/codec/av1/frame-header.ts";
import { splitTemporalUnit } from "../../../src/codec/av1/obu.ts";
import { fromHex } from "../../support/hex.ts";
import { readFixture, readIvf } from "../../support/rtp-capture.ts";

const isKey = (temporalUnit: Uint8Array): boolean =>
  isAv1KeyFrame(temporalUnit, splitTemporalUnit(temporalUnit));

test.each([
  // Frame OBU, size 1: show_existing_frame 0, frame_type 0, show_frame 1.
  ["a key frame", "32 01 10", true],
  ["a key frame behind a delimiter, its header in an OBU of its own", "12 00 1a 01 10", true],
  ["an inter frame", "32 01 30", false],
  ["an intra-only frame", "32 01 50", false],
  ["a frame that exists", "1a 01 80", false],
  ["the first of two", "32 01 30 32 01 10", false],
  ["no frame", "12 00", false],
  ["an empty frame", "32 00 10", false],
])("%s", (_, hex, expected) => {
  const bytes = fromHex(hex);
  expect(hex === "32 00 10" ? isAv1KeyFrame(bytes, [decode(bytes)]) : isKey(bytes)).toBe(expected);
});

function decode(bytes: Uint8Array) {
  const [first] = splitTemporalUnit(bytes.subarray(0, 2));
  if (first === undefined) throw new Error("There is an OBU");
  return first;
}

test("the first and the fifth by libaom, which has them every four", () => {
  const keys = readIvf(readFixture("av1.ivf")).map(isKey);
  expect(keys).toEqual([true, false, false, false, true, false, false]);
});
