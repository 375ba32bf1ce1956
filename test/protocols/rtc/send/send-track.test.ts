/**
 * Goal: a viewer gets sequence numbers without gaps and timestamps that grow, wherever it starts and
 * whatever is left out; what it asks for again is what it got; its reports lead to the same moment
 * for audio and video.
 *
 * Method: viewers that join a stream, stay behind, start anew and ask for packets, by what they get.
 */

import { describe, expect, test } from "vitest";
import { PacketHistory } from "../../../../src/protocols/rtc/send/packet-history.ts";
import { SendTrack } from "../../../../src/protocols/rtc/send/send-track.ts";
import { StreamClock } from "../../../../src/protocols/rtc/send/stream-clock.ts";
import {
  FRAME_MS,
  FRAME_TICKS,
  framePayloads,
  NotingSink,
  type StreamShape,
} from "../../../support/shared-payloads.ts";

const OFFSET = 0xffff_f000;
const SHAPE: StreamShape = { framesPerGop: 100, packetsPerFrame: 3 };

function create(shape: StreamShape = SHAPE, hasRetransmissionTrack = false) {
  const history = new PacketHistory();
  let nextFrame = 0;
  const publish = (frameCount: number): void => {
    for (let count = 0; count < frameCount; count++, nextFrame++) {
      for (const payload of framePayloads(nextFrame, shape)) {
        history.append(payload, nextFrame * FRAME_MS);
      }
    }
  };
  const track = new SendTrack(history, {
    ssrc: 5,
    payloadType: 102,
    clockRate: 90_000,
    firstSequenceNumber: 32_000,
    timestampOffset: OFFSET,
    hasRetransmissionTrack,
  });
  const sink = new NotingSink();
  const drain = (): void => {
    while (track.sendNext(sink) !== undefined) {
      // All there is.
    }
  };
  return { history, publish, track, sink, drain };
}

/** Checks what holds for every viewer. */
function expectOrder({ seen }: NotingSink): void {
  seen.forEach((packet, index) => {
    const before = seen[index - 1];
    if (before === undefined) return;
    if (packet.sequence !== before.sequence + 1) expect.fail(`a gap at ${index}`);
    const step = (packet.timestamp - before.timestamp) | 0;
    const isSameFrame = !before.payload.isMarked && !packet.payload.isKeyFrameStart;
    if (isSameFrame ? step !== 0 : step <= 0) expect.fail(`a step of ${step} ticks at ${index}`);
  });
}

const wire = (timestamp: number): number => (timestamp + OFFSET) >>> 0;

test("nothing is sent before it is started", () => {
  const { publish, track, sink } = create();
  publish(3);
  expect(track.sendNext(sink)).toBeUndefined();
  expect([track.isLive, track.isCutOff, track.nextIndex]).toEqual([false, false, undefined]);
});

test("a live viewer gets the stream's own times, and a wrap of them", () => {
  const { publish, track, sink, drain } = create();
  publish(10);
  track.startLive();
  expect(track.isLive).toBe(true);
  publish(2);
  drain();
  expectOrder(sink);
  expect(sink.seen).toHaveLength(6);
  expect(sink.seen[0]).toMatchObject({ sequence: 32_000, timestamp: wire(10 * FRAME_TICKS) });
  expect(sink.seen[5]).toMatchObject({ sequence: 32_005, timestamp: wire(11 * FRAME_TICKS) });
  expect([track.packetCount, track.octetCount]).toEqual([6, 600]);
});

test("who joins gets the GOP squeezed to just before the live frame", () => {
  const { publish, track, sink, drain } = create();
  publish(150);
  expect(track.startAtKeyFrame()).toBe(true);
  expect(track.isLive).toBe(false);
  drain();
  publish(5);
  drain();
  expectOrder(sink);
  expect(sink.seen).toHaveLength(55 * 3);
  expect(sink.seen[0]?.payload.isKeyFrameStart).toBe(true);
  expect(sink.seen[0]?.timestamp).toBe(wire(149 * FRAME_TICKS - 49 * 10));
  expect(sink.seen[149]?.timestamp).toBe(wire(149 * FRAME_TICKS));
  expect(sink.seen[150]?.timestamp).toBe(wire(150 * FRAME_TICKS));
});

