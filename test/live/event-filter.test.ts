/**
 * Goal: who asks for some events gets these, and who asks for what there cannot be is told so.
 *
 * Method: wishes, and events of all kinds.
 */

import { describe, expect, test } from "vitest";
import { EventFilter, type EventWish } from "../../src/live/event-filter.ts";
import { recordEvent, SERVER_EVENT_TYPES, type ServerEvent } from "../../src/live/server-event.ts";

function matches(wish: EventWish, event: ServerEvent): boolean {
  return new EventFilter(wish).matches(recordEvent(event, 0, null));
}

function ended(app: string, stream: string, vhost = "__defaultVhost__"): ServerEvent {
  return { type: "stream.ended", vhost, app, stream };
}

const STOPPING: ServerEvent = { type: "server.stopping", isGraceful: false };
const MISSED: ServerEvent = { type: "events.missed", reason: "too_slow", count: 1 };

describe("types", () => {
  test.each<[string, boolean]>([
    ["stream.ended", true],
    ["stream.*", true],
    ["*", true],
    ["server.started, stream.ended", true],
    ["server.*,segment.*", false],
    ["stream.ready", false],
  ])("%s", (types, isWanted) => {
    expect(matches({ types }, ended("live", "show"))).toBe(isWanted);
  });

  test.each(["", "stream", "stream.", "STREAM.ENDED", "*.ended", "stream.*.x", "a,stream.*", ".*"])(
    "%j is refused, and told which there are",
    (types) => {
      expect(() => new EventFilter({ types })).toThrow(RangeError);
      expect(() => new EventFilter({ types })).toThrow(SERVER_EVENT_TYPES.join(", "));
    },
  );
});

describe("streams", () => {
  test.each<[EventWish, ServerEvent, boolean]>([
    [{ vhost: "a.com" }, ended("live", "show", "a.com"), true],
    [{ vhost: "a.com" }, ended("live", "show"), false],
    [{ stream: "live/show" }, ended("live", "show"), true],
    [{ stream: "live/show" }, ended("live", "show2"), false],
    [{ stream: "a/b/show" }, ended("a/b", "show"), true],
    [{ stream: "live/show", vhost: "a.com" }, ended("live", "show"), false],
    [{ stream: "live/show", types: "session.*" }, ended("live", "show"), false],
    [{ stream: "live/show" }, STOPPING, false],
    [{ vhost: "a.com" }, STOPPING, false],
  ])("%j: %j is wanted: %s", (wish, event, isWanted) => {
    expect(matches(wish, event)).toBe(isWanted);
  });

  test.each<EventWish>([
    { vhost: "" },
    { stream: "" },
    { stream: "show" },
    { stream: "/live/show" },
    { stream: "live/" },
  ])("%j is refused", (wish) => {
    expect(() => new EventFilter(wish)).toThrow(RangeError);
  });
});

test("that events are missing is for everybody", () => {
  expect(matches({ types: "stream.*", vhost: "a.com", stream: "a/b" }, MISSED)).toBe(true);
});
