/**
 * Goal: H.264 goes into RTP and comes out of it as RFC 6184 has it, whoever is on the other side; what is
 * lost or broken on the way takes nothing with it beyond the next key frame, and nothing throws.
 *
 * Method: payloads written down byte by byte after the figures of the RFC; packets that FFmpeg sent,
 * beside the same stream in a file; round trips at several packet sizes; every truncation, seeded losses
 * and noise.
 */

import { describe, expect, test } from "vitest";
import { decodeAvcDecoderConfigurationRecord } from "../../../src/codec/h264/decoder-configuration-record.ts";
import { h264NalUnitType } from "../../../src/codec/h264/nal-unit-type.ts";
import { splitAnnexB } from "../../../src/codec/nal/annex-b.ts";
import { splitLengthPrefixed } from "../../../src/codec/nal/length-prefixed.ts";
import type { IncomingFrame } from "../../../src/live/frame.ts";
import type { Track } from "../../../src/live/track.ts";
import { createTrack } from "../../../src/live/track.ts";
import { StreamToRtp } from "../../../src/remux/rtp/from-stream.ts";
import { createRtpInput } from "../../../src/remux/rtp/to-stream.ts";
import { fromHex, joinBytes } from "../../support/hex.ts";
import { noise } from "../../support/noise.ts";
import { feedPackets, readFixture, readRtpCapture } from "../../support/rtp-capture.ts";
import { createRandom } from "../../support/seeded-random.ts";
import { H264, lengthPrefixed, PPS, SPS } from "../mpegts/tracks.ts";
import { disturb, lastPtsMs, outOfOrder } from "./disturb.ts";
import { feed, packetize, StreamOutput, toHex, videoFrame } from "./stream-output.ts";

/** ue(0) ue(7): the first slice, of type I. */
const IDR = fromHex("65 88 84 00 10");
/** ue(0) ue(5): the first slice, of type P. */
const P = fromHex("41 9a 21 6c");
/** ue(0) ue(6), nal_ref_idc 0: the first slice, of type B. */
const B = fromHex("01 9e 41 79");
const SEI = fromHex("06 05 01 aa 80");
const DELIMITER = fromHex("09 f0");
const FILLER = fromHex("0c ff ff 80");

const picture = (
  dtsMs: number,
  nalUnits: readonly Uint8Array[],
  more: Partial<IncomingFrame> = {},
): IncomingFrame => videoFrame(H264, dtsMs, lengthPrefixed(...nalUnits), more);

const hexOf = (frames: readonly IncomingFrame[], options = {}): string[] =>
  packetize(frames, options).map(({ payload }) => toHex(payload));

/** `| 24 with the highest nal_ref_idc | { size, NAL unit } ... |` */
const STAP_A = toHex(joinBytes(fromHex("78 0018"), SPS, fromHex("0004"), PPS));

const canCarry = (track: Track): boolean => new StreamToRtp(() => undefined).track(track);