test("without a key frame there is no start", () => {
  const { track } = create();
  expect(track.startAtKeyFrame()).toBe(false);
});

test("who starts anew while live gets the GOP behind what it has", () => {
  const { publish, track, sink, drain } = create();
  publish(150);
  track.startAtKeyFrame();
  drain();
  for (let repeat = 0; repeat < 3; repeat++) {
    publish(10);
    drain();
    expect(track.startAtKeyFrame()).toBe(true);
    drain();
  }
  publish(30);
  drain();
  expectOrder(sink);
  expect(sink.seen.at(-1)?.timestamp).toBe(wire(209 * FRAME_TICKS));
});

test("who starts anew twice before anything else comes gets times that grow", () => {
  const { publish, track, sink, drain } = create();
  publish(111);
  track.startAtKeyFrame();
  drain();
  for (let repeat = 0; repeat < 20; repeat++) {
    track.startAtKeyFrame();
    drain();
  }
  publish(2);
  drain();
  expectOrder(sink);
});

test("a frame that follows sooner than others did is still later than the burst", () => {
  const { history, publish, track, sink, drain } = create();
  publish(120);
  track.startAtKeyFrame();
  drain();
  track.startAtKeyFrame();
  drain();
  const lastTimestamp = 119 * FRAME_TICKS;
  for (const ticks of [90, 180]) {
    const payload = new Uint8Array(100);
    const timestamp = lastTimestamp + ticks;
    history.append({ payload, timestamp, isMarked: true, isKeyFrameStart: false }, 5_000);
  }
  drain();
  expectOrder(sink);
});

test("a GOP of too many frames is no way back in", () => {
  const { publish, track, drain } = create({ framesPerGop: 1e9, packetsPerFrame: 1 });
  publish(2_000);
  expect(track.startAtKeyFrame()).toBe(true);
  drain();
  expect(track.startAtKeyFrame()).toBe(false);
  expect(track.isLive).toBe(true);
});

test("frames in between do not show: what is left out makes no gap", () => {
  const { history, publish, track, sink, drain } = create();
  publish(10);
  track.startLive();
  publish(10);
  drain();
  publish(10);
  track.skipTo(history.nextIndex - 6);
  drain();
  expectOrder(sink);
  expect(sink.seen.at(-6)?.timestamp).toBe(wire(28 * FRAME_TICKS));
});

test("who is too far behind is cut off", () => {
  const { publish, track, sink } = create();
  publish(1);
  track.startAtKeyFrame();
  publish(300);
  expect([track.isCutOff, track.sendNext(sink)]).toEqual([true, undefined]);
  track.startAtKeyFrame();
  expect(track.isCutOff).toBe(false);
});

describe("resends", () => {
  test("are as they were first, across skips, bursts and wraps of numbers", () => {
    const { history, publish, track, sink, drain } = create();
    publish(150);
    track.startAtKeyFrame();
    drain();
    for (let round = 0; round < 5; round++) {
      publish(10);
      track.skipTo(history.nextIndex - 12);
      drain();
    }
    track.startAtKeyFrame();
    drain();
    for (const first of sink.seen) {
      const again = new NotingSink();
      const isSent = track.resend(first.sequence & 0xffff, again);
      if (history.get(history.nextIndex - 1) === undefined) expect.fail("history is empty");
      if (isSent) expect(again.seen).toEqual([first]);
    }
    const latest = sink.seen.slice(-400);
    for (const { sequence, payload } of latest) expect(track.find(sequence & 0xffff)).toBe(payload);
    expect(track.packetCount).toBeGreaterThan(sink.seen.length);
  });

  test("are not of what was never sent, or is not kept any more", () => {
    const { publish, track, sink, drain } = create();
    publish(1);
    track.startAtKeyFrame();
    drain();
    expect(track.find(32_002)).toBeDefined();
    expect(track.find(32_003)).toBeUndefined();
    expect(track.find(31_999)).toBeUndefined();
    publish(300);
    track.startLive();
    expect(track.find(32_002)).toBeUndefined();
    expect(track.resend(32_002, sink)).toBe(false);
  });

  test("are not of what was sent before eight skips", () => {
    const { history, publish, track, sink, drain } = create();
    publish(1);
    track.startAtKeyFrame();
    drain();
    for (let skip = 0; skip < 8; skip++) {
      publish(1);
      track.skipTo(history.nextIndex - 1);
      drain();
    }
    expect(track.find(32_002)).toBeUndefined();
    expect(track.find(32_003)).toBeDefined();
    expectOrder({ seen: sink.seen.slice(3) } as NotingSink);
  });
});

