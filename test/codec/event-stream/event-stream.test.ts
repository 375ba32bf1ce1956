/**
 * Goal: what is sent is an event stream to the letter, whatever is in it.
 *
 * Method: blocks as the specification has them, byte by byte; and hostile data, read again by the
 * specification's own rules.
 */

import { describe, expect, test } from "vitest";
import {
  encodeEvent,
  encodeHeartbeat,
  encodeOpening,
} from "../../../src/codec/event-stream/event-stream.ts";
import { EventStreamParser } from "../../support/event-stream-parser.ts";

function textOf(bytes: Uint8Array): string {
  return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
}

function parse(...blocks: Uint8Array[]): EventStreamParser {
  const parser = new EventStreamParser();
  for (const block of blocks) parser.push(textOf(block));
  return parser;
}

describe("blocks", () => {
  test("an event", () => {
    const bytes = encodeEvent({ name: "a.b", id: "e-1", data: '{"ü":1}' });
    expect(textOf(bytes)).toBe('event: a.b\nid: e-1\ndata: {"ü":1}\n\n');
  });

  test("the opening gives an id, and is no event", () => {
    const bytes = encodeOpening("e-7", 1_999.6);
    expect(textOf(bytes)).toBe("retry: 2000\nid: e-7\n\n");
    expect(parse(bytes)).toMatchObject({ events: [], lastEventId: "e-7", retryMs: 2_000 });
  });

  test("a heartbeat is a comment that moves the id on", () => {
    const bytes = encodeHeartbeat("e-9");
    expect(textOf(bytes)).toBe(":\nid: e-9\n\n");
    expect(parse(encodeOpening("e-7", 1), bytes)).toMatchObject({
      ...{ events: [], lastEventId: "e-9", comments: 1 },
    });
  });
});

describe("hostile data", () => {
  const HOSTILE = [
    "",
    "\n",
    "a\nb",
    "a\r\nb",
    "a\rb",
    "\n\nevent: server.stopping\ndata: {}\n\n",
    "x\rid: other-1",
    ": no comment",
    "data: data",
    " leading",
    "\u2028\u2029\u0085\0",
  ];

  test.each(HOSTILE)("%j is one event, with the same lines", (data) => {
    const block = { name: "a.b", id: "e-1" };
    const next = encodeEvent({ name: "next", id: "e-2", data: "y" });
    const { events } = parse(encodeEvent({ ...block, data: `x${data}` }), next);
    expect(events).toEqual([
      { type: "a.b", lastEventId: "e-1", data: `x${data.replace(/\r\n?/g, "\n")}` },
      { type: "next", lastEventId: "e-2", data: "y" },
    ]);
  });

  test.each(["\n", "a\rb", "a\0"])("%j is no name and no id", (text) => {
    expect(() => encodeEvent({ name: text, id: "a", data: "" })).toThrow(RangeError);
    expect(() => encodeEvent({ name: "a", id: text, data: "" })).toThrow(RangeError);
    expect(() => encodeOpening(text, 1)).toThrow(RangeError);
    expect(() => encodeHeartbeat(text)).toThrow(RangeError);
  });
});
