/**
 * Goal: Exp-Golomb codes are read as H.264 9.1 defines them, up to their largest value and no further.
 *
 * Method: table 9-2 and table 9-3 of the specification; the longest code and the one after it.
 */

import { describe, expect, test } from "vitest";
import { MalformedError } from "../../../src/base/errors.ts";
import { RbspReader } from "../../../src/codec/nal/rbsp-reader.ts";
import { BitWriter } from "../../support/bit-writer.ts";

function readerOf(bits: string): RbspReader {
  return new RbspReader(new BitWriter().raw(bits).bytes());
}

describe("RbspReader", () => {
  test.each([
    ["1", 0, 0],
    ["010", 1, 1],
    ["011", 2, -1],
    ["00100", 3, 2],
    ["00101", 4, -2],
    ["00110", 5, 3],
    ["00111", 6, -3],
    ["0001000", 7, 4],
    ["0001001", 8, -4],
    [`${"0".repeat(31)}1${"0".repeat(31)}`, 2 ** 31 - 1, 2 ** 30],
    [`${"0".repeat(31)}1${"1".repeat(31)}`, 2 ** 32 - 2, -(2 ** 31) + 1],
  ])("%s", (bits, unsigned, signed) => {
    expect(readerOf(bits).readUnsignedExpGolomb()).toBe(unsigned);
    expect(readerOf(bits).readSignedExpGolomb()).toBe(signed);
  });

  test("stops at a code that no value has", () => {
    const read = () => readerOf(`${"0".repeat(32)}1${"0".repeat(32)}`).readUnsignedExpGolomb();
    expect(read).toThrow(MalformedError);
    expect(read).toThrow("more than 32 zeros");
    expect(() => new RbspReader(new Uint8Array(1000)).readSignedExpGolomb()).toThrow("zeros");
  });

  test("throws where the bits end", () => {
    for (const bits of ["", "00000000", "00000001"]) {
      expect(() => readerOf(bits).readUnsignedExpGolomb(), bits).toThrow(MalformedError);
    }
  });

  test("throws where a value is more than the place allows", () => {
    expect(readerOf("00110").readUnsignedExpGolomb(5)).toBe(5);
    expect(() => readerOf("00111").readUnsignedExpGolomb(5)).toThrow("6: more than 5");
  });
});