describe("packets", () => {
  test("of a key frame begin with the parameter sets of the record in one", () => {
    expect(hexOf([picture(0, [IDR])])).toEqual([STAP_A, toHex(IDR)]);
  });

  test("do not double the parameter sets that the picture brings", () => {
    expect(hexOf([picture(0, [SPS, PPS, IDR])])).toEqual([STAP_A, toHex(IDR)]);
    // With a PPS alone, the SPS is missing, and the newer PPS comes behind the older one.
    const pps = fromHex("68 ee 3c 80");
    const both = joinBytes(fromHex(STAP_A), fromHex("0004"), pps);
    expect(hexOf([picture(0, [pps, IDR])])).toEqual([toHex(both), toHex(IDR)]);
  });

  test("leave out what receivers have no use for, and SEI if that is wanted", () => {
    const frame = picture(40, [DELIMITER, SEI, P, FILLER, fromHex("0a"), fromHex("1c 85 00")]);
    expect(hexOf([frame])).toEqual([toHex(SEI), toHex(P)]);
    expect(hexOf([frame], { keepsSei: false })).toEqual([toHex(P)]);
    expect(hexOf([picture(0, [SEI, DELIMITER])])).toEqual([]);
  });

  test("are shared by small NAL units if that is wanted", () => {
    const stap = joinBytes(fromHex("58 0005"), SEI, fromHex("0004"), P, fromHex("0004"), P);
    const frame = picture(0, [SEI, P, P]);
    expect(hexOf([frame], { mergesNalUnits: true })).toEqual([toHex(stap)]);
    // 1 + 7 + 4 * 6 bytes are as many as fit.
    const many = picture(0, [SEI, P, P, P, P, P]);
    expect(hexOf([many], { mergesNalUnits: true, payloadSizeMax: 32 })).toEqual([
      toHex(joinBytes(stap, fromHex("0004"), P, fromHex("0004"), P)),
      toHex(P),
    ]);
  });

  test("hold pieces of a large NAL unit, of one size but the last", () => {
    const body = Uint8Array.from({ length: 80 }, (_, index) => 0x80 + index);
    const large = joinBytes(fromHex("65"), body);
    // | FU indicator: nal_ref_idc 3, type 28 | S E 0 type 5 | piece |
    const expected = [
      joinBytes(fromHex("7c85"), body.subarray(0, 27)),
      joinBytes(fromHex("7c05"), body.subarray(27, 54)),
      joinBytes(fromHex("7c45"), body.subarray(54)),
    ];
    expect(hexOf([picture(0, [large])], { payloadSizeMax: 32 }).slice(-3)).toEqual(
      expected.map(toHex),
    );
  });

  test("are marked at the end of a picture, and known at the start of a key frame", () => {
    const payloads = packetize([picture(1000, [SEI, IDR]), picture(1040, [P, P])]);
    const shown = payloads.map(({ timestamp, isMarked, isKeyFrameStart }) => [
      timestamp,
      isMarked,
      isKeyFrameStart,
    ]);
    expect(shown).toEqual([
      [90_000, false, true],
      [90_000, false, false],
      [90_000, true, false],
      [93_600, false, false],
      [93_600, true, false],
    ]);
  });

  test("are views into the frame where that is possible", () => {
    const frame = picture(0, [P]);
    const [first] = packetize([frame]);
    expect(first?.payload.buffer).toBe(frame.payload.buffer);
  });

  test("need a configuration", () => {
    expect(canCarry(H264)).toBe(true);
    expect(canCarry(createTrack("video", "h264", undefined))).toBe(false);
    expect(canCarry(createTrack("video", "h264", fromHex("0142")))).toBe(false);
  });
});

describe("the order of pictures", () => {
  /** I P B(reference) B B, as x264 has them, at 25 a second. */
  const GROUP = [
    picture(0, [IDR], { compositionTimeOffsetMs: 80, isKeyFrame: true }),
    picture(40, [P], { compositionTimeOffsetMs: 200 }),
    picture(80, [fromHex("41 9e 41 79")], { compositionTimeOffsetMs: 80 }),
    picture(120, [B], { compositionTimeOffsetMs: 0 }),
    picture(160, [B], { compositionTimeOffsetMs: 40 }),
    picture(200, [P], { compositionTimeOffsetMs: 80 }),
  ];
  const times = (frames: readonly IncomingFrame[], options = {}): number[] => [
    ...new Set(packetize(frames, options).map(({ timestamp }) => timestamp / 90)),
  ];

  test("is that in which they are shown", () => {
    expect(times(GROUP)).toEqual([80, 240, 280]);
    expect(times(GROUP, { keepsBFrames: true })).toEqual([80, 240, 160, 120, 200, 280]);
  });

  test("tells of pictures left out to which others may refer", () => {
    const rtp = new StreamToRtp(() => undefined);
    for (const frame of GROUP) rtp.frame(frame);
    expect(rtp.leftOutReferenceCount).toBe(1);
  });

  test("keeps B slices that are shown in order, and P slices whatever their time", () => {
    expect(times([picture(0, [IDR]), picture(40, [B]), picture(80, [P])])).toEqual([0, 40, 80]);
    const late = [picture(0, [IDR]), picture(40, [P]), picture(40, [P]), picture(41, [P])];
    const ticks = packetize(late).map(({ timestamp }) => timestamp);
    expect(ticks).toEqual([0, 0, 3600, 3601, 3690]);
  });
});

