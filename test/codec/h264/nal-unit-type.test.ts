/**
 * Goal: the type is the low five bits, and the table has a name for each.
 *
 * Method: all first bytes.
 */

import { expect, test } from "vitest";
import { H264NalUnitType, h264NalUnitType } from "../../../src/codec/h264/nal-unit-type.ts";

test("every first byte has a type with a name", () => {
  const named: readonly number[] = Object.values(H264NalUnitType);
  expect(named).toEqual(Array.from({ length: 32 }, (_, type) => type));
  for (let byte = 0; byte < 256; byte++) {
    expect(named).toContain(h264NalUnitType(Uint8Array.of(byte)));
  }
  expect(h264NalUnitType(Uint8Array.of(0x67))).toBe(H264NalUnitType.Sps);
  expect(h264NalUnitType(Uint8Array.of(0x65))).toBe(H264NalUnitType.Idr);
});
