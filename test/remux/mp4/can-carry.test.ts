/**
 * Goal: what a container has no place for is known before anything is written, and so is what it has one
 * for, the codecs of browsers among them.
 *
 * Method: a track of each codec, asked of each container.
 */

import { expect, test } from "vitest";
import { createTrack, type Track } from "../../../src/live/track.ts";
import { createCmafTrack } from "../../../src/remux/cmaf/cmaf-track.ts";
import { FragmentsToStream } from "../../../src/remux/cmaf/to-stream.ts";
import { canCarryInMp4 } from "../../../src/remux/mp4/can-carry.ts";
import { canCarryInTs } from "../../../src/remux/mpegts/create-elementary-stream.ts";
import { StreamToRtp } from "../../../src/remux/rtp/from-stream.ts";
import { readFixture, readIvf } from "../../support/rtp-capture.ts";
import { AAC, G711, H264, MP3, OPUS } from "../mpegts/tracks.ts";

const VP8 = createTrack("video", "vp8", undefined);
const VP9 = createTrack("video", "vp9", undefined);

test.each<[string, Track, string]>([
  ["H.264", H264, "MP4 TS RTP"],
  ["VP8", VP8, "MP4 RTP"],
  ["VP9", VP9, "MP4 RTP"],
  ["AAC", AAC, "MP4 TS"],
  ["MP3", MP3, "MP4 TS"],
  ["Opus", OPUS, "MP4 TS RTP"],
  ["G.711", G711, "RTP"],
])("%s has its places", (_, track, places) => {
  const found = [
    canCarryInMp4(track) ? ["MP4"] : [],
    canCarryInTs(track) ? ["TS"] : [],
    new StreamToRtp(() => undefined).track(track) ? ["RTP"] : [],
  ];
  expect(found.flat().join(" ")).toBe(places);
});

test("MP4 with VP8 is read as what it was written", () => {
  const [first = new Uint8Array()] = readIvf(readFixture("vp8.ivf"));
  const cmaf = createCmafTrack(VP8, { payload: first });
  const tracks: Track[] = [];
  const reader = new FragmentsToStream({
    writeMetadata: () => undefined,
    writeTrack: (track) => {
      tracks.push(track);
      return track;
    },
    writeFrame: () => undefined,
  });
  reader.initialize(cmaf?.initializationSegment ?? new Uint8Array());
  expect(tracks).toMatchObject([{ kind: "video", codec: "vp8" }]);
  expect(cmaf).toMatchObject({ codecString: "vp08.00.10.08", width: 96, height: 64 });
});
