/**
 * Goal: NACKs are answered, but no viewer makes the server send much more than it sends anyway.
 *
 * Method: reasonable and hostile NACKs over virtual seconds; what is counted is what goes out.
 */

import { expect, test } from "vitest";
import { NackResponder } from "../../../../src/protocols/rtc/send/nack-responder.ts";
import { PacketHistory } from "../../../../src/protocols/rtc/send/packet-history.ts";
import { RetransmissionTrack } from "../../../../src/protocols/rtc/send/retransmission-track.ts";
import { SendTrack } from "../../../../src/protocols/rtc/send/send-track.ts";
import { FRAME_MS, framePayloads, NotingSink } from "../../../support/shared-payloads.ts";

const SHAPE = { framesPerGop: 50, packetsPerFrame: 5, size: 1_000 };
/** Of the shape above. */
const BITRATE = 1_000_000;

function create(frameCount: number) {
  const history = new PacketHistory();
  const options = { ssrc: 1, payloadType: 96, clockRate: 90_000, timestampOffset: 0 };
  const track = new SendTrack(history, {
    ...options,
    firstSequenceNumber: 0,
    hasRetransmissionTrack: false,
  });
  track.startLive();
  const live = new NotingSink();
  for (let frame = 0; frame < frameCount; frame++) {
    for (const payload of framePayloads(frame, SHAPE)) {
      history.append(payload, frame * FRAME_MS);
      track.sendNext(live);
    }
  }
  const responder = new NackResponder(track);
  responder.setBitrate(BITRATE);
  return { responder, sink: new NotingSink(), nowMs: frameCount * FRAME_MS };
}

test("resends what is asked for", () => {
  const { responder, sink, nowMs } = create(40);
  responder.answer([190, 7, 60_000], sink, nowMs, 50);
  expect(sink.seen.map(({ sequence }) => sequence)).toEqual([190, 7]);
  expect([responder.askedCount, responder.answeredCount]).toEqual([3, 2]);
});

test("the same packet not more often than each round trip", () => {
  const { responder, sink, nowMs } = create(40);
  for (let ms = 0; ms < 200; ms += 10) responder.answer([190, 190, 191], sink, nowMs + ms, 100);
  expect(sink.seen).toHaveLength(2 * 3);
});

test("whoever asks for everything all the time gets half of the rate", () => {
  const { responder, sink, nowMs } = create(50);
  const all = Array.from({ length: 250 }, (_, sequence) => sequence);
  for (let ms = 0; ms < 10_000; ms += 20) responder.answer(all, sink, nowMs + ms, 0);
  const bitrate = (sink.seen.length * 1_000 * 8) / 10;
  expect(bitrate).toBeGreaterThan(BITRATE * 0.45);
  expect(bitrate).toBeLessThan(BITRATE * 0.6);
});

test("a burst of loss is resent in one go", () => {
  const { responder, sink, nowMs } = create(50);
  const lost = Array.from({ length: 50 }, (_, index) => 190 + index);
  responder.answer(lost, sink, nowMs, 50);
  expect(sink.seen).toHaveLength(50);
});

test("retransmissions have numbers and counts of their own", () => {
  const track = new RetransmissionTrack({ ssrc: 9, payloadType: 97, firstSequenceNumber: 70 });
  expect([track.next(1_000), track.next(500)]).toEqual([70, 71]);
  expect([track.packetCount, track.octetCount]).toEqual([2, 1_504]);
});
