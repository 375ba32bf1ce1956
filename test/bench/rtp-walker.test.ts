/**
 * Goal: the walker counts every packet and every one that is missing, finds where pictures end, which
 * of them are key frames, and the first bytes in which the time mark is; decrypted or not.
 *
 * Method: packets whose bytes are known, in order, out of order and with gaps, across wraps; noise.
 */

import { describe, expect, test } from "vitest";
import { type PacketCounts, RtpWalker, type RtpWalkerTrack } from "../../src/bench/rtp-walker.ts";
import { createTimeMark, findTimeMark } from "../../src/bench/time-mark.ts";
import { encodeRtpPacket } from "../../src/codec/rtp/rtp-packet.ts";
import { joinBytes } from "../support/hex.ts";
import { noise } from "../support/noise.ts";
import { Walks } from "./walked.ts";

const VIDEO: RtpWalkerTrack = { payloadType: 96, kind: "video", clockRate: 90_000, isH264: true };
const AUDIO: RtpWalkerTrack = { payloadType: 111, kind: "audio", clockRate: 48_000, isH264: false };
const PARAMETER_SETS = Uint8Array.of(0x78, 0, 2, 0x67, 0x42, 0, 2, 0x68, 0xce);
const IDR_START = Uint8Array.of(0x7c, 0x85, 1, 2);
const IDR_END = Uint8Array.of(0x7c, 0x45, 3, 4);
const SLICE = Uint8Array.of(0x61, 9, 9);
/** It would be the start of a key frame, were it what it looks like. */
const SECRET = Uint8Array.of(0x65, 1, 2, 3);

class Walk implements PacketCounts {
  packetCount = 0;
  lostPacketCount = 0;
  readonly walks: Walks = new Walks();
  readonly walker: RtpWalker;

  constructor(tracks: readonly RtpWalkerTrack[] = [VIDEO, AUDIO]) {
    this.walker = new RtpWalker(this.walks, this, tracks);
  }

  take(
    payload: Uint8Array,
    header: { at: number; number: number; isMarked?: boolean; type?: number; ssrc?: number },
    isOpen = true,
  ): void {
    const { at, number, isMarked = false, type = 96, ssrc = 7 } = header;
    const bytes = encodeRtpPacket(
      {
        ...{ isMarked, payloadType: type, sequenceNumber: number & 0xffff, ssrc },
        timestamp: at >>> 0,
      },
      payload,
    );
    this.walker.walk(bytes, isOpen);
  }

  get frames(): unknown[] {
    return this.walks.messages.map(({ typeId, timestamp, head, isComplete }) => {
      expect(isComplete).toBe(true);
      return [typeId, timestamp, head[0]];
    });
  }
}

describe("RtpWalker", () => {
  test("finds a key frame in its packets, and the mark behind its parameter sets", () => {
    const walk = new Walk();
    const mark = createTimeMark();
    walk.take(PARAMETER_SETS, { at: 90_000, number: 10 });
    walk.take(mark, { at: 90_000, number: 11 });
    walk.take(IDR_START, { at: 90_000, number: 12 });
    walk.take(IDR_END, { at: 90_000, number: 13, isMarked: true });
    walk.take(SLICE, { at: 93_600, number: 14, isMarked: true });
    expect(walk.frames).toEqual([
      [9, 1_000, 0x91],
      [9, 1_040, 0xa1],
    ]);
    const head = walk.walks.messages[0]?.head ?? new Uint8Array();
    expect(head.subarray(2)).toEqual(joinBytes(PARAMETER_SETS, mark, IDR_START, IDR_END));
    expect(findTimeMark(head, 1, head.length)).toBe(2 + PARAMETER_SETS.length);
    expect([walk.packetCount, walk.lostPacketCount]).toEqual([5, 0]);
  });

  test.each([
    ["an IDR slice alone", Uint8Array.of(0x65, 1), 0x91],
    ["parameter sets", PARAMETER_SETS, 0x91],
    ["the end of an IDR slice, without its start", IDR_END, 0xa1],
    ["a slice", SLICE, 0xa1],
    ["nothing", new Uint8Array(), 0xa1],
  ])("a picture of %s is told by its packets", (_, payload, first) => {
    const walk = new Walk();
    walk.take(payload, { at: 0, number: 1, isMarked: true });
    expect(walk.frames).toEqual([[9, 0, first]]);
  });

  test("of packets that were not decrypted, shows pictures and sound by their headers", () => {
    const walk = new Walk();
    walk.take(SECRET, { at: 900, number: 1 }, false);
    walk.take(SECRET, { at: 900, number: 2, isMarked: true }, false);
    walk.take(SECRET, { at: 960, number: 9, type: 111, ssrc: 8 }, false);
    expect(walk.frames).toEqual([
      [9, 10, 0xa1],
      [8, 20, 0x91],
    ]);
    expect(walk.walks.messages.map(({ head }) => head.length)).toEqual([2, 2]);
  });

  test("without knowing the codec, takes the first picture for a key frame", () => {
    const walk = new Walk([{ ...VIDEO, isH264: false }]);
    for (let n = 0; n < 3; n++) walk.take(SLICE, { at: n * 900, number: n, isMarked: true });
    expect(walk.frames).toEqual([
      [9, 0, 0x91],
      [9, 10, 0xa1],
      [9, 20, 0xa1],
    ]);
  });

  test("counts what is missing, across a wrap, and takes back what comes late", () => {
    const walk = new Walk();
    for (const number of [65_533, 65_534, 65_537, 65_535, 65_538]) {
      walk.take(SLICE, { at: number, number, isMarked: true });
    }
    expect([walk.packetCount, walk.lostPacketCount]).toEqual([5, 1]);
  });

  test("a picture with a gap in it is none", () => {
    const walk = new Walk();
    walk.take(IDR_START, { at: 0, number: 1 });
    walk.take(IDR_END, { at: 0, number: 3, isMarked: true });
    walk.take(SLICE, { at: 3_600, number: 4, isMarked: true });
    expect(walk.frames).toEqual([[9, 40, 0xa1]]);
    expect(walk.lostPacketCount).toBe(1);
  });

  test("another source of the same kind begins anew", () => {
    const walk = new Walk();
    walk.take(SLICE, { at: 0, number: 1, isMarked: true });
    walk.take(SLICE, { at: 0x7000_0000, number: 30_000, isMarked: true, ssrc: 99 });
    expect([walk.packetCount, walk.lostPacketCount]).toEqual([2, 0]);
  });

  test("packets of other payload types, and of none, do not count", () => {
    const walk = new Walk();
    walk.take(SLICE, { at: 0, number: 1, type: 97, isMarked: true });
    walk.walker.walk(Uint8Array.of(0x80, 96, 0), true);
    expect([walk.packetCount, walk.frames]).toEqual([0, []]);
  });

  test("noise breaks nothing", () => {
    const walk = new Walk();
    let count = 0;
    for (const bytes of noise(2_000, 80)) {
      if (bytes.length > 1) bytes[1] = (count % 2) * 0x80 + 96;
      walk.walker.walk(bytes, count++ % 3 > 0);
    }
    expect(walk.packetCount).toBeGreaterThan(1_000);
  });
});
