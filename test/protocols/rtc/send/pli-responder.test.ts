/**
 * Goal: a viewer who has lost the picture gets it back from the history, and one who asks all the
 * time gets little.
 *
 * Method: a viewer of a running stream that asks once, early, and without end.
 */

import { expect, test } from "vitest";
import { PacketHistory } from "../../../../src/protocols/rtc/send/packet-history.ts";
import { PliResponder } from "../../../../src/protocols/rtc/send/pli-responder.ts";
import { SendTrack } from "../../../../src/protocols/rtc/send/send-track.ts";
import { FRAME_MS, framePayloads, NotingSink } from "../../../support/shared-payloads.ts";

function create(framesPerGop: number) {
  const history = new PacketHistory();
  const options = { ssrc: 1, payloadType: 96, clockRate: 90_000, timestampOffset: 0 };
  const track = new SendTrack(history, {
    ...options,
    firstSequenceNumber: 0,
    hasRetransmissionTrack: false,
  });
  const sink = new NotingSink();
  const publish = (frame: number): void => {
    for (const payload of framePayloads(frame, { framesPerGop, packetsPerFrame: 1 })) {
      history.append(payload, frame * FRAME_MS);
    }
  };
  const drain = (): void => {
    while (track.sendNext(sink) !== undefined) {
      // All there is.
    }
  };
  return { track, sink, publish, drain };
}

test("gives the GOP anew, once", () => {
  const { track, sink, publish, drain } = create(100);
  const responder = new PliResponder();
  for (let frame = 0; frame < 20; frame++) publish(frame);
  track.startAtKeyFrame();
  expect(responder.answer(track, 0)).toBe("none");
  drain();
  expect(responder.answer(track, 0)).toBe("burst");
  drain();
  expect(responder.answer(track, 500)).toBe("none");
  expect(sink.seen).toHaveLength(40);
});

test("who asks without end gets less and less", () => {
  const { track, publish, drain } = create(50);
  const responder = new PliResponder();
  const bursts: number[] = [];
  publish(0);
  track.startAtKeyFrame();
  for (let frame = 1; frame < 2_000; frame++) {
    publish(frame);
    drain();
    if (responder.answer(track, frame * FRAME_MS) === "burst") bursts.push(frame * FRAME_MS);
  }
  const pauses = bursts.slice(1).map((nowMs, index) => nowMs - (bursts[index] ?? 0));
  expect(pauses).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 16_000, 16_000, 16_000]);
  expect(responder.answer(track, 1_000_000)).toBe("burst");
  expect(responder.answer(track, 1_001_000)).toBe("none");
});

test("a history without a way in needs a key frame of the publisher", () => {
  const { track, publish, drain } = create(1e9);
  publish(1);
  track.startLive();
  drain();
  expect(new PliResponder().answer(track, 0)).toBe("key-frame-needed");
});
