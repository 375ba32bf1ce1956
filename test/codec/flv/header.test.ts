/**
 * Goal: the FLV header is Annex E.2's, byte for byte.
 *
 * Method: one header written out by hand serves both directions, cut at every byte; a table of what
 * is not FLV; seeded noise.
 */

import { describe, expect, test } from "vitest";
import { MalformedError } from "../../../src/base/errors.ts";
import { decodeFlvHeader, encodeFlvHeader } from "../../../src/codec/flv/header.ts";
import { fromHex } from "../../support/hex.ts";
import { noise } from "../../support/noise.ts";

//                      F L V  1  A+V DataOffset PreviousTagSize0
const HEADER = fromHex("464c56 01 05 00000009 00000000");

describe("decodeFlvHeader() and encodeFlvHeader()", () => {
  test.each([
    ["05", true, true],
    ["04", true, false],
    ["01", false, true],
    ["00", false, false],
  ])("know the flags %s", (flags, hasAudio, hasVideo) => {
    const bytes = fromHex(`464c56 01 ${flags} 00000009 00000000`);
    expect(encodeFlvHeader({ hasAudio, hasVideo })).toEqual(bytes);
    expect(decodeFlvHeader(bytes)).toEqual([{ hasAudio, hasVideo }, 13]);
  });
});

describe("decodeFlvHeader()", () => {
  test("waits for more input wherever the header is cut", () => {
    for (let length = 0; length < HEADER.length; length++) {
      expect(decodeFlvHeader(HEADER.subarray(0, length)), `cut at ${length}`).toBeUndefined();
    }
  });

  test("skips what a longer header holds", () => {
    const bytes = fromHex("464c56 01 05 0000000b ffff 00000000 08");
    expect(decodeFlvHeader(bytes)?.[1]).toBe(15);
  });

  test.each([
    ["no signature", "47"],
    ["no signature, cut late", "464c58"],
    ["a header that ends inside itself", "464c56 01 05 00000008"],
    ["a header of gigabytes", "464c56 01 05 ffffffff"],
  ])("throws MalformedError on %s", (_name, hex) => {
    expect(() => decodeFlvHeader(fromHex(hex))).toThrow(MalformedError);
  });

  test("throws nothing but MalformedError on noise", () => {
    for (const random of noise(10_000, 20)) {
      for (const input of [random, Uint8Array.of(0x46, 0x4c, 0x56, ...random)]) {
        try {
          decodeFlvHeader(input);
        } catch (error) {
          expect(error).toBeInstanceOf(MalformedError);
        }
      }
    }
  });
});
