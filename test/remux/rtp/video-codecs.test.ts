/**
 * Goal: HEVC, VP8, VP9 and AV1 go into RTP and come out of it as their payload formats have it; what is
 * lost or broken on the way takes nothing with it beyond the next key frame, and nothing throws.
 *
 * Method: packets that FFmpeg sent, beside the same stream in a file; round trips at several packet
 * sizes; every packet lost and cut off anywhere; seeded noise. The bytes of each format are in tests of
 * their own.
 */

import { describe, expect, test } from "vitest";
import { splitAnnexB } from "../../../src/codec/nal/annex-b.ts";
import { splitLengthPrefixed } from "../../../src/codec/nal/length-prefixed.ts";
import { createTrack } from "../../../src/live/track.ts";
import type { RtpCodec } from "../../../src/remux/rtp/rtp-payload.ts";
import { createRtpInput } from "../../../src/remux/rtp/to-stream.ts";
import { noise } from "../../support/noise.ts";
import {
  type CapturedPacket,
  feedPackets,
  readFixture,
  readIvf,
  readRtpCapture,
} from "../../support/rtp-capture.ts";
import { createRandom } from "../../support/seeded-random.ts";
import { disturb, lastPtsMs, outOfOrder } from "./disturb.ts";
import { feed, packetize, StreamOutput, toHex, videoFrame } from "./stream-output.ts";

type Codec = Extract<RtpCodec, "hevc" | "vp8" | "vp9" | "av1">;

/** Frames 0 and 4 of seven are key frames. */
const FRAME_COUNT = 7;
const isKeyFrame = (index: number): boolean => index % 4 === 0;

/** FFmpeg's packets; for AV1, of which it has none, ours. */
function packetsOf(codec: Codec): CapturedPacket[] {
  if (codec !== "av1") return readRtpCapture(codec);
  const track = createTrack("video", "av1", undefined);
  const frames = readIvf(readFixture("av1.ivf")).map((frame, index) =>
    videoFrame(track, index * 40, frame),
  );
  return packetize(frames, { payloadSizeMax: 300 }).map((packet, sequenceNumber) => ({
    ...packet,
    sequenceNumber,
  }));
}

function read(codec: Codec, packets: readonly CapturedPacket[]) {
  const output = new StreamOutput();
  const input = createRtpInput(codec, output);
  feedPackets(input, packets);
  return { output, input };
}

const payloadsOf = ({ frames }: StreamOutput): string[] =>
  frames.map(({ payload }) => toHex(payload));

/** What the file has, in the same form. */
function expectedOf(codec: Codec): string[] {
  if (codec === "hevc") {
    return splitAnnexB(readFixture("hevc.hevc"))
      .filter(([header = 0]) => ![32, 33, 34].includes(header >>> 1))
      .map(toHex);
  }
  const frames = readIvf(readFixture(`${codec}.ivf`));
  // Each temporal unit of AV1 begins with a delimiter of two bytes.
  return frames.map((frame) => toHex(codec === "av1" ? frame.subarray(2) : frame));
}

