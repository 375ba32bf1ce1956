/**
 * Goal: bootstrap information stands in its file as the specification has it: Flash players, which nobody
 * changes any more, read it byte by byte.
 *
 * Method: boxes written out by hand from sections 2.11.2, 2.11.2.1 and 2.11.2.2.
 */

import { expect, test } from "vitest";
import {
  Discontinuity,
  encodeBootstrapInfo,
  FRAGMENTS_UNKNOWN,
} from "../../../src/codec/f4v/bootstrap-info.ts";
import { fromHex } from "../../support/hex.ts";

/** Fields in hexadecimal digits, each with what it is. */
type Fields = readonly (readonly [string, string])[];

function bytesOf(fields: Fields): Uint8Array {
  return fromHex(fields.map(([hex]) => hex).join(""));
}

/** What does not depend on the stream, between the current media time and the run of segments. */
const MIDDLE: Fields = [
  ["0000000000000000", "SMPTE offset"],
  ["00", "movie identifier: an empty text"],
  ["00", "no servers"],
  ["00", "no qualities"],
  ["00", "DRM data: an empty text"],
  ["00", "metadata: an empty text"],
  ["01", "one table of segments"],
  ["00000019", "25 bytes"],
  ["61737274", "asrt"],
  ["00000000", "version 0, no flags"],
  ["00", "no qualities"],
  ["00000001", "one run"],
  ["00000001", "from segment 1 on"],
];

test("a live stream of one fragment", () => {
  const bytes = encodeBootstrapInfo({
    version: 1,
    isLive: true,
    currentMediaTimeMs: 10_000,
    fragmentsPerSegment: FRAGMENTS_UNKNOWN,
    fragmentRuns: [{ firstFragment: 1, startMs: 0, lasts: { durationMs: 10_000 } }],
  });
  const fields: Fields = [
    ["0000006a", "106 bytes"],
    ["61627374", "abst"],
    ["00000000", "version 0, no flags"],
    ["00000001", "version of the information"],
    ["20", "00 named access, 1 live, 0 whole, 0000 reserved"],
    ["000003e8", "1000 units a second"],
    ["0000000000002710", "current media time: 10000"],
    ...MIDDLE,
    ["ffffffff", "as many fragments as there will be"],
    ["01", "one table of fragments"],
    ["00000025", "37 bytes"],
    ["61667274", "afrt"],
    ["00000000", "version 0, no flags"],
    ["000003e8", "1000 units a second"],
    ["00", "no qualities"],
    ["00000001", "one run"],
    ["00000001", "from fragment 1 on"],
    ["0000000000000000", "at 0"],
    ["00002710", "each of 10000"],
  ];
  expect(bytes).toEqual(bytesOf(fields));
});

test("a discontinuity in the middle of a window, at times of more than 32 bits", () => {
  const startMs = 0x1_0000_0000;
  const bytes = encodeBootstrapInfo({
    version: 0x01020304,
    isLive: true,
    currentMediaTimeMs: startMs + 7_001,
    fragmentsPerSegment: FRAGMENTS_UNKNOWN,
    fragmentRuns: [
      { firstFragment: 258, startMs: 65_536, lasts: { durationMs: 2_000 } },
      {
        firstFragment: 260,
        startMs,
        lasts: { discontinuity: Discontinuity.NumbersAndTimes },
      },
      { firstFragment: 261, startMs, lasts: { durationMs: 4_001 } },
      { firstFragment: 262, startMs: startMs + 4_001, lasts: { durationMs: 3_000 } },
    ],
  });
  const fields: Fields = [
    ["0000009b", "155 bytes"],
    ["61627374", "abst"],
    ["00000000", "version 0, no flags"],
    ["01020304", "version of the information"],
    ["20", "live"],
    ["000003e8", "1000 units a second"],
    ["0000000100001b59", "current media time"],
    ...MIDDLE,
    ["ffffffff", "as many fragments as there will be"],
    ["01", "one table of fragments"],
    ["00000056", "86 bytes"],
    ["61667274", "afrt"],
    ["00000000", "version 0, no flags"],
    ["000003e8", "1000 units a second"],
    ["00", "no qualities"],
    ["00000004", "four runs"],
    ["00000102" + "0000000000010000" + "000007d0", "258 and 259, each of 2000"],
    ["00000104" + "0000000100000000" + "00000000", "260: no duration"],
    ["03", "neither numbers nor times go on"],
    ["00000105" + "0000000100000000" + "00000fa1", "261, of 4001"],
    ["00000106" + "0000000100000fa1" + "00000bb8", "262, of 3000"],
  ];
  expect(bytes).toEqual(bytesOf(fields));
});

test("what is not live, and ends", () => {
  const bytes = encodeBootstrapInfo({
    version: 1,
    isLive: false,
    currentMediaTimeMs: 9_000,
    fragmentsPerSegment: 5,
    fragmentRuns: [
      { firstFragment: 1, startMs: 0, lasts: { durationMs: 2_000 } },
      { firstFragment: 5, startMs: 8_000, lasts: { durationMs: 1_000 } },
      {
        firstFragment: 0,
        startMs: 0,
        lasts: { discontinuity: Discontinuity.EndOfPresentation },
      },
    ],
  });
  const fields: Fields = [
    ["0000008b", "139 bytes"],
    ["61627374", "abst"],
    ["00000000", "version 0, no flags"],
    ["00000001", "version of the information"],
    ["00", "not live"],
    ["000003e8", "1000 units a second"],
    ["0000000000002328", "current media time: 9000"],
    ...MIDDLE,
    ["00000005", "five fragments"],
    ["01", "one table of fragments"],
    ["00000046", "70 bytes"],
    ["61667274", "afrt"],
    ["00000000", "version 0, no flags"],
    ["000003e8", "1000 units a second"],
    ["00", "no qualities"],
    ["00000003", "three runs"],
    ["00000001" + "0000000000000000" + "000007d0", "1 to 4, each of 2000"],
    ["00000005" + "0000000000001f40" + "000003e8", "5, of 1000"],
    ["00000000" + "0000000000000000" + "00000000", "no duration"],
    ["00", "the end"],
  ];
  expect(bytes).toEqual(bytesOf(fields));
});
