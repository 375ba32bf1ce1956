/**
 * Goal: a reader gets every event once and in order, from where it left off if that is still known;
 * what it cannot get any more it is told of; and neither readers nor events make memory grow.
 *
 * Method: a feed with a clock that is moved by hand, and readers that take as much as a test says;
 * what they got is read by the specification's own rules.
 */

import { describe, expect, test } from "vitest";
import { EventFeed, type EventFeedLimits } from "../../src/live/event-feed.ts";
import { EventFilter, type EventWish } from "../../src/live/event-filter.ts";
import type { EventOutput, OpenedEvents } from "../../src/live/event-source.ts";
import { recordEvent } from "../../src/live/server-event.ts";
import { ManualClock } from "../../src/runtime/memory.ts";
import { EventStreamParser } from "../support/event-stream-parser.ts";

const FLUSH_MS = 20;

class Reader extends EventStreamParser implements EventOutput {
  reader: OpenedEvents | undefined;
  hasRoom = true;
  writes = 0;

  write(bytes: Uint8Array): boolean {
    this.writes += 1;
    this.push(new TextDecoder().decode(bytes));
    return this.hasRoom;
  }

  end(): void {
    throw new Error("A feed has no end");
  }

  /** Takes more from now on. */
  more(): void {
    this.hasRoom = true;
    this.reader?.more();
  }

  /** What has come since the last call: streams, or why they are missing, with ids. */
  news(): string[] {
    const news = this.events.map(({ data, lastEventId }) => {
      const { stream, reason, count } = JSON.parse(data) as Record<string, unknown>;
      return `${stream ?? `missed ${count}: ${reason}`} ${lastEventId}`;
    });
    this.events.splice(0);
    return news;
  }
}

function setUp(limits: Partial<EventFeedLimits> = {}, epoch = "e") {
  const clock = new ManualClock();
  const feed = new EventFeed({
    clock,
    epoch,
    limits: { lengthMax: 1_000, sizeMax: 1 << 20, ...limits },
  });
  let count = 0;
  const publish = (times = 1, stream?: string): void => {
    for (let i = 0; i < times; i++) {
      count += 1;
      const name = { vhost: "v", app: "live", stream: stream ?? `s${count}` };
      feed.publish(recordEvent({ type: "stream.ended", ...name }, clock.wallMs(), null));
    }
  };
  const open = async (lastEventId?: string, wish: EventWish = {}): Promise<Reader> => {
    const reader = new Reader();
    reader.reader = await feed.open({ filter: new EventFilter(wish), lastEventId }, reader);
    reader.reader.start();
    return reader;
  };
  const pass = (ms = FLUSH_MS): void => clock.advance(ms);
  return { clock, feed, publish, open, pass };
}

describe("a reader", () => {
  test("that comes for the first time gets what happens from then on", async () => {
    const { publish, open, pass } = setUp();
    publish(2);
    const reader = await open();
    expect(reader).toMatchObject({ lastEventId: "e-2", retryMs: 2_000 });
    publish(2);
    expect(reader.news()).toEqual([]);
    pass();
    expect(reader.news()).toEqual(["s3 e-3", "s4 e-4"]);
  });

  test("gets what happens together by one write", async () => {
    const { publish, open, pass } = setUp();
    const reader = await open();
    reader.writes = 0;
    publish(100);
    pass();
    expect(reader.writes).toBe(1);
    expect(reader.news()).toHaveLength(100);
  });

  test("loses nothing of a rush", async () => {
    for (const lengthMax of [1, 2, 3, 50, 200]) {
      const { publish, open, pass } = setUp({ lengthMax });
      const reader = await open();
      publish(1_000);
      pass();
      expect(reader.news()).toHaveLength(1_000);
    }
  });

  test("gets nothing before it has been started", async () => {
    const { feed, publish, pass } = setUp();
    const reader = new Reader();
    const opened = await feed.open({ filter: new EventFilter({}), lastEventId: undefined }, reader);
    publish();
    pass(30_000);
    opened.sweep(30_000);
    expect(reader.writes).toBe(0);
    opened.start();
    expect(reader.news()).toEqual(["s1 e-1"]);
  });

  test("is shown that the connection is alive, and how far it is", async () => {
    const { clock, publish, open, pass } = setUp();
    const reader = await open(undefined, { types: "server.*" });
    publish(3);
    pass(14_000);
    reader.reader?.sweep(clock.monotonicMs());
    expect(reader.comments).toBe(0);
    pass(1_000);
    reader.reader?.sweep(clock.monotonicMs());
    expect(reader).toMatchObject({ comments: 1, lastEventId: "e-3", events: [] });
  });

  test("is shown nothing while it takes nothing", async () => {
    const { clock, publish, open, pass } = setUp();
    const reader = await open();
    reader.hasRoom = false;
    publish();
    pass();
    const { writes } = reader;
    publish();
    pass(60_000);
    reader.reader?.sweep(clock.monotonicMs());
    expect(reader.writes).toBe(writes);
  });

  test("that has gone is forgotten", async () => {
    const { clock, feed, publish, open, pass } = setUp();
    const reader = await open();
    reader.reader?.close();
    const { writes } = reader;
    publish();
    pass(60_000);
    reader.reader?.sweep(clock.monotonicMs());
    expect(reader.writes).toBe(writes);
    expect(reader.news()).toEqual([]);
    expect([feed.readerCount, clock.timerCount]).toEqual([0, 0]);
  });

  test("gets at once what it has not got, when it must be", async () => {
    const { clock, feed, publish, open } = setUp();
    const reader = await open();
    publish();
    feed.flush();
    expect(reader.news()).toEqual(["s1 e-1"]);
    expect(clock.timerCount).toBe(0);
  });
});

