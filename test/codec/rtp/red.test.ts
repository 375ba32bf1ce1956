/**
 * Goal: the payloads in a redundant packet are found, and no size leads outside of it.
 *
 * Method: bytes by the example of RFC 2198, section 4, with shorter blocks; every truncation; noise.
 */

import { describe, expect, test } from "vitest";
import { MalformedError } from "../../../src/base/errors.ts";
import { parseRed } from "../../../src/codec/rtp/red.ts";
import { fromHex } from "../../support/hex.ts";
import { unlessMalformed } from "../../support/malformed.ts";
import { noise } from "../../support/noise.ts";

describe("parseRed", () => {
  test("finds the primary and the redundant blocks", () => {
    // PT 7 with an offset of 320 and 2 bytes, PT 111 with an offset of 16,383 and none; PT 5.
    const bytes = fromHex("87 050002  ef fffc00  05  a1a2 c1c2c3");
    expect(parseRed(bytes)).toEqual({
      redundant: [
        { payloadType: 7, timestampOffset: 320, payload: fromHex("a1a2") },
        { payloadType: 111, timestampOffset: 16_383, payload: fromHex("") },
      ],
      primary: { payloadType: 5, timestampOffset: 0, payload: fromHex("c1c2c3") },
    });
  });

  test("takes a packet without redundancy", () => {
    expect(parseRed(fromHex("6f c1c2"))).toEqual({
      redundant: [],
      primary: { payloadType: 111, timestampOffset: 0, payload: fromHex("c1c2") },
    });
  });

  test.each([
    ["nothing", ""],
    ["headers without end", "87050002 87050002"],
    ["a header that is cut off", "870500"],
    ["a block that is too long", "87050003 05 a1a2"],
  ])("refuses %s", (_, hex) => {
    expect(() => parseRed(fromHex(hex))).toThrow(MalformedError);
  });

  test("survives noise", () => {
    for (const bytes of noise(2_000, 50)) {
      const red = unlessMalformed(() => parseRed(bytes));
      if (red === undefined) continue;
      const sizes = red.redundant.map((block) => 4 + block.payload.length);
      const size = sizes.reduce((sum, size) => sum + size, 1 + red.primary.payload.length);
      expect(size).toBe(bytes.length);
    }
  });
});
