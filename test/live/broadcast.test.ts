/**
 * Goal: every subscriber gets the stream from a point where a decoder can start, each frame once and
 * in order, however slow it is; a slow one costs nobody else anything and holds bounded memory.
 *
 * Method: a format that writes readable text, a clock that is moved by hand, sinks with chosen room.
 */

import { describe, expect, test } from "vitest";
import { Broadcast } from "../../src/live/broadcast.ts";
import type { StreamSettings } from "../../src/live/settings.ts";
import { ManualClock } from "../../src/runtime/memory.ts";
import {
  AUDIO,
  audioFrame,
  SETTINGS,
  TEXT_FORMAT,
  TestSink,
  VIDEO,
  videoFrame,
} from "../support/live.ts";

function createBroadcast(settings: Partial<StreamSettings> = {}) {
  const clock = new ManualClock();
  const broadcast = new Broadcast(TEXT_FORMAT, { ...SETTINGS, ...settings }, clock, 0);
  const subscribe = (room?: number, isLasting = true) => {
    const sink = new TestSink();
    if (room !== undefined) sink.room = room;
    const subscriber = broadcast.subscribe(sink, { isLasting });
    subscriber.pump();
    return { sink, subscriber };
  };
  return { clock, broadcast, subscribe };
}

/** Two seconds of video, a key frame each second, flushed. */
function startVideo(settings: Partial<StreamSettings> = {}) {
  const context = createBroadcast(settings);
  context.broadcast.writeTrack(VIDEO);
  for (const ms of [0, 500, 1000, 1500]) {
    context.broadcast.writeFrame(videoFrame(ms, ms % 1000 === 0));
    context.clock.advance(400);
  }
  return context;
}

describe("a newcomer", () => {
  test("starts at the latest key frame, then follows live", () => {
    const { broadcast, clock, subscribe } = startVideo();
    const { sink } = subscribe();
    expect(sink.text).toBe("join(h264) V1000! V1500 ");
    broadcast.writeFrame(videoFrame(2000, true));
    clock.advance(400);
    expect(sink.text).toBe("join(h264) V1000! V1500 V2000! ");
  });

  test("starts in the middle of a block, where its key frame is", () => {
    const { broadcast, clock, subscribe } = startVideo();
    broadcast.writeFrame(videoFrame(1540));
    broadcast.writeFrame(videoFrame(2000, true));
    broadcast.writeFrame(videoFrame(2040));
    clock.advance(400);
    expect(subscribe().sink.text).toBe("join(h264) V2000! V2040 ");
  });

  test("starts live when there is no GOP cache", () => {
    const { broadcast, clock, subscribe } = startVideo({
      gopCache: { ...SETTINGS.gopCache, isEnabled: false },
    });
    const { sink } = subscribe();
    expect(sink.text).toBe("join(h264) ");
    broadcast.writeFrame(videoFrame(2000, true));
    clock.advance(400);
    expect(sink.text).toBe("join(h264) V2000! ");
  });

  test("waits for a stream that has not begun", () => {
    const { broadcast, clock, subscribe } = createBroadcast();
    const { sink } = subscribe();
    broadcast.writeTrack(VIDEO);
    broadcast.writeFrame(videoFrame(10, true));
    expect(sink.text).toBe("");
    clock.advance(400);
    expect(sink.text).toBe("join(h264) V10! ");
  });

  test("starts at the newest block of a stream without video", () => {
    const { broadcast, clock, subscribe } = createBroadcast();
    broadcast.writeTrack(AUDIO);
    for (const ms of [0, 400, 800]) {
      broadcast.writeFrame(audioFrame(ms));
      broadcast.writeFrame(audioFrame(ms + 20));
      clock.advance(400);
    }
    expect(subscribe().sink.text).toBe("join(aac) A800 A820 ");
  });
});

test("a flood of sequence headers is flushed by size, as frames are", () => {
  const { broadcast } = createBroadcast({ flush: { windowMs: 60_000, framesMin: 0 } });
  const header = "h264 ".length;
  for (let size = 0; size < 512 * 1024; size += header) broadcast.writeTrack(VIDEO);
  expect(broadcast.position).toBeGreaterThanOrEqual(512 * 1024);
});

