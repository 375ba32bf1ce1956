/**
 * Goal: a viewer who is behind catches up at the rate allowed, and is then live.
 *
 * Method: a viewer that joins 2 s after a key frame, in virtual time, with and without an estimate.
 */

import { expect, test } from "vitest";
import { Pacer } from "../../../../src/protocols/rtc/send/pacer.ts";
import { PacketHistory } from "../../../../src/protocols/rtc/send/packet-history.ts";
import { SendTrack } from "../../../../src/protocols/rtc/send/send-track.ts";
import { FRAME_MS, framePayloads, NotingSink } from "../../../support/shared-payloads.ts";

const SHAPE = { framesPerGop: 100, packetsPerFrame: 10, size: 1_000 };
/** Of the shape above. */
const BITRATE = 2_000_000;

/** @returns How long a viewer was behind, and what it got in each 10 ms. */
function join(streamBitrate: number, estimate: number | undefined) {
  const history = new PacketHistory();
  const options = { ssrc: 1, payloadType: 96, clockRate: 90_000, timestampOffset: 0 };
  const track = new SendTrack(history, {
    ...options,
    firstSequenceNumber: 0,
    hasRetransmissionTrack: false,
  });
  const sink = new NotingSink();
  const pacer = new Pacer();
  pacer.setRates(streamBitrate, estimate);
  const sizes: number[] = [];
  for (let nowMs = 0; nowMs < 20_000; nowMs += 10) {
    if (nowMs % FRAME_MS === 0) {
      for (const payload of framePayloads(nowMs / FRAME_MS, SHAPE)) history.append(payload, nowMs);
    }
    if (nowMs === 2_000) track.startAtKeyFrame();
    if (nowMs < 2_000) continue;
    const count = sink.seen.length;
    const isLive = pacer.send(track, sink, nowMs);
    sizes.push((sink.seen.length - count) * 1_000);
    if (isLive) return { behindMs: nowMs - 2_000, sizes, track };
  }
  return { behindMs: Number.POSITIVE_INFINITY, sizes, track };
}

test.each([
  // What was missed is 0.51 MB; meanwhile the stream goes on.
  [BITRATE, undefined, 500],
  [20_000_000, undefined, 70],
  [BITRATE, 3_000_000, 1_600],
  [BITRATE, 500_000, 4_000],
])("a stream of %i bit/s, estimate %s: behind for %i ms", (bitrate, estimate, expected) => {
  const { behindMs } = join(bitrate, estimate);
  expect(behindMs).toBeGreaterThan(expected * 0.8);
  expect(behindMs).toBeLessThan(expected * 1.2);
});

test("the burst is even", () => {
  const { sizes } = join(BITRATE, undefined);
  // 10 Mbit/s are 12,500 bytes in 10 ms; the first call may send what two are worth.
  expect(sizes[0]).toBeLessThanOrEqual(26_000);
  for (const size of sizes.slice(1)) expect(size).toBeLessThanOrEqual(13_500);
});

test("a viewer who is cut off is not live", () => {
  const history = new PacketHistory({ countMax: 64, sizeMax: 1e9, durationMs: 0 });
  const options = { ssrc: 1, payloadType: 96, clockRate: 90_000, timestampOffset: 0 };
  const track = new SendTrack(history, {
    ...options,
    firstSequenceNumber: 0,
    hasRetransmissionTrack: false,
  });
  for (const payload of framePayloads(0, SHAPE)) history.append(payload, 0);
  track.startAtKeyFrame();
  for (let frame = 100; frame < 110; frame++) {
    for (const payload of framePayloads(frame, SHAPE)) history.append(payload, frame);
  }
  const sink = new NotingSink();
  expect(new Pacer().send(track, sink, 0)).toBe(false);
  expect([track.isCutOff, sink.seen.length]).toEqual([true, 0]);
});
