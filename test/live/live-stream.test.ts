/**
 * Goal: one publisher at a time; viewers stay over its return; nothing that waits waits for ever; a
 * viewer who joins any time gets exactly the tracks that belong to its first frame.
 *
 * Method: a stream and a hub with a clock moved by hand and the readable format of test/support.
 */

import { describe, expect, test, vi } from "vitest";
import { RefusedError } from "../../src/base/errors.ts";
import type { PublisherEnd } from "../../src/live/publication.ts";
import type { StreamSettings } from "../../src/live/settings.ts";
import { StreamHub } from "../../src/live/stream-hub.ts";
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

const NAME = { vhost: "__defaultVhost__", app: "live", stream: "show" };

function createStream(settings: Partial<StreamSettings> = {}) {
  const clock = new ManualClock();
  const hub = new StreamHub(clock, () => ({ ...SETTINGS, ...settings }));
  clock.setInterval(1_000, () => hub.sweep(clock.monotonicMs()));
  const stream = hub.getOrCreate(NAME);
  const publish = () => {
    const ends: PublisherEnd[] = [];
    const close = (reason: PublisherEnd) => ends.push(reason);
    return { ends, publication: stream.publish({ clientId: "publisher", close }) };
  };
  const play = (isLasting = true) => {
    const sink = new TestSink();
    let subscription: ReturnType<typeof stream.subscribe> | undefined;
    const waiter = {
      onStreamReady: () => {
        subscription = stream.subscribe(TEXT_FORMAT, sink, { isLasting });
        subscription.subscriber.pump();
      },
      fail: (error: unknown) => sink.fail(error),
    };
    stream.addWaiter(waiter);
    const leave = () => {
      stream.removeWaiter(waiter);
      if (subscription !== undefined) {
        stream.unsubscribe(subscription.broadcast, subscription.subscriber);
      }
    };
    return { sink, leave };
  };
  return { clock, hub, stream, publish, play };
}

test("a stream's name is nothing but that, whoever gives it", () => {
  const hub = new StreamHub(new ManualClock(), () => SETTINGS);
  const request = { ...NAME, clientId: "publisher", param: "?token=secret" };
  expect(hub.getOrCreate(request).name).toEqual(NAME);
});

describe("publishing", () => {
  test("refuses a second publisher and does not disturb the first", () => {
    const { publish, stream } = createStream();
    const { publication, ends } = publish();
    expect(publish).toThrow(RefusedError);
    expect(publish).toThrow(expect.objectContaining({ reason: "stream_busy" }));
    expect(ends).toEqual([]);
    expect(stream.publication).toBe(publication);
  });

  test("ignores a publisher that has ended, also when another has come", () => {
    const { publish, play, clock } = createStream();
    const first = publish().publication;
    first.end();
    const second = publish().publication;
    const { sink } = play();
    first.writeTrack(VIDEO);
    first.writeFrame(videoFrame(0, true));
    first.end();
    clock.advance(2_000);
    expect(sink.text).toBe("");
    expect(second.isActive).toBe(true);
  });

  test.each([
    ["no frame at all", 0, 20_000, "first_frame_timeout"],
    ["a frame, then none", 1, 5_000, "frame_timeout"],
  ] as const)("closes a publisher that sends %s", (_, frames, timeoutMs, expected) => {
    const { publish, clock } = createStream();
    const { publication, ends } = publish();
    for (let i = 0; i < frames; i++) publication.writeFrame(audioFrame(i));
    clock.advance(timeoutMs);
    expect(ends).toEqual([]);
    clock.advance(1_000);
    expect(ends).toEqual([expected]);
  });

  test("closes a publisher whom nobody watches, if so configured", () => {
    const publisher = { ...SETTINGS.publisher, kickoffIdleMs: 8_000 };
    const { publish, play, clock } = createStream({ publisher });
    const { publication, ends } = publish();
    const { leave } = play();
    const sendFor = (seconds: number) => {
      for (let i = 0; i < seconds; i++) {
        publication.writeFrame(audioFrame(i * 1_000));
        clock.advance(1_000);
      }
    };
    sendFor(12);
    leave();
    sendFor(8);
    expect(ends).toEqual([]);
    sendFor(1);
    expect(ends).toEqual(["no_players"]);
  });
});