describe("flush", () => {
  test("is one write per subscriber and window, however many frames", () => {
    const { broadcast, clock, subscribe } = startVideo();
    const { sink } = subscribe();
    const before = sink.writeCount;
    for (let ms = 1540; ms < 1840; ms += 40) broadcast.writeFrame(videoFrame(ms));
    clock.advance(349);
    expect(sink.writeCount).toBe(before);
    clock.advance(1);
    expect(sink.writeCount).toBe(before + 1);
  });

  test("waits a second window for a block of few frames, and no longer", () => {
    const { broadcast, clock, subscribe } = startVideo({ flush: { windowMs: 350, framesMin: 8 } });
    broadcast.flush();
    const { sink } = subscribe();
    broadcast.writeFrame(videoFrame(2000));
    clock.advance(699);
    expect(sink.text).not.toContain("V2000");
    clock.advance(1);
    expect(sink.text).toContain("V2000");
  });

  test("is immediate in realtime mode, and sets no timer", () => {
    const { broadcast, clock, subscribe } = startVideo({ flush: { windowMs: 0, framesMin: 0 } });
    const { sink } = subscribe();
    broadcast.writeFrame(videoFrame(2000));
    expect(sink.text).toBe("join(h264) V1000! V1500 V2000 ");
    expect(clock.timerCount).toBe(0);
  });

  test("gives all subscribers the very same bytes", () => {
    const { broadcast, clock } = startVideo();
    const seen: Uint8Array[] = [];
    const sink = {
      write: (bytes: Uint8Array) => seen.push(bytes) && bytes.length,
      end: () => {},
      fail: () => {},
    };
    for (let i = 0; i < 3; i++) broadcast.subscribe(sink, { isLasting: true }).pump();
    seen.length = 0;
    broadcast.writeFrame(videoFrame(1540));
    clock.advance(400);
    expect(seen).toHaveLength(3);
    expect(new Set(seen).size).toBe(1);
  });
});

describe("a slow subscriber", () => {
  test("goes on exactly where its sink stopped, at whichever byte", () => {
    const whole = startVideo();
    const expected = whole.subscribe().sink.text;
    for (let room = 0; room <= expected.length; room++) {
      const { subscribe } = startVideo();
      const { sink, subscriber } = subscribe(room);
      while (sink.text.length < expected.length) {
        sink.room = 1;
        subscriber.pump();
      }
      expect(sink.text, `blocked after ${room} bytes`).toBe(expected);
    }
  });

  test("skips to the latest key frame once it is too far behind", () => {
    const { broadcast, clock, subscribe } = startVideo({
      queue: { ...SETTINGS.queue, durationMs: 2_000 },
    });
    const { sink, subscriber } = subscribe();
    sink.room = 3;
    for (let ms = 2000; ms <= 6000; ms += 500) {
      broadcast.writeFrame(videoFrame(ms, ms % 1000 === 0));
      clock.advance(400);
    }
    expect(subscriber.skipCount).toBe(1);
    sink.room = Number.POSITIVE_INFINITY;
    subscriber.pump();
    expect(sink.text).toBe("join(h264) V1000! V1500 V2000! rejoin(h264) V6000! ");
    // Seven frames of text lie between V2000! and V6000!.
    expect(subscriber.skippedSize).toBe("V2500 V3000! V3500 V4000! V4500 V5000! V5500 ".length);
  });

  test("waits for a key frame if there is none ahead", () => {
    const { broadcast, clock, subscribe } = startVideo({
      queue: { ...SETTINGS.queue, durationMs: 2_000 },
    });
    const { sink, subscriber } = subscribe();
    sink.room = 0;
    for (let ms = 2000; ms <= 6000; ms += 500) {
      broadcast.writeFrame(videoFrame(ms));
      clock.advance(400);
    }
    sink.room = Number.POSITIVE_INFINITY;
    subscriber.pump();
    expect(sink.text).toBe("join(h264) V1000! V1500 V2000 ");
    broadcast.writeFrame(videoFrame(7000, true));
    clock.advance(400);
    expect(sink.text).toBe("join(h264) V1000! V1500 V2000 rejoin(h264) V7000! ");
  });

  test("makes do with audio when no key frame comes for long", () => {
    const { broadcast, clock, subscribe } = startVideo({
      queue: { ...SETTINGS.queue, durationMs: 2_000 },
    });
    broadcast.writeTrack(AUDIO);
    const { sink, subscriber } = subscribe();
    sink.room = 0;
    for (let ms = 2000; ms <= 9000; ms += 500) {
      broadcast.writeFrame(audioFrame(ms));
      clock.advance(400);
    }
    sink.room = Number.POSITIVE_INFINITY;
    subscriber.pump();
    broadcast.writeFrame(audioFrame(9500));
    clock.advance(400);
    expect(sink.text).toMatch(/ rejoin\(h264\+aac\) A9500 $/);
  });

  test("skips by bytes too, and holds no more than it was told to", () => {
    const sizeMax = 60;
    const { broadcast, clock, subscribe } = startVideo({ queue: { ...SETTINGS.queue, sizeMax } });
    const { sink, subscriber } = subscribe();
    sink.room = 0;
    for (let ms = 2000; ms <= 9500; ms += 500) {
      broadcast.writeFrame(videoFrame(ms, ms % 1000 === 0));
      clock.advance(400);
      expect(subscriber.lagSize).toBeLessThanOrEqual(sizeMax + 8);
    }
    expect(subscriber.skipCount).toBe(1);
  });

  test("is closed when its sink takes nothing for the write timeout", () => {
    const { broadcast, clock, subscribe } = startVideo();
    const { sink, subscriber } = subscribe(0);
    clock.advance(20_000);
    sink.room = 1;
    subscriber.pump();
    clock.advance(20_000);
    broadcast.sweep(clock.monotonicMs());
    expect(sink.ended).toBeUndefined();
    subscriber.pump();
    clock.advance(10_000);
    broadcast.sweep(clock.monotonicMs());
    expect(sink.ended).toBe("write_timeout");
  });

  test("does not hold up another", () => {
    const { broadcast, clock, subscribe } = startVideo();
    subscribe(0);
    const { sink } = subscribe();
    broadcast.writeFrame(videoFrame(2000));
    clock.advance(400);
    expect(sink.text).toBe("join(h264) V1000! V1500 V2000 ");
  });
});