describe("a stream that FFmpeg sent", () => {
  const packets = readRtpCapture("h264");
  const nalUnits = splitAnnexB(readFixture("h264.h264"));

  test("has the NAL units of its file", () => {
    const output = new StreamOutput();
    const input = createRtpInput("h264", output);
    expect(input.needsKeyFrame).toBe(true);
    feedPackets(input, packets);
    expect(input.droppedCount).toBe(0);
    expect(input.needsKeyFrame).toBe(false);
    const taken = output.frames.flatMap(({ payload }) => splitLengthPrefixed(payload, 4));
    const isKept = (nalUnit: Uint8Array): boolean => ![7, 8].includes(h264NalUnitType(nalUnit));
    expect(taken.map(toHex)).toEqual(nalUnits.filter(isKept).map(toHex));
    expect(output.frames.map(({ isKeyFrame }) => isKeyFrame)).toEqual(
      [0, 1, 2, 3, 4, 5, 6].map((index) => index % 4 === 0),
    );
    expect(
      output.frames.map(({ dtsMs }) => Math.round(dtsMs - (output.frames[0]?.dtsMs ?? 0))),
    ).toEqual([0, 40, 80, 120, 160, 200, 240]);
    expect(output.tracks).toHaveLength(1);
    const record = output.tracks[0]?.decoderConfigurationRecord ?? new Uint8Array();
    const { sps, pps } = decodeAvcDecoderConfigurationRecord(record);
    expect([...sps, ...pps].map(toHex)).toEqual(
      [7, 8].map((type) => toHex(nalUnits.find((one) => h264NalUnitType(one) === type) ?? SPS)),
    );
  });

  test.each([40, 100, 1200])("survives packets of %i bytes of ours", (payloadSizeMax) => {
    const first = new StreamOutput();
    feedPackets(createRtpInput("h264", first), packets);
    for (const mergesNalUnits of [true, false]) {
      const payloads = packetize(first.frames, { payloadSizeMax, mergesNalUnits });
      expect(Math.max(...payloads.map(({ payload }) => payload.length))).toBeLessThanOrEqual(
        payloadSizeMax,
      );
      const second = new StreamOutput();
      feed(createRtpInput("h264", second), payloads);
      expect(second.frames.map(({ payload }) => toHex(payload))).toEqual(
        first.frames.map(({ payload }) => toHex(payload)),
      );
      expect(second.tracks).toEqual(first.tracks);
    }
  });

  test("is withheld from where a packet is missing up to the next key frame", () => {
    for (const lost of packets) {
      const output = new StreamOutput();
      const input = createRtpInput("h264", output);
      feedPackets(
        input,
        packets.filter((packet) => packet !== lost),
      );
      const times = [...new Set(packets.map(({ timestamp }) => timestamp))];
      const index = times.indexOf(lost.timestamp);
      const isFirst = lost === packets[0];
      // Frames 0 and 4 are key frames. Nobody can know of what is missing before the first packet.
      const expected = times.filter((_, i) => i < index || (i >= 4 && index < 4));
      const taken = output.frames.map(({ dtsMs }) => Math.round(dtsMs * 90));
      if (!isFirst) expect(taken).toEqual(expected);
      expect(input.needsKeyFrame).toBe(index >= 4 && lost !== packets.at(-1));
    }
  });
});

