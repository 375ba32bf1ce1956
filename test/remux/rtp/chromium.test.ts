/**
 * Goal: what Chromium publishes, with temporal layers where it has them, comes in whole.
 *
 * Method: the first packets of Chromium's encoders; how large the frames are that were put together of
 * them when all of the recording was decoded by FFmpeg without an error.
 */

import { expect, test } from "vitest";
import type { RtpCodec } from "../../../src/remux/rtp/rtp-payload.ts";
import { createRtpInput } from "../../../src/remux/rtp/to-stream.ts";
import { describeVideo } from "../../../src/remux/track/video-details.ts";
import { feedPackets, readRtpCapture } from "../../support/rtp-capture.ts";
import { feed, packetize, StreamOutput, toHex } from "./stream-output.ts";

test.each<[RtpCodec, string, readonly number[]]>([
  ["h264", "avc1.42c015", [1918, 1245, 1127, 1178, 1183]],
  ["vp8", "vp08.00.20.08", [1022, 858, 1083, 899, 1329]],
  ["vp9", "vp09.00.20.08", [2102, 598, 1009, 745, 1253]],
  ["av1", "av01.0.00M.08", [1239, 583, 888, 671, 844]],
])("%s", (codec, codecString, sizes) => {
  const output = new StreamOutput();
  const input = createRtpInput(codec, output);
  feedPackets(input, readRtpCapture(`chromium-${codec}`));
  const { frames, tracks } = output;
  expect(frames.map(({ payload }) => payload.length)).toEqual(sizes);
  expect(frames.map(({ isKeyFrame }) => isKeyFrame)).toEqual([true, false, false, false, false]);
  expect(input.droppedCount).toBe(0);
  const [track] = tracks;
  const details = track && describeVideo(track, frames[0]);
  expect(details).toMatchObject({ codecString, width: 320, height: 180 });

  const again = new StreamOutput();
  feed(createRtpInput(codec, again), packetize(frames, { payloadSizeMax: 500 }));
  expect(again.frames.map(({ payload }) => toHex(payload))).toEqual(
    frames.map(({ payload }) => toHex(payload)),
  );
});