describe("a reader that comes again", () => {
  test("gets what has happened since", async () => {
    const { publish, open, pass } = setUp();
    publish(4);
    const reader = await open("e-2");
    expect(reader.news()).toEqual(["s3 e-3", "s4 e-4"]);
    publish();
    pass();
    expect(reader.news()).toEqual(["s5 e-5"]);
  });

  test("and has all, gets nothing", async () => {
    const { publish, open } = setUp();
    publish(4);
    expect((await open("e-4")).news()).toEqual([]);
  });

  test("gets what passes its filter", async () => {
    const { publish, open } = setUp();
    publish(1, "a");
    publish(1, "b");
    publish(1, "a");
    expect((await open("e-0", { stream: "live/a" })).news()).toEqual(["a e-1", "a e-3"]);
  });

  test("too late, is told how many it does not get", async () => {
    const { publish, open } = setUp({ lengthMax: 3 });
    publish(10);
    const reader = await open("e-4");
    expect(reader.news()).toEqual(["missed 3: too_old e-7", "s8 e-8", "s9 e-9", "s10 e-10"]);
  });

  test.each([
    "other-3",
    "e-11",
    "e-99999999999999999",
    "e",
    "",
    "e-",
    "e--1",
    "e-1\n",
    "x".repeat(99),
  ])("with the id %j, which is none of this start's, gets all there is", async (id) => {
    const { publish, open } = setUp({ lengthMax: 2 });
    publish(10);
    const reader = await open(id);
    expect(reader.news()).toEqual(["missed null: other_start e-8", "s9 e-9", "s10 e-10"]);
  });

  test("goes on from there when it comes once more", async () => {
    const { publish, open } = setUp({ lengthMax: 2 });
    publish(10);
    const { lastEventId } = await open("other-3");
    publish();
    expect((await open(lastEventId)).news()).toEqual(["s11 e-11"]);
  });
});

describe("a reader that is slow", () => {
  test("gets all that is still there when it takes more", async () => {
    const { publish, open, pass } = setUp();
    const reader = await open();
    reader.hasRoom = false;
    publish(2);
    pass();
    expect(reader.news()).toEqual(["s1 e-1", "s2 e-2"]);
    publish(3);
    pass();
    expect(reader.news()).toEqual([]);
    reader.more();
    expect(reader.news()).toEqual(["s3 e-3", "s4 e-4", "s5 e-5"]);
  });

  test("loses the oldest, and is told how many; others lose nothing", async () => {
    const { publish, open, pass } = setUp({ lengthMax: 5 });
    const [slow, fast] = [await open(), await open()];
    slow.hasRoom = false;
    for (let i = 0; i < 20; i++) {
      publish();
      pass();
    }
    slow.more();
    expect(slow.news()).toEqual([
      ...["s1 e-1", "missed 14: too_slow e-15"],
      ...["s16 e-16", "s17 e-17", "s18 e-18", "s19 e-19", "s20 e-20"],
    ]);
    expect(fast.news()).toHaveLength(20);
  });

  test("is handed no more than a piece at a time", async () => {
    const { publish, open } = setUp({ lengthMax: 10_000, sizeMax: 1 << 24 });
    publish(5_000);
    const reader = await open("e-0");
    expect(reader.news()).toHaveLength(5_000);
    expect(reader.writes).toBeGreaterThan(5);
  });
});

describe("memory", () => {
  test("is bounded by the number of events", () => {
    const { feed, publish } = setUp({ lengthMax: 7 });
    publish(100);
    expect([feed.length, feed.first, feed.last]).toEqual([7, 94, 100]);
  });

  test("is bounded by their bytes, but for the latest", () => {
    const { feed, publish } = setUp({ sizeMax: 10_000 });
    publish(1_000);
    expect(feed.size).toBeLessThanOrEqual(10_000);
    expect(feed.length).toBeGreaterThan(10);
    publish(1, "x".repeat(20_000));
    expect(feed.length).toBe(1);
    publish();
    expect([feed.length, feed.size < 1_000]).toEqual([1, true]);
  });

  test("is given back when there may be less", () => {
    const { feed, publish } = setUp();
    publish(100);
    const { size } = feed;
    feed.configure({ lengthMax: 10, sizeMax: 1 << 20 });
    expect(feed.length).toBe(10);
    expect(feed.size).toBeLessThan(size / 9);
  });

  test("no timer is set while nobody reads", () => {
    const { clock, publish } = setUp();
    publish(10);
    expect(clock.timerCount).toBe(0);
  });
});

test.each(["a\nb", "a\r\n\r\ndata: x", "\u2028", "直播 \"'\\", "\0", "\ud800"])(
  "a stream called %j cannot break the framing",
  async (stream) => {
    const { publish, open, pass } = setUp();
    const reader = await open();
    publish(1, stream);
    publish(1, "next");
    pass();
    expect(reader.values).toMatchObject([{ stream }, { stream: "next" }]);
  },
);