describe("a returning publisher", () => {
  const publisher = { ...SETTINGS.publisher, graceMs: 5_000 };

  test("finds its viewers still there, and the timeline goes on", () => {
    const { publish, play, clock } = createStream({ publisher, jitterMode: "full" });
    const first = publish().publication;
    first.writeTrack(VIDEO);
    first.writeFrame(videoFrame(9_000, true));
    first.writeTrack(AUDIO);
    first.writeFrame(audioFrame(9_040));
    const { sink } = play(false);
    clock.advance(1_000);
    expect(sink.text).toBe("join(h264) V0! aac A40 ");
    first.end();
    clock.advance(4_000);
    expect(sink.ended).toBeUndefined();
    const second = publish().publication;
    second.writeFrame(videoFrame(77, true));
    clock.advance(1_000);
    expect(sink.text).toBe("join(h264) V0! aac A40 V50! ");
    expect(sink.ended).toBeUndefined();
  });

  test("is waited for no longer than its grace period", () => {
    const { publish, play, clock, stream } = createStream({ publisher });
    const onEnd = vi.fn();
    stream.addListener({
      onMetadata: vi.fn(),
      onTrack: vi.fn(),
      onFrame: vi.fn(),
      onEnd,
      fail: vi.fn(),
    });
    const { publication } = publish();
    publication.writeTrack(AUDIO);
    publication.writeFrame(audioFrame(0));
    clock.advance(2_000);
    const leaving = play(false);
    const lasting = play(true);
    publication.end();
    clock.advance(4_999);
    expect([leaving.sink.ended, onEnd.mock.calls.length]).toEqual([undefined, 0]);
    clock.advance(1);
    expect([leaving.sink.ended, onEnd.mock.calls.length]).toEqual(["stream_ended", 1]);
    expect(lasting.sink.ended).toBeUndefined();
    expect(stream.isLive).toBe(false);
  });
});

describe("the publisher before", () => {
  test("leaves no track behind for those who join the next one", () => {
    const publisher = { ...SETTINGS.publisher, graceMs: 5_000 };
    const { publish, play, clock } = createStream({ publisher });
    const first = publish().publication;
    first.writeTrack(VIDEO);
    first.writeTrack(AUDIO);
    first.writeFrame(videoFrame(0, true));
    first.end();
    const second = publish().publication;
    second.writeTrack(VIDEO);
    second.writeFrame(videoFrame(0, true));
    clock.advance(2_000);
    const { sink } = play();
    expect(sink.text).toMatch(/^join\(h264\) /);
  });

  test("leaves no atc behind", () => {
    const { publish, stream } = createStream({ jitterMode: "full", isAtcByMetadata: true });
    const first = publish().publication;
    const fields = new Map([["bravo_atc", "true"]]);
    first.writeMetadata({ scriptData: new Uint8Array(0), fields });
    expect(stream.isTimeAbsolute).toBe(true);
    first.end();
    publish();
    expect(stream.isTimeAbsolute).toBe(false);
  });
});

describe("a broadcast", () => {
  test("that has gone is not mistaken for its successor when the last subscriber leaves late", () => {
    const { publish, stream, clock } = createStream();
    publish();
    const subscribe = () => stream.subscribe(TEXT_FORMAT, new TestSink(), { isLasting: true });
    const first = subscribe();
    stream.unsubscribe(first.broadcast, first.subscriber);
    subscribe();
    stream.unsubscribe(first.broadcast, first.subscriber);
    expect(stream.subscriberCount).toBe(1);
    clock.advance(1_000);
  });
});

