/**
 * Goal: a stream that comes from another process keeps the times it has there, is judged there alone,
 * and makes way for a publisher of this process; names are claimed before they are published and let
 * go with the publication.
 *
 * Method: a hub with claims that the test answers, a clock moved by hand, the readable format of
 * test/support.
 */

import { describe, expect, test } from "vitest";
import { RefusedError } from "../../src/base/errors.ts";
import type { LiveStream } from "../../src/live/live-stream.ts";
import type { PublisherEnd } from "../../src/live/publication.ts";
import type { StreamClaim, StreamClaims } from "../../src/live/stream-claims.ts";
import { type HubListener, StreamHub } from "../../src/live/stream-hub.ts";
import { Timeline } from "../../src/live/timeline.ts";
import { ManualClock } from "../../src/runtime/memory.ts";
import { audioFrame, SETTINGS, TEXT_FORMAT, TestSink, VIDEO, videoFrame } from "../support/live.ts";

const NAME = { vhost: "__defaultVhost__", app: "live", stream: "show" };
const REALTIME = { ...SETTINGS, flush: { windowMs: 0, framesMin: 0 } };

/** Claims as a test wants them answered. */
class TestClaims implements StreamClaims {
  readonly calls: string[] = [];
  refusal: Error | undefined;

  async claim(url: string): Promise<StreamClaim> {
    this.calls.push(`claim ${url}`);
    if (this.refusal !== undefined) throw this.refusal;
    return { release: () => this.calls.push(`release ${url}`) };
  }
}

function createHub(settings: Partial<typeof SETTINGS> = {}) {
  const clock = new ManualClock();
  const claims = new TestClaims();
  const hub = new StreamHub(clock, () => ({ ...REALTIME, ...settings }), claims);
  clock.setInterval(1_000, () => hub.sweep(clock.monotonicMs()));
  const events: string[] = [];
  const listener: HubListener = {
    onStreamCreated: () => undefined,
    onStreamForgotten: () => undefined,
    onStreamWanted: ({ url }) => events.push(`wanted ${url}`),
    onPublished: (_stream, { publisher }) => events.push(`published ${publisher.clientId}`),
    onUnpublished: (_stream, { publisher }) => events.push(`unpublished ${publisher.clientId}`),
    fail: (error) => events.push(String(error)),
  };
  hub.addListener(listener);
  const ends: PublisherEnd[] = [];
  const publisher = (clientId: string) => ({
    clientId,
    close: (reason: PublisherEnd) => ends.push(reason),
  });
  const relay = (stream: LiveStream) =>
    stream.publish({ ...publisher("relay"), isRelayed: true as const });
  const play = (stream: LiveStream) => {
    const sink = new TestSink();
    const { subscriber } = stream.subscribe(TEXT_FORMAT, sink, { isLasting: false });
    subscriber.pump();
    return sink;
  };
  return { clock, claims, hub, events, ends, publisher, relay, play };
}

describe("a name", () => {
  test("is claimed before it is published, and let go when the publication ends", async () => {
    const { hub, claims, events, publisher } = createHub();
    const publication = await hub.publish(NAME, publisher("a"));
    expect(claims.calls).toEqual(["claim /live/show"]);
    publication.end();
    publication.end();
    expect(claims.calls).toEqual(["claim /live/show", "release /live/show"]);
    expect(events).toEqual(["published a", "unpublished a"]);
  });

  test("that is refused is not published, and no stream comes to be", async () => {
    const { hub, claims, publisher } = createHub();
    claims.refusal = new RefusedError("stream_busy", "busy");
    await expect(hub.publish(NAME, publisher("a"))).rejects.toBe(claims.refusal);
    expect(hub.size).toBe(0);
  });

  test("is let go if the stream is busy all the same, and who publishes is not disturbed", async () => {
    const { hub, claims, publisher } = createHub();
    const first = await hub.publish(NAME, publisher("a"));
    await expect(hub.publish(NAME, publisher("b"))).rejects.toMatchObject({
      reason: "stream_busy",
    });
    expect(claims.calls.slice(1)).toEqual(["claim /live/show", "release /live/show"]);
    expect(first.isActive).toBe(true);
  });

  test("of a relayed stream is not claimed", () => {
    const { hub, claims, relay } = createHub();
    relay(hub.getOrCreate(NAME)).end();
    expect(claims.calls).toEqual([]);
  });
});

test("a listener that fails disturbs neither the publisher nor the other listeners", async () => {
  const { hub, claims, clock, events, publisher } = createHub();
  const errors: unknown[] = [];
  const calls: string[] = [];
  const fail = (call: string) => (): void => {
    calls.push(call);
    throw new Error("A bug");
  };
  hub.addListener({
    onStreamCreated: fail("created"),
    onStreamForgotten: fail("forgotten"),
    onStreamWanted: fail("wanted"),
    onPublished: fail("published"),
    onUnpublished: fail("unpublished"),
    fail: (error) => errors.push(error),
  });
  const later: string[] = [];
  hub.addListener({
    onStreamCreated: () => later.push("created"),
    onStreamForgotten: () => later.push("forgotten"),
    fail: () => undefined,
  });
  const publication = await hub.publish(NAME, publisher("a"));
  expect(publication.isActive).toBe(true);
  publication.end(true);
  expect(events).toEqual(["published a", "unpublished a"]);
  expect(claims.calls).toHaveLength(2);
  clock.advance(120_000);
  expect(hub.size).toBe(0);
  expect(calls).toEqual(["created", "published", "unpublished", "forgotten"]);
  expect(errors).toHaveLength(4);
  expect(later).toEqual(["created", "forgotten"]);
});

