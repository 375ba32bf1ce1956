/**
 * Goal: what a client asks for in its query is understood, or refused as malformed, whatever it is.
 *
 * Method: a table of queries; seeded noise in place of the numbers.
 */

import { describe, expect, test } from "vitest";
import { MalformedError } from "../../../src/base/errors.ts";
import { parseDeliveryDirectives } from "../../../src/codec/m3u8/delivery-directives.ts";
import { noise } from "../../support/noise.ts";

const parse = (query: string) => parseDeliveryDirectives(new URLSearchParams(query));
const NONE = { msn: undefined, part: undefined, skip: undefined };

describe("parseDeliveryDirectives()", () => {
  test.each([
    ["", NONE],
    ["token=x&hls_msn=1", NONE],
    ["_HLS_msn=0", { ...NONE, msn: 0 }],
    ["_HLS_msn=273&_HLS_part=2", { ...NONE, msn: 273, part: 2 }],
    ["_HLS_part=0&_HLS_msn=1&_HLS_skip=YES", { msn: 1, part: 0, skip: "YES" }],
    ["_HLS_skip=v2", { ...NONE, skip: "v2" }],
    ["_HLS_msn=9007199254740991", { ...NONE, msn: Number.MAX_SAFE_INTEGER }],
    ["_HLS_msn=1&_HLS_msn=x", { ...NONE, msn: 1 }],
  ])("understands %j", (query, directives) => {
    expect(parse(query)).toEqual(directives);
  });

  test.each([
    "_HLS_part=1",
    "_HLS_msn=-1",
    "_HLS_msn=",
    "_HLS_msn=1.5",
    "_HLS_msn=1e3",
    "_HLS_msn=0x10",
    "_HLS_msn=+1",
    "_HLS_msn=%201",
    "_HLS_msn=1%0A",
    "_HLS_msn=١",
    "_HLS_msn=9007199254740992",
    `_HLS_msn=${"9".repeat(5_000)}`,
    "_HLS_msn=1&_HLS_part=-1",
    "_HLS_msn=1&_HLS_part=x",
    "_HLS_msn=1&_HLS_part=100000",
    "_HLS_skip=NO",
    "_HLS_skip=yes",
    "_HLS_skip=",
  ])("refuses %j", (query) => {
    expect(() => parse(query)).toThrow(MalformedError);
  });

  test("throws nothing but MalformedError on noise", () => {
    for (const bytes of noise(2_000, 12)) {
      const text = String.fromCharCode(...bytes);
      try {
        const { msn } = parseDeliveryDirectives(new URLSearchParams({ _HLS_msn: text }));
        expect(`${msn}`).toBe(text);
      } catch (error) {
        expect(error).toBeInstanceOf(MalformedError);
      }
    }
  });
});
