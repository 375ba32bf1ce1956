/**
 * Goal: what the API says of a track is what its decoder configuration says, and nothing in there can
 * make it fail.
 *
 * Method: records from the specifications and from captures; each cut at every byte; noise.
 */

import { describe, expect, test } from "vitest";
import { encodeBase64 } from "../../../src/base/base64.ts";
import type { TrackReport } from "../../../src/live/reports.ts";
import { audioDetails, videoDetails } from "../../../src/services/api/track-details.ts";
import { fromHex } from "../../support/hex.ts";
import { noise } from "../../support/noise.ts";
import { videoSample } from "../../support/video-samples.ts";

function track(codec: string, hex: string | Uint8Array): TrackReport {
  const bytes = typeof hex === "string" ? fromHex(hex) : hex;
  return { codec, configuration: encodeBase64(bytes) };
}

const HVCC = "01 01 60000000 900000000000 5d f000fcfdf8f800000f00";

describe("video", () => {
  test.each([
    ["h264", "01 42c01e ffe1", { codec: "H264", profile: "Baseline", level: "3" }],
    ["h264", "01 4d401f ffe1", { codec: "H264", profile: "Main", level: "3.1" }],
    ["h264", "01 640028 ffe1", { codec: "H264", profile: "High", level: "4" }],
    ["h264", "01 f40029 ffe1", { codec: "H264", profile: "High(444)", level: "4.1" }],
    ["h264", "01 070034 ffe1", { codec: "H264", profile: "", level: "5.2" }],
    ["hevc", HVCC, { codec: "HEVC", profile: "Main", level: "3.1" }],
    ["av1", "81050c00", { codec: "AV1", profile: "", level: "" }],
    ["vp8", "", { codec: "VP8", profile: "", level: "" }],
  ])("%s %s", (codec, hex, expected) => {
    expect(videoDetails(track(codec, hex))).toEqual(expected);
  });

  test.each([
    ["h264-1080p", { profile: "High", level: "4", width: 1920, height: 1080 }],
    ["h264-interlaced", { profile: "High", level: "4", width: 1920, height: 1080 }],
    ["hevc-422-10", { profile: "Rext", level: "3.1", width: 854, height: 478 }],
    ["av1-svt", { profile: "Main", level: "4", width: 1920, height: 1080 }],
    ["vp9", { profile: "", level: "", width: undefined, height: undefined }],
  ])("%s, with its size where the configuration has it", (name, expected) => {
    const { codec, record } = videoSample(name);
    expect(videoDetails(track(codec, fromHex(record)))).toMatchObject(expected);
  });

  test("without a configuration", () => {
    const details = videoDetails({ codec: "h264", configuration: null });
    expect(details).toEqual({ codec: "H264", profile: "", level: "" });
  });
});

describe("audio", () => {
  test.each([
    ["aac", "1210", { codec: "AAC", sampleRate: 44_100, channels: 2, profile: "LC" }],
    ["aac", "1190", { codec: "AAC", sampleRate: 48_000, channels: 2, profile: "LC" }],
    ["aac", "1408", { codec: "AAC", sampleRate: 16_000, channels: 1, profile: "LC" }],
    ["aac", "1238", { codec: "AAC", sampleRate: 44_100, channels: 8, profile: "LC" }],
    // samplingFrequencyIndex 15: 24 bits of rate follow, here 50,000.
    ["aac", "1780 61a8 10", { codec: "AAC", sampleRate: 50_000, channels: 2, profile: "LC" }],
    ["aac", "2b92", { codec: "AAC", sampleRate: 22_050, channels: 2, profile: "HE" }],
    ["aac", "1690", { codec: "AAC", sampleRate: 0, channels: 2, profile: "LC" }],
    [
      "opus",
      "4f70757348656164 01 02 3801 80bb0000 0000 00",
      { codec: "Opus", sampleRate: 48_000, channels: 2, profile: "" },
    ],
    ["g711a", "", { codec: "G711A", sampleRate: 8_000, channels: 1, profile: "" }],
    ["mp3", "", { codec: "MP3", sampleRate: 0, channels: 0, profile: "" }],
  ])("%s %s", (codec, hex, expected) => {
    expect(audioDetails(track(codec, hex))).toEqual(expected);
  });
});

test("a configuration cut at any byte says less, and does no harm", () => {
  for (const [codec, hex] of [
    ["h264", "01 4d401f ffe1"],
    ["hevc", HVCC],
  ] as const) {
    const bytes = fromHex(hex);
    for (let size = 0; size < bytes.length; size++) {
      const { profile, level } = videoDetails(track(codec, bytes.subarray(0, size)));
      const isEnough = size >= (codec === "h264" ? 4 : 13);
      expect([profile, level]).toEqual(isEnough ? ["Main", "3.1"] : ["", ""]);
    }
  }
  expect(audioDetails(track("aac", "12")).profile).toBe("");
});

test("noise", () => {
  for (const bytes of noise(500, 24)) {
    for (const codec of ["h264", "hevc", "aac", "opus"]) {
      expect(videoDetails(track(codec, bytes)).profile).toMatch(/^[A-Za-z0-9()]*$/);
      expect(audioDetails(track(codec, bytes)).sampleRate).toBeGreaterThanOrEqual(0);
    }
  }
});