describe("a newcomer", () => {
  test("gets the tracks that belong to its first frame, and later changes in their place", () => {
    const { publish, play } = createStream();
    const { publication } = publish();
    const hevc = { ...VIDEO, codec: "hevc" } as const;
    publication.writeTrack(VIDEO);
    publication.writeTrack(AUDIO);
    publication.writeFrame(videoFrame(0, true));
    publication.writeTrack(hevc);
    publication.writeFrame({ ...videoFrame(40), track: hevc });
    expect(play().sink.text).toBe("join(h264+aac) V0! hevc V40 ");
  });

  test("waits a second for the other track, unless the metadata says there is none", () => {
    const fields = new Map([["audiocodecid", 10]]);
    const metadata = { scriptData: new Uint8Array(0), fields };
    for (const [isToldSo, waitMs] of [
      [false, 1_000],
      [true, 0],
    ] as const) {
      const { publish, play, clock } = createStream();
      const { publication } = publish();
      if (isToldSo) publication.writeMetadata(metadata);
      publication.writeTrack(AUDIO);
      const { sink } = play();
      publication.writeFrame(audioFrame(0));
      clock.advance(400);
      expect(sink.text !== "", `told so: ${isToldSo}`).toBe(waitMs === 0);
      clock.advance(waitMs);
      expect(sink.text).toMatch(/^join\(aac\) /);
    }
  });
});

describe("a sequence header that says nothing new", () => {
  test.each([
    [false, "join(h264+aac) V0! h264 V40 "],
    [true, "join(h264+aac) V0! V40 "],
  ])("is left out if so configured: %s", (isSequenceHeaderReduced, expected) => {
    const { publish, play, clock } = createStream({ isSequenceHeaderReduced });
    const { publication } = publish();
    const track = publication.writeTrack(VIDEO);
    publication.writeTrack(AUDIO);
    publication.writeFrame(videoFrame(0, true));
    const { sink } = play();
    expect(publication.writeTrack({ ...VIDEO })).toBe(track);
    publication.writeFrame(videoFrame(40));
    clock.advance(1_000);
    expect(sink.text).toBe(expected);
  });
});

describe("atc_auto", () => {
  test("keeps the publisher's times when its metadata asks for it", () => {
    const { publish, play } = createStream({ jitterMode: "full", isAtcByMetadata: true });
    const { publication } = publish();
    const fields = new Map([["bravo_atc", "true"]]);
    publication.writeMetadata({ scriptData: new Uint8Array(0), fields });
    publication.writeTrack(VIDEO);
    publication.writeTrack(AUDIO);
    publication.writeFrame(videoFrame(1_000_000, true));
    expect(play().sink.text).toBe("join(h264+aac) V1000000! ");
  });
});

describe("the hub", () => {
  test("forgets a stream that nobody has used for a while, and no other", () => {
    const { hub, stream, play, clock } = createStream();
    const { leave } = play();
    clock.advance(10_000);
    expect(hub.find(NAME)).toBe(stream);
    leave();
    clock.advance(2_000);
    expect(hub.find(NAME)).toBe(stream);
    clock.advance(2_000);
    expect(hub.find(NAME)).toBeUndefined();
  });

  test("leaves no timer behind", () => {
    const publisher = { ...SETTINGS.publisher, graceMs: 60_000 };
    const { hub, publish, play, clock } = createStream({ publisher });
    const { publication } = publish();
    play();
    publication.writeFrame(videoFrame(0, true));
    publication.end();
    expect(clock.timerCount).toBeGreaterThan(1);
    hub.close();
    expect(clock.timerCount).toBe(1); // The sweep of this test.
  });
});