describe.each<Codec>(["hevc", "vp8", "vp9", "av1"])("%s", (codec) => {
  const packets = packetsOf(codec);
  const whole = read(codec, packets);

  test("comes in as it is in the file", () => {
    const { frames, tracks } = whole.output;
    const taken =
      codec === "hevc"
        ? frames.flatMap(({ payload }) => splitLengthPrefixed(payload, 4)).map(toHex)
        : payloadsOf(whole.output);
    expect(taken).toEqual(expectedOf(codec));
    expect(frames.map((frame) => frame.isKeyFrame)).toEqual(frames.map((_, i) => isKeyFrame(i)));
    expect(frames).toHaveLength(FRAME_COUNT);
    expect(tracks.map((track) => track.codec)).toEqual([codec]);
    expect([whole.input.droppedCount, whole.input.needsKeyFrame]).toEqual([0, false]);
  });

  test.each([32, 100, 1200])("survives packets of %i bytes of ours", (payloadSizeMax) => {
    const { frames, tracks } = whole.output;
    const payloads = packetize(frames, { payloadSizeMax });
    const sizes = payloads.map(({ payload }) => payload.length);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(payloadSizeMax);
    expect(payloads.filter(({ isMarked }) => isMarked)).toHaveLength(FRAME_COUNT);
    const starts = payloads.filter((packet) => packet.isKeyFrameStart);
    expect(starts.map(({ timestamp }) => timestamp)).toEqual(
      [0, 4].map((index) => Math.round((frames[index]?.dtsMs ?? 0) * 90)),
    );
    const again = new StreamOutput();
    feed(createRtpInput(codec, again), payloads);
    expect(payloadsOf(again)).toEqual(payloadsOf(whole.output));
    expect(again.tracks).toEqual(tracks);
  });

  test("is withheld from where a packet is missing up to the next key frame", () => {
    const times = [...new Set(packets.map(({ timestamp }) => timestamp))];
    for (const lost of packets.slice(1, -1)) {
      const { output, input } = read(
        codec,
        packets.filter((packet) => packet !== lost),
      );
      const index = times.indexOf(lost.timestamp);
      const isLastOfFrame = lost.isMarked;
      const taken = output.frames.map(({ dtsMs }) => Math.round(dtsMs * 90));
      // A frame whose end is lost is known to be so before the next begins, which may be a key frame.
      expect(taken).toEqual(times.filter((_, i) => i < index || (i >= 4 && index < 4)));
      expect(input.needsKeyFrame, `${isLastOfFrame}`).toBe(index >= 4);
    }
  });

  test("throws nothing if a packet is cut off", () => {
    for (const packet of packets) {
      for (let size = 0; size < packet.payload.length; size += size < 20 ? 1 : 37) {
        const cut = { ...packet, payload: packet.payload.subarray(0, size) };
        const { output } = read(
          codec,
          packets.map((one) => (one === packet ? cut : one)),
        );
        expect(output.frames.length).toBeGreaterThanOrEqual(3);
      }
    }
  });

  test("throws nothing on a bad network, and goes on after it", () => {
    const random = createRandom(11);
    const garbage = [...noise(300, 60)];
    for (let round = 0; round < 100; round++) {
      const output = new StreamOutput();
      const input = createRtpInput(codec, output);
      for (const packet of outOfOrder(packets, random)) disturb(input, packet, random, garbage);
      feedPackets(input, packets);
      expect(lastPtsMs(output)).toBe((packets.at(-1)?.timestamp ?? 0) / 90);
    }
  });

  test("throws nothing on noise", () => {
    const output = new StreamOutput();
    const input = createRtpInput(codec, output);
    let timestamp = 0;
    for (const payload of noise(3000, 80)) {
      timestamp += payload.length % 3;
      input.take(payload, timestamp, payload.length % 2 === 0, payload.length % 5 === 0);
    }
    input.flush();
    expect(input.droppedCount).toBeGreaterThan(0);
  });
});

test("hevc without parameter sets, which the session description has", () => {
  const sets = splitAnnexB(readFixture("hevc.hevc")).slice(0, 3);
  const packets = readRtpCapture("hevc");
  const isSet = ({ payload: [header = 0] }: CapturedPacket): boolean =>
    [32, 33, 34, 48].includes(header >>> 1);
  const output = new StreamOutput();
  const input = createRtpInput("hevc", output, sets);
  // Each of them is missing, so that each key frame comes after a gap.
  feedPackets(
    input,
    packets.filter((packet) => !isSet(packet)),
  );
  const keys = output.frames.filter((frame) => frame.isKeyFrame);
  expect(keys).toHaveLength(2);
  expect(output.frames).toHaveLength(FRAME_COUNT);
});
