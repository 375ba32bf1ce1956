/**
 * Goal: Opus and G.711 go into RTP and come out of it unchanged, at times that count samples.
 *
 * Method: packets that FFmpeg sent; frames at rounded times, of odd sizes, and with gaps.
 */

import { describe, expect, test } from "vitest";
import { MalformedError } from "../../../src/base/errors.ts";
import { decodeOpusHead } from "../../../src/codec/opus/opus-head.ts";
import type { Track } from "../../../src/live/track.ts";
import { StreamToRtp } from "../../../src/remux/rtp/from-stream.ts";
import type { RtpPayload } from "../../../src/remux/rtp/rtp-payload.ts";
import { createRtpInput } from "../../../src/remux/rtp/to-stream.ts";
import { fromHex } from "../../support/hex.ts";
import { noise } from "../../support/noise.ts";
import { feedPackets, readRtpCapture } from "../../support/rtp-capture.ts";
import { AAC, audioFrame, G711, MP3, OPUS } from "../mpegts/tracks.ts";
import { audioTrack, feed, packetize, StreamOutput, toHex } from "./stream-output.ts";

/** CELT, 20 ms, one frame. */
const PACKET = fromHex("f8 01 02 03");

const canCarry = (track: Track): boolean => new StreamToRtp(() => undefined).track(track);

describe("Opus", () => {
  test("that FFmpeg sent is a stereo track of its packets", () => {
    const packets = readRtpCapture("opus");
    const output = new StreamOutput();
    const input = createRtpInput("opus", output);
    feedPackets(input, packets);
    expect(output.frames.map(({ payload }) => toHex(payload))).toEqual(
      packets.map(({ payload }) => toHex(payload)),
    );
    const [first] = output.frames;
    expect(
      output.frames.slice(0, 3).map(({ dtsMs }) => Math.round(dtsMs - (first?.dtsMs ?? 0))),
    ).toEqual([0, 20, 40]);
    const head = decodeOpusHead(output.tracks[0]?.decoderConfigurationRecord ?? new Uint8Array());
    expect(head.channelCount).toBe(2);
    expect([input.needsKeyFrame, input.droppedCount, output.tracks.length]).toEqual([false, 0, 1]);
    const again = new StreamOutput();
    feed(createRtpInput("opus", again), packetize(output.frames));
    expect(again.frames.map(({ payload }) => toHex(payload))).toEqual(
      packets.map(({ payload }) => toHex(payload)),
    );
  });

  test("is one packet a frame, at times that follow on one another", () => {
    // 40 and 20 ms, as a publisher rounds them; then a gap.
    const frames = [0, 20, 41, 60, 500].map((dtsMs) => audioFrame(dtsMs, PACKET, OPUS));
    const payloads = packetize(frames);
    expect(payloads.map(({ timestamp, isMarked }) => [timestamp, isMarked])).toEqual([
      [0, true],
      [960, false],
      [1920, false],
      [2880, false],
      [24_000, true],
    ]);
    expect(payloads[0]?.payload).toBe(frames[0]?.payload);
    expect(
      payloads.every(({ kind, isKeyFrameStart }) => kind === "audio" && !isKeyFrameStart),
    ).toBe(true);
  });

  test("of more than a packet carries is refused, and what follows is not", () => {
    const payloads: RtpPayload[] = [];
    const rtp = new StreamToRtp((payload) => payloads.push(payload));
    const sized = (size: number): Uint8Array => {
      const packet = new Uint8Array(size);
      packet.set(PACKET);
      return packet;
    };
    rtp.frame(audioFrame(0, sized(1_900), OPUS));
    expect(() => rtp.frame(audioFrame(20, sized(1_901), OPUS))).toThrow(MalformedError);
    rtp.frame(audioFrame(40, PACKET, OPUS));
    expect(payloads.map(({ timestamp }) => timestamp)).toEqual([0, 1_920]);
  });

  test("of noise is dropped or kept, and throws nothing", () => {
    const output = new StreamOutput();
    const input = createRtpInput("opus", output);
    let count = 0;
    for (const payload of noise(500, 20)) {
      input.take(payload, 0, false, false);
      if (payload.length > 0) count += 1;
    }
    expect(input.droppedCount).toBeGreaterThan(0);
    expect(input.droppedCount + output.frames.length).toBe(count);
  });

  test("of more than two channels, and what is no codec of RTP here, cannot be sent", () => {
    const surround = fromHex("4f70757348656164 01 06 3801 80bb0000 0000 01 04 02 000401020305");
    expect(canCarry(audioTrack("opus", surround))).toBe(false);
    expect([OPUS, G711, AAC, MP3].map(canCarry)).toEqual([true, true, false, false]);
    expect(packetize([audioFrame(0, PACKET, AAC)])).toEqual([]);
  });
});

describe("G.711", () => {
  const samples = (count: number, first = 0): Uint8Array =>
    Uint8Array.from({ length: count }, (_, index) => first + index);

  test("goes out in packets of 20 ms, however large the frames are", () => {
    const frames = [audioFrame(0, samples(200), G711), audioFrame(25, samples(200), G711)];
    const payloads = packetize([...frames, audioFrame(50, samples(80), G711)]);
    expect(payloads.map(({ timestamp, payload }) => [timestamp, payload.length])).toEqual([
      [0, 160],
      [160, 160],
      [320, 160],
    ]);
    expect([...(payloads[1]?.payload ?? [])]).toEqual([...samples(40, 160), ...samples(120)]);
    expect(payloads.map(({ isMarked }) => isMarked)).toEqual([true, false, false]);
  });

  test("goes out before a gap too", () => {
    const payloads = packetize([0, 1000].map((dtsMs) => audioFrame(dtsMs, samples(200), G711)));
    expect(payloads.map(({ timestamp, payload }) => [timestamp, payload.length])).toEqual([
      [0, 160],
      [160, 40],
      [8000, 160],
    ]);
  });

  test("comes in as it is", () => {
    const output = new StreamOutput();
    feed(createRtpInput("g711u", output), packetize([audioFrame(0, samples(320), G711)]));
    expect(output.tracks.map(({ codec }) => codec)).toEqual(["g711u"]);
    expect(output.frames.map(({ dtsMs, payload }) => [dtsMs, payload.length])).toEqual([
      [0, 160],
      [20, 160],
    ]);
  });
});