describe("a bug in what serves one subscriber", () => {
  test("is its end alone: the publisher and the others go on", () => {
    const { publish, play, clock, stream } = createStream();
    const { publication, ends } = publish();
    publication.writeTrack(AUDIO);
    const broken = play();
    const healthy = play();
    clock.advance(2_000);
    publication.writeFrame(audioFrame(0));
    clock.advance(2_000);
    const error = new Error("A bug");
    broken.sink.write = () => {
      throw error;
    };
    publication.writeFrame(audioFrame(20));
    clock.advance(1_000);
    publication.writeFrame(audioFrame(40));
    clock.advance(1_000);
    expect(broken.sink.failure).toBe(error);
    expect(healthy.sink.text).toContain("A20 A40 ");
    expect(healthy.sink.failure).toBeUndefined();
    expect([ends, stream.subscriberCount]).toEqual([[], 1]);
  });

  test("or one listener", () => {
    const { publish, play, clock, stream } = createStream();
    const { publication } = publish();
    const error = new Error("A bug");
    const fail = vi.fn();
    const onFrame = vi.fn(() => {
      throw error;
    });
    stream.addListener({ onMetadata: vi.fn(), onTrack: vi.fn(), onFrame, onEnd: vi.fn(), fail });
    publication.writeTrack(AUDIO);
    publication.writeFrame(audioFrame(0));
    publication.writeFrame(audioFrame(20));
    const { sink } = play();
    clock.advance(2_000);
    publication.writeFrame(audioFrame(40));
    clock.advance(1_000);
    expect([onFrame.mock.calls.length, fail.mock.calls]).toEqual([1, [[error]]]);
    expect(sink.text).toContain("A40");
  });
});

describe("other settings as it runs", () => {
  function createChanging() {
    const clock = new ManualClock();
    let settings = SETTINGS;
    const hub = new StreamHub(clock, () => settings);
    const stream = hub.getOrCreate(NAME);
    const publication = stream.publish({ clientId: "publisher", close: () => undefined });
    publication.writeTrack(VIDEO);
    const change = (more: Partial<StreamSettings>): void => {
      settings = { ...SETTINGS, ...more };
      hub.configure();
    };
    return { clock, stream, publication, change };
  }

  test("a cache that is switched off is empty, and fills again when it is switched on", () => {
    const { stream, publication, change } = createChanging();
    publication.writeFrame(videoFrame(0, true));
    expect(stream.gopCache.frames).toHaveLength(1);
    change({ gopCache: { ...SETTINGS.gopCache, isEnabled: false } });
    publication.writeFrame(videoFrame(40, true));
    expect(stream.gopCache.frames).toHaveLength(0);
    change({});
    publication.writeFrame(videoFrame(80, true));
    expect(stream.gopCache.frames).toHaveLength(1);
  });

  test("a cache with a lower limit lets go of what is beyond it", () => {
    const { stream, publication, change } = createChanging();
    for (let ms = 0; ms < 400; ms += 40) publication.writeFrame(videoFrame(ms, ms === 0));
    change({ gopCache: { ...SETTINGS.gopCache, framesMax: 5 } });
    expect(stream.gopCache.frames).toHaveLength(0);
  });

  test("frames that wait to be put in order are not lost", () => {
    const { stream, publication, change } = createChanging();
    change({ isMixCorrected: true });
    publication.writeTrack(AUDIO);
    const times: number[] = [];
    stream.addListener({
      onMetadata: () => undefined,
      onTrack: () => undefined,
      onFrame: ({ dtsMs }) => void times.push(dtsMs),
      onEnd: () => undefined,
      fail: (error) => {
        throw error;
      },
    });
    publication.writeFrame(videoFrame(0, true));
    publication.writeFrame(videoFrame(40));
    publication.writeFrame(audioFrame(20));
    const waiting = 3 - times.length;
    expect(waiting).toBeGreaterThan(0);
    change({ isMixCorrected: false });
    expect(times).toHaveLength(3);
    publication.writeFrame(videoFrame(80));
    expect(times.at(-1)).toBe(80);
  });

  test("each frame is sent at once when it becomes realtime", () => {
    const { clock, stream, publication, change } = createChanging();
    change({ flush: { windowMs: 350, framesMin: 0 } });
    const sink = new TestSink();
    publication.writeFrame(videoFrame(0, true));
    const { subscriber } = stream.subscribe(TEXT_FORMAT, sink, { isLasting: true });
    subscriber.pump();
    clock.advance(1_000);
    change({ flush: { windowMs: 0, framesMin: 0 } });
    const before = sink.text.length;
    publication.writeFrame(videoFrame(40));
    clock.advance(1);
    expect(sink.text.length).toBeGreaterThan(before);
  });
});
