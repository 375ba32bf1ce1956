/**
 * Goal: simulcast has layers that are of use and share the bit rate that was asked for, and the wanted
 * codec comes first without the others getting lost.
 *
 * Method: pictures of different sizes, and what Chrome says it can send.
 */

import { describe, expect, test } from "vitest";
import { codecChoices, orderCodecs, toEncodings } from "../../web/encodings.js";

describe("toEncodings()", () => {
  const picture = { width: 1280, height: 720, bitrateKbps: 2100, isSimulcast: true };

  test("has three layers, the lowest first", () => {
    expect(toEncodings(picture)).toEqual([
      { rid: "l", scaleResolutionDownBy: 4, maxBitrate: 100_000 },
      { rid: "m", scaleResolutionDownBy: 2, maxBitrate: 400_000 },
      { rid: "h", scaleResolutionDownBy: 1, maxBitrate: 1_600_000 },
    ]);
  });

  test.each([
    [640, 360, 2],
    [360, 640, 2],
    [320, 240, 1],
    [0, 0, 3],
  ])("of %i x %i it has %i layers, whose bit rates add up", (width, height, count) => {
    const encodings = toEncodings({ ...picture, width, height });
    expect(encodings.length).toBe(count);
    const total = encodings.reduce((sum, { maxBitrate }) => sum + maxBitrate, 0);
    expect(Math.abs(total - 2_100_000)).toBeLessThan(3);
  });

  test("without simulcast it has one, without a name", () => {
    expect(toEncodings({ ...picture, isSimulcast: false })).toEqual([{ maxBitrate: 2_100_000 }]);
  });
});

const CODECS = [
  { mimeType: "video/VP8" },
  { mimeType: "video/rtx" },
  { mimeType: "video/H264", sdpFmtpLine: "packetization-mode=0;profile-level-id=42001f" },
  { mimeType: "video/H264", sdpFmtpLine: "packetization-mode=1;profile-level-id=42e01f" },
  { mimeType: "video/AV1" },
  { mimeType: "video/red" },
  { mimeType: "video/VP9" },
];

test("orderCodecs() puts the wanted one first and the auxiliary ones last", () => {
  const names = orderCodecs(CODECS, "h264").map(({ mimeType, sdpFmtpLine = "" }) => {
    return `${mimeType.slice(6)} ${sdpFmtpLine.split(";")[0]}`.trim();
  });
  expect(names).toEqual([
    "H264 packetization-mode=1",
    "H264 packetization-mode=0",
    "VP8",
    "AV1",
    "VP9",
    "rtx",
    "red",
  ]);
});

test("codecChoices() has each codec once, H.264 first", () => {
  expect(codecChoices(CODECS)).toEqual(["H264", "AV1", "VP9", "VP8"]);
});