describe("a paused subscriber", () => {
  test("gets what it missed when it resumes", () => {
    const { broadcast, clock, subscribe } = startVideo();
    const { sink, subscriber } = subscribe();
    subscriber.pause();
    broadcast.writeFrame(videoFrame(2000, true));
    clock.advance(400);
    expect(sink.text).toBe("join(h264) V1000! V1500 ");
    subscriber.resume();
    expect(sink.text).toBe("join(h264) V1000! V1500 V2000! ");
  });
});

describe("the end of the stream", () => {
  test("ends those who do not outlast it, after their last byte", () => {
    const { broadcast, subscribe } = startVideo();
    const { sink, subscriber } = subscribe(15, false);
    broadcast.writeFrame(videoFrame(2000));
    broadcast.end();
    expect(sink.ended).toBeUndefined();
    sink.room = Number.POSITIVE_INFINITY;
    subscriber.pump();
    expect(sink.text).toBe("join(h264) V1000! V1500 V2000 ");
    expect(sink.ended).toBe("stream_ended");
  });

  test("leaves the others waiting for the next publisher", () => {
    const { broadcast, clock, subscribe } = startVideo();
    const { sink } = subscribe();
    broadcast.end();
    expect(sink.ended).toBeUndefined();
    broadcast.writeTrack(VIDEO);
    broadcast.writeFrame(videoFrame(5000, true));
    clock.advance(400);
    expect(sink.text).toBe("join(h264) V1000! V1500 h264 V5000! ");
  });
});

test("subscribers leave in any order, even while they are being served", () => {
  const { broadcast, clock } = startVideo();
  const got: number[] = [0, 0, 0, 0, 0];
  const subscribers = got.map((_, i) =>
    broadcast.subscribe(
      {
        write: (bytes) => {
          got[i] = (got[i] ?? 0) + 1;
          const subscriber = subscribers[i];
          if (i % 2 === 0 && subscriber !== undefined) broadcast.unsubscribe(subscriber);
          return bytes.length;
        },
        end: () => {},
        fail: () => {},
      },
      { isLasting: true },
    ),
  );
  for (const ms of [2000, 2500]) {
    broadcast.writeFrame(videoFrame(ms));
    clock.advance(400);
  }
  // A join is two writes: what comes first, and the block with the key frame.
  expect(got).toEqual([2, 5, 2, 5, 2]);
  expect(broadcast.subscribers).toHaveLength(2);
});