test("reports of audio and video lead to the same moment", () => {
  const clock = new StreamClock();
  expect(clock.streamMs(0)).toBeUndefined();
  clock.frameReceived(5_000, 100_070);
  clock.frameReceived(5_040, 100_050);
  clock.frameReceived(5_080, 100_150);
  const streamMs = clock.streamMs(100_200) ?? 0;
  expect(streamMs).toBe(5_190);
  const { publish, track, drain } = create();
  publish(1);
  track.startAtKeyFrame();
  drain();
  const wallMs = Date.UTC(2026, 10, 28, 12);
  expect(track.senderReport(wallMs, streamMs)).toEqual({
    type: "sender-report",
    ssrc: 5,
    ntpSeconds: wallMs / 1_000 + 2_208_988_800,
    ntpFraction: 0,
    rtpTimestamp: wire(5_190 * 90),
    packetCount: 3,
    octetCount: 300,
    reports: [],
  });
});

test("a stream whose time is set has another now", () => {
  const clock = new StreamClock();
  clock.frameReceived(5_000, 1_000);
  clock.frameReceived(900_000, 1_040);
  expect(clock.streamMs(1_050)).toBe(900_010);
  clock.frameReceived(100, 1_080);
  expect(clock.streamMs(1_080)).toBe(100);
});

test.each([
  [false, 4],
  [true, 3],
])("a repetition on another source (%s) is not counted on this one", (isSeparate, expected) => {
  const { publish, track, sink, drain } = create(SHAPE, isSeparate);
  publish(1);
  track.startAtKeyFrame();
  drain();
  expect(track.resend(32_001, sink)).toBe(true);
  expect([track.packetCount, track.octetCount]).toEqual([expected, expected * 100]);
});

describe("another version of the stream", () => {
  /** Two versions of one stream, of which only the first has a key frame when it is joined. */
  function createTwo() {
    const first = create();
    const second = new PacketHistory();
    const publishSecond = (fromFrame: number, frameCount: number, keyFrame: number): void => {
      for (let frame = fromFrame; frame < fromFrame + frameCount; frame++) {
        framePayloads(frame, SHAPE).forEach((payload, packet) => {
          const isKeyFrameStart = frame === keyFrame && packet === 0;
          second.append({ ...payload, isKeyFrameStart }, frame * FRAME_MS);
        });
      }
    };
    first.publish(10);
    first.track.startAtKeyFrame();
    first.drain();
    return { ...first, second, publishSecond };
  }

  test("is waited for until it has a key frame, and goes on at its own time", () => {
    const { track, sink, drain, second, publishSecond } = createTwo();
    publishSecond(0, 10, -1);
    expect(track.switchTo(second)).toBe(false);
    expect(track.history).not.toBe(second);
    publishSecond(10, 3, 10);
    expect(track.isFrameComplete).toBe(true);
    expect(track.switchTo(second)).toBe(true);
    expect(track.history).toBe(second);
    drain();
    expectOrder(sink);
    expect(sink.seen.at(-1)?.timestamp).toBe(wire(12 * FRAME_TICKS));
    expect(track.isLive).toBe(true);
  });

  test("comes as a burst if its key frame is older, and what was sent can be resent", () => {
    const { track, sink, drain, second, publishSecond } = createTwo();
    publishSecond(0, 10, 5);
    expect(track.switchTo(second)).toBe(true);
    drain();
    publishSecond(10, 3, 5);
    drain();
    expectOrder(sink);
    expect(sink.seen).toHaveLength(30 + 15 + 9);
    for (const { sequence, payload } of sink.seen) expect(track.find(sequence)).toBe(payload);
  });
});