describe("a stream that nobody publishes here", () => {
  test("is wanted by who waits for it, and by who subscribes", () => {
    const { hub, events, play } = createHub();
    const stream = hub.getOrCreate(NAME);
    expect(stream.isWatched).toBe(false);
    const waiter = { onStreamReady: () => undefined, fail: () => undefined };
    stream.addWaiter(waiter);
    expect(stream.isWatched).toBe(true);
    stream.removeWaiter(waiter);
    expect(stream.isWatched).toBe(false);
    play(stream);
    expect(stream.isWatched).toBe(true);
    expect(events).toEqual(["wanted /live/show", "wanted /live/show"]);
  });

  test("is not asked for once it is published", async () => {
    const { hub, events, publisher, play } = createHub();
    await hub.publish(NAME, publisher("a"));
    play(hub.getOrCreate(NAME));
    expect(events).toEqual(["published a"]);
  });
});

describe("a relayed stream", () => {
  test("is ready with its first frame, since its tracks have been waited for", () => {
    const { hub, relay } = createHub();
    const stream = hub.getOrCreate(NAME);
    let isReady = false;
    stream.addWaiter({
      onStreamReady: () => {
        isReady = true;
      },
      fail: () => undefined,
    });
    const publication = relay(stream);
    publication.writeTrack(VIDEO);
    expect(isReady).toBe(false);
    publication.writeFrame(videoFrame(0, true));
    expect(isReady).toBe(true);
  });

  test("is not closed for want of frames or viewers", () => {
    const { hub, clock, relay, ends } = createHub({
      publisher: { ...SETTINGS.publisher, kickoffIdleMs: 2_000 },
    });
    const publication = relay(hub.getOrCreate(NAME));
    clock.advance(60_000);
    publication.writeFrame(videoFrame(0, true));
    clock.advance(60_000);
    expect(ends).toEqual([]);
    expect(publication.isActive).toBe(true);
  });

  test("makes way for a publisher of this process; its viewers stay", async () => {
    const { hub, relay, publisher, ends, play } = createHub({
      publisher: { ...SETTINGS.publisher, graceMs: 1_000 },
    });
    const stream = hub.getOrCreate(NAME);
    const relayed = relay(stream);
    relayed.writeFrame(videoFrame(0, true));
    const sink = play(stream);
    const publication = await hub.publish(NAME, publisher("a"));
    expect(ends).toEqual(["replaced"]);
    expect(relayed.isActive).toBe(false);
    relayed.writeFrame(videoFrame(40));
    publication.writeFrame(videoFrame(0, true));
    expect(sink.text).toBe("join(h264) V0! V0! ");
    expect(sink.ended).toBeUndefined();
  });

  test("cannot take the place of a publisher", async () => {
    const { hub, relay, publisher } = createHub();
    const publication = await hub.publish(NAME, publisher("a"));
    expect(() => relay(hub.getOrCreate(NAME))).toThrow(RefusedError);
    expect(publication.isActive).toBe(true);
  });

  test("that nobody watches ends for good, without a grace period", () => {
    const { hub, clock, relay } = createHub({
      publisher: { ...SETTINGS.publisher, graceMs: 10_000 },
    });
    const stream = hub.getOrCreate(NAME);
    relay(stream).end(true);
    expect(stream.isLive).toBe(false);
    clock.advance(4_000);
    expect(hub.size).toBe(0);
  });

  test("is not sorted once more", () => {
    const { hub, relay, play } = createHub({ isMixCorrected: true });
    const stream = hub.getOrCreate(NAME);
    const publication = relay(stream);
    publication.writeFrame(videoFrame(0, true));
    const sink = play(stream);
    publication.writeFrame(audioFrame(5));
    expect(sink.text).toBe("join(h264) V0! A5 ");
  });
});

describe("the times of a relayed stream", () => {
  test.each(["full", "zero"] as const)("are kept from the first on (%s)", (mode) => {
    const timeline = new Timeline(mode);
    timeline.restart(true);
    expect(timeline.place("video", 500_000, 0)).toBe(500_000);
    expect(timeline.place("audio", 500_010, 1)).toBe(500_010);
    expect(timeline.place("video", 500_040, 40)).toBe(500_040);
  });

  test("are kept where they go on behind what was before", () => {
    const timeline = new Timeline("full");
    timeline.restart(true);
    timeline.place("video", 10_000, 0);
    timeline.restart(true);
    expect(timeline.place("video", 15_000, 5_000)).toBe(15_000);
    expect(timeline.place("audio", 15_003, 5_001)).toBe(15_003);
  });

  test.each([
    ["before it", 3_000],
    ["far behind it", 900_000],
  ])("are moved where they lie %s", (_name, ms) => {
    const timeline = new Timeline("full");
    timeline.restart(true);
    timeline.place("video", 10_000, 0);
    timeline.restart(true);
    expect(timeline.place("video", ms, 100)).toBe(10_010);
    expect(timeline.place("video", ms + 40, 140)).toBe(10_050);
  });

  test("are moved if they are a publisher's own", () => {
    const timeline = new Timeline("full");
    timeline.restart();
    expect(timeline.place("video", 500_000, 0)).toBe(0);
  });
});
