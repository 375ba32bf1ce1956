/**
 * Goal: the type is the six bits behind the first, the table has a name for each, and IRAP are 16 to 23.
 *
 * Method: all first bytes.
 */

import { expect, test } from "vitest";
import { HevcNalUnitType, hevcNalUnitType, isIrap } from "../../../src/codec/hevc/nal-unit-type.ts";

test("every first byte has a type with a name", () => {
  const named: readonly number[] = Object.values(HevcNalUnitType);
  expect(named).toEqual(Array.from({ length: 64 }, (_, type) => type));
  for (let byte = 0; byte < 256; byte++) {
    expect(named).toContain(hevcNalUnitType(Uint8Array.of(byte, 1)));
  }
  expect(hevcNalUnitType(Uint8Array.of(0x42, 1))).toBe(HevcNalUnitType.Sps);
});

test("IRAP", () => {
  const types = Object.values(HevcNalUnitType).filter(isIrap);
  expect(types).toEqual([16, 17, 18, 19, 20, 21, 22, 23]);
});