describe("packets of others", () => {
  const read = (...payloads: string[]): StreamOutput & { readonly dropped: number } => {
    const output = new StreamOutput();
    const input = createRtpInput("h264", output);
    input.take(fromHex(STAP_A), 0, false, false);
    for (const [index, hex] of payloads.entries()) {
      input.take(fromHex(hex), 0, index === payloads.length - 1, false);
    }
    return Object.assign(output, { dropped: input.droppedCount });
  };
  const IDR_FRAME = toHex(lengthPrefixed(IDR));

  test("may be of the interleaved mode's kinds, if they are in order", () => {
    // STAP-B: | 25 | DON 16 | size 16 | NAL unit |; FU-B: | 29 | S E R type | DON 16 | piece |
    for (const payloads of [
      ["79 0001 0005 6588840010"],
      ["7d 85 0001 8884", "7c 45 0010"],
      ["7c 85 8884", "7c 05", "7c 45 0010"],
    ]) {
      const { frames, dropped } = read(...payloads);
      expect(frames.map(({ payload }) => toHex(payload))).toEqual([IDR_FRAME]);
      expect(dropped).toBe(0);
    }
  });

  test.each([
    ["an end without a start", ["7c 45 0010"]],
    ["a start without an end", ["7c 85 8884"]],
    ["a NAL unit amid another", ["7c 85 8884", "6588840010", "7c 45 0010"]],
    ["a size beyond the end", ["78 0009 6588840010"]],
    ["a size of nothing", ["78 0000 0005 6588840010"]],
    ["half a size", ["78 0005 6588840010 00"]],
    ["the forbidden bit", ["e588840010"]],
    ["a reserved type", ["7e 88"]],
    ["MTAP", ["7a 0001 0005 00 0000 6588840010"]],
    ["FU-B without its number", ["7d c5 00"]],
  ])("are dropped with %s", (_, payloads) => {
    const { frames, dropped } = read(...payloads);
    expect(frames).toEqual([]);
    expect(dropped).toBe(1);
  });

  test("that mark every slice make one picture from the second on", () => {
    const output = new StreamOutput();
    const input = createRtpInput("h264", output);
    const second = fromHex("65 48 84 00");
    for (let i = 0; i < 3; i++) {
      input.take(fromHex(STAP_A), i, false, false);
      input.take(IDR, i, true, false);
      input.take(second, i, true, false);
    }
    input.flush();
    expect(output.frames.slice(-2).map(({ payload }) => toHex(payload))).toEqual(
      [0, 1].map(() => toHex(lengthPrefixed(IDR, second))),
    );
  });

  test("may lack parameter sets that the session description has", () => {
    const fragments = ["7c 85 8884", "7c 45 0010"].map(fromHex);
    for (const [sets, count] of [
      [[SPS, PPS], 3],
      [[SPS.subarray(0, 5), PPS], 0],
      [[], 0],
    ] as const) {
      const output = new StreamOutput();
      const input = createRtpInput("h264", output, sets);
      input.take(IDR, 0, true, false);
      for (const first of [IDR, fragments[0] ?? IDR]) {
        input.take(P, 1, true, true);
        input.take(first, 2, first === IDR, true);
        if (first !== IDR) input.take(fragments[1] ?? IDR, 2, true, false);
      }
      expect(output.frames.map(({ payload }) => toHex(payload))).toEqual(
        Array.from({ length: count }, () => IDR_FRAME),
      );
      // The second slice of a picture, the first of which may be lost.
      input.take(fromHex("65 48 84"), 3, true, true);
      expect(output.frames).toHaveLength(count);
    }
  });

  test("change the track with the parameter sets", () => {
    const output = new StreamOutput();
    const input = createRtpInput("h264", output);
    const other = SPS.slice();
    other[3] = 0x1f; // Level 3.1.
    for (const [index, sps] of [SPS, SPS, other].entries()) {
      for (const nalUnit of [sps, PPS]) input.take(nalUnit, index, false, false);
      input.take(IDR, index, true, false);
    }
    expect(output.tracks).toHaveLength(2);
    expect(output.frames.map(({ track }) => output.tracks.indexOf(track))).toEqual([0, 0, 1]);
  });
});

describe("hostile packets", () => {
  const packets = readRtpCapture("h264");

  test("cut off anywhere throw nothing, and the next key frame is taken", () => {
    for (const packet of packets) {
      for (let size = 0; size < packet.payload.length; size += 1) {
        const output = new StreamOutput();
        const input = createRtpInput("h264", output);
        const cut = { ...packet, payload: packet.payload.subarray(0, size) };
        feedPackets(
          input,
          packets.map((one) => (one === packet ? cut : one)),
        );
        expect(output.frames.length).toBeGreaterThanOrEqual(2);
      }
    }
  });

  test("lost, doubled, out of order and of noise throw nothing", () => {
    const random = createRandom(7);
    const garbage = [...noise(300, 60)];
    for (let round = 0; round < 200; round++) {
      const output = new StreamOutput();
      const input = createRtpInput("h264", output);
      for (const packet of outOfOrder(packets, random)) disturb(input, packet, random, garbage);
      feedPackets(input, packets);
      expect(lastPtsMs(output)).toBe((packets.at(-1)?.timestamp ?? 0) / 90);
    }
  });

  test("of one endless picture are dropped, and it is not kept", () => {
    const output = new StreamOutput();
    const input = createRtpInput("h264", output);
    for (let i = 0; i < 20_000; i++) input.take(fromHex("7c 05 00"), 1, false, false);
    expect(input.droppedCount).toBe(1);
    feedPackets(input, packets);
    expect(output.frames).toHaveLength(7);
  });
});
