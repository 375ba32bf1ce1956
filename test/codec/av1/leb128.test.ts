/**
 * Goal: sizes of OBUs are written as the specification has them, and read back.
 *
 * Method: numbers at the borders of each size, written by hand after 4.10.5.
 */

import { expect, test } from "vitest";
import { decodeLeb128, encodeLeb128, leb128Size } from "../../../src/codec/av1/obu.ts";
import { fromHex } from "../../support/hex.ts";

test.each([
  [0, "00"],
  [127, "7f"],
  [128, "8001"],
  [300, "ac02"],
  [16_383, "ff7f"],
  [16_384, "808001"],
  [2 ** 32 - 1, "ffffffff0f"],
])("%i", (value, hex) => {
  const bytes = fromHex(hex);
  expect(leb128Size(value)).toBe(bytes.length);
  const target = new Uint8Array(bytes.length + 1);
  expect(encodeLeb128(target, 1, value)).toBe(target.length);
  expect(target.subarray(1)).toEqual(bytes);
  expect(decodeLeb128(bytes, 0)).toEqual({ value, end: bytes.length });
});