describe("a viewer who is later than the stream", () => {
  const LATER = { delayMs: 400, isHeld: true };

  test("gets what is due, at times that are later too, and can have it resent", () => {
    const { history, publish, track, sink, drain } = create();
    publish(25);
    expect(track.switchTo(history, LATER, 24 * FRAME_MS)).toBe(true);
    drain();
    expect(sink.seen).toHaveLength(15 * 3);
    expect(track.isLive).toBe(true);
    publish(5);
    drain();
    expect(sink.seen).toHaveLength(15 * 3);
    track.release(29 * FRAME_MS);
    expect(track.isLive).toBe(false);
    drain();
    expectOrder(sink);
    expect(sink.seen).toHaveLength(20 * 3);
    expect(sink.seen.at(-1)?.timestamp).toBe(wire(29 * FRAME_TICKS));
    const last = sink.seen.at(-1);
    track.resend(last?.sequence ?? 0, sink);
    expect(sink.seen.at(-1)).toEqual(last);
  });

  test("begins with a key frame that is due, not with the latest", () => {
    const { history, publish, track, sink, drain } = create({
      framesPerGop: 20,
      packetsPerFrame: 1,
    });
    publish(25);
    history.deferralMs = 400;
    expect(track.switchTo(history, LATER, 24 * FRAME_MS)).toBe(true);
    drain();
    expect(sink.seen).toHaveLength(15);
    track.release(40 * FRAME_MS);
    expect(track.startAtKeyFrame()).toBe(true);
    drain();
    expect(sink.seen).toHaveLength(15 + 5);
    expectOrder(sink);
  });

  test("with nothing that is due to begin with, is not one yet", () => {
    const { history, publish, track } = create();
    publish(5);
    expect(track.switchTo(history, LATER, 4 * FRAME_MS)).toBe(false);
  });

  test("goes back in the sound without a hole, and without hearing two at once", () => {
    const { publish, track, sink, drain } = create({ framesPerGop: 1, packetsPerFrame: 1 });
    publish(30);
    track.startLive();
    publish(20);
    drain();
    track.defer(LATER, 49 * FRAME_MS);
    drain();
    publish(10);
    track.release(59 * FRAME_MS);
    drain();
    const frames = sink.seen.map(({ payload }) => payload.timestamp / FRAME_TICKS);
    expect(frames).toEqual([...range(30, 50), ...range(40, 50)]);
    const steps = sink.seen.map(
      ({ timestamp }, index) => timestamp - wire((30 + index) * FRAME_TICKS),
    );
    expect(new Set(steps)).toEqual(new Set([0]));
  });

  test("of the sound that it has not begun with, gets what is due", () => {
    const { publish, track, sink, drain } = create({ framesPerGop: 1, packetsPerFrame: 1 });
    publish(30);
    track.startLive();
    track.defer(LATER, 29 * FRAME_MS);
    drain();
    expect(sink.seen).toHaveLength(0);
    track.release(30 * FRAME_MS);
    drain();
    expect(sink.seen.map(({ timestamp }) => timestamp)).toEqual([wire(30 * FRAME_TICKS)]);
  });

  const range = (from: number, end: number): number[] =>
    Array.from({ length: end - from }, (_, index) => from + index);
});

test("a frame is complete with its marked packet", () => {
  const { publish, track, sink } = create();
  publish(1);
  track.startAtKeyFrame();
  const complete = [0, 1, 2].map(() => {
    track.sendNext(sink);
    return track.isFrameComplete;
  });
  expect(complete).toEqual([false, false, true]);
});
