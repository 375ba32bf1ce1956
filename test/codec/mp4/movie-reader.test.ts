/**
 * Goal: the tracks of a movie are read as they were written, by us and by others, and no file can make
 * the reader do anything but say that it is malformed.
 *
 * Method: a file by FFmpeg, beside what ffprobe says of it; what our writer makes of every codec; each
 * byte changed, and the file cut off everywhere.
 */

import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { findBox } from "../../../src/codec/mp4/box-reader.ts";
import { decodeMovie, type ReadMovie } from "../../../src/codec/mp4/movie-reader.ts";
import { decodeOpusSpecificBox } from "../../../src/codec/opus/opus-head.ts";
import { createCmafTrack } from "../../../src/remux/cmaf/cmaf-track.ts";
import { AAC, OPUS } from "../../remux/mpegts/tracks.ts";
import { fromHex } from "../../support/hex.ts";
import { unlessMalformed } from "../../support/malformed.ts";
import { noise } from "../../support/noise.ts";
import { videoSample } from "../../support/video-samples.ts";

const FILE = new Uint8Array(
  readFileSync(new URL("../../fixtures/mp4/fragmented.mp4", import.meta.url)),
);

function movieOf(bytes: Uint8Array): ReadMovie {
  const moov = findBox(bytes, ["moov"]);
  if (moov === undefined) throw new Error("No moov");
  return decodeMovie(moov.body);
}

describe("decodeMovie()", () => {
  test("reads FFmpeg's tracks, with the edits that put them together", () => {
    const { tracks, defaults } = movieOf(FILE);
    expect(tracks.map(({ trackId, timescale, shift }) => [trackId, timescale, shift])).toEqual([
      [1, 12_800, 512], // The first picture is shown 40 ms after it is decoded.
      [2, 48_000, 1_024], // The encoder's delay.
    ]);
    expect(tracks.map(({ sampleEntry }) => sampleEntry?.format)).toEqual(["avc1", "mp4a"]);
    expect(tracks[1]?.sampleEntry?.objectTypeIndication).toBe(0x40);
    expect(tracks[1]?.sampleEntry?.record?.subarray(0, 2)).toEqual(fromHex("1188"));
    expect([...defaults.keys()]).toEqual([1, 2]);
  });

  test.each(["h264-1080p", "hevc-1080p"])("reads the configuration that we write: %s", (name) => {
    const { codec, record } = videoSample(name);
    const track = createCmafTrack({
      ...{ kind: "video", codec, decoderConfigurationRecord: fromHex(record) },
    });
    const { tracks } = movieOf(track?.initializationSegment ?? FILE);
    expect(tracks[0]?.sampleEntry?.record).toEqual(fromHex(record));
    expect(tracks[0]?.shift).toBe(0);
  });

  test("reads the configuration of sound that we write", () => {
    const aac = movieOf(createCmafTrack(AAC)?.initializationSegment ?? FILE).tracks[0];
    expect(aac?.sampleEntry?.record).toEqual(AAC.decoderConfigurationRecord);
    const opus = movieOf(createCmafTrack(OPUS)?.initializationSegment ?? FILE).tracks[0];
    expect(opus?.sampleEntry?.format).toBe("Opus");
    expect(decodeOpusSpecificBox(opus?.sampleEntry?.record ?? FILE).channelCount).toBe(1);
  });

  test("throws nothing but MalformedError, whatever is changed or cut off", () => {
    const moov = findBox(FILE, ["moov"])?.body ?? FILE;
    for (let at = 0; at < moov.length; at++) {
      for (const value of [0, 1, 0x7f, 0xff]) {
        const changed = moov.slice();
        changed[at] = value;
        unlessMalformed(() => decodeMovie(changed));
      }
      unlessMalformed(() => decodeMovie(moov.subarray(0, at)));
    }
    for (const bytes of noise(1_000, 200)) unlessMalformed(() => decodeMovie(bytes));
  });
});
