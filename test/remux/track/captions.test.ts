/**
 * Goal: closed captions are found in the pictures of H.264 and HEVC, and nowhere else, since players are
 * told that there are none.
 *
 * Method: an SEI message written by hand from ATSC A/53 part 4, section 6.2.3, behind and before what
 * else pictures have; messages that only look alike; malformed pictures; noise.
 */

import { expect, test } from "vitest";
import type { Track } from "../../../src/live/track.ts";
import { CaptionScanner } from "../../../src/remux/track/captions.ts";
import { fromHex } from "../../support/hex.ts";
import { noise } from "../../support/noise.ts";
import { AAC, H264, HEVC, picture } from "../../support/packaging-frames.ts";

/** user_data_registered_itu_t_t35 of 14 bytes: one pair of CEA-608, "RCL". */
const MESSAGE = "040e b500314741393403 41ff fc942c ff 80";
/** x264's of unregistered data begins like this. */
const OTHER_MESSAGE = "0514 dc45e9bde6d948b7962cd820d923eeef 78323634 80";
/** Bars (type 06), and "DTG1", which is no "GA94". */
const BARS = "040a b500314741393406 0000 80";
const ACTIVE_FORMAT = "0409 b500314454473103 44 80";

/** A picture of these NAL units and a slice. */
function payload(track: Track, ...units: string[]): Uint8Array {
  const frame = picture(0, { track });
  const sizes = units.map((unit) => {
    const bytes = fromHex(unit);
    return [0, 0, 0, bytes.length, ...bytes];
  });
  return Uint8Array.of(...sizes.flat(), ...frame.payload);
}

function hasCaptions(track: Track, bytes: Uint8Array): boolean | undefined {
  return CaptionScanner.of(track)?.hasCaptions({ ...picture(0, { track }), payload: bytes });
}

test.each([
  ["H.264", H264, "06"],
  ["HEVC", HEVC, "4e01"],
])("%s", (_, track, header) => {
  expect(hasCaptions(track, payload(track, header + MESSAGE))).toBe(true);
  expect(hasCaptions(track, payload(track, header + OTHER_MESSAGE, header + MESSAGE))).toBe(true);
  expect(hasCaptions(track, payload(track))).toBe(false);
  for (const other of [OTHER_MESSAGE, BARS, ACTIVE_FORMAT]) {
    expect(hasCaptions(track, payload(track, header + other))).toBe(false);
  }
});

test("the same bytes in a slice are no captions", () => {
  expect(hasCaptions(H264, payload(H264, `41${MESSAGE}`))).toBe(false);
  expect(hasCaptions(HEVC, payload(HEVC, `0201${MESSAGE}`))).toBe(false);
});

test("captions of other codecs are not looked for", () => {
  for (const track of [AAC, { ...H264, codec: "av1" }, { ...H264, codec: "vp9" }]) {
    expect(CaptionScanner.of(track as Track)).toBeUndefined();
  }
  const track = { ...H264, decoderConfigurationRecord: fromHex("01") };
  expect(CaptionScanner.of(track)).toBeUndefined();
});

test("malformed pictures have none", () => {
  const bytes = payload(H264, `06${MESSAGE}`);
  const seiEnd = 4 + fromHex(`06${MESSAGE}`).length;
  for (let end = 0; end < bytes.length; end++) {
    expect(hasCaptions(H264, bytes.slice(0, end)), `${end} bytes`).toBe(end === seiEnd);
  }
  for (const random of noise(200, 100)) expect(hasCaptions(H264, random)).toBe(false);
});
