/**
 * Goal: aggregates come apart as RTMP 1.0, section 7.1.6, puts them together, and lying sizes are
 * found out.
 *
 * Method: one aggregate written out by hand, cut at every byte; its variants; seeded noise.
 */

import { describe, expect, test } from "vitest";
import { MalformedError } from "../../../src/base/errors.ts";
import { splitAggregate } from "../../../src/codec/rtmp/aggregate.ts";
import type { RtmpMessage } from "../../../src/codec/rtmp/message.ts";
import { fromHex } from "../../support/hex.ts";
import { noise } from "../../support/noise.ts";

//            type size   time   high stream payload back pointer
const VIDEO = "09  000002 0003e8 00   000000 1701    0000000d";
const AUDIO = "08  000003 0003ff 00   000000 af0121  0000000e";

function aggregate(hex: string, timestamp = 5000): RtmpMessage {
  const payload = fromHex(hex);
  return { typeId: 22, timestamp, messageStreamId: 1, chunkStreamId: 4, payload };
}

function message(typeId: number, timestamp: number, hex: string): RtmpMessage {
  return { typeId, timestamp, messageStreamId: 1, chunkStreamId: 4, payload: fromHex(hex) };
}

describe("splitAggregate()", () => {
  test("yields the messages, the first at the aggregate's own time", () => {
    expect([...splitAggregate(aggregate(VIDEO + AUDIO))]).toEqual([
      message(9, 5000, "1701"),
      message(8, 5023, "af0121"),
    ]);
    expect([...splitAggregate(aggregate(""))]).toEqual([]);
  });

  test("takes the high byte of times behind the low ones, and wraps", () => {
    const parts = [
      ...splitAggregate(
        aggregate(
          "09 000000 fffff0 01 000000 0000000b 09 000000 000004 02 000000 0000000b",
          0xffff_fff8,
        ),
      ),
    ];
    expect(parts.map((part) => part.timestamp)).toEqual([0xffff_fff8, 12]);
  });

  test("takes times that go back", () => {
    const parts = [...splitAggregate(aggregate(AUDIO + VIDEO))];
    expect(parts.map((part) => part.timestamp)).toEqual([5000, 4977]);
  });

  test("takes a last message without back pointer, and back pointers that lie", () => {
    expect([...splitAggregate(aggregate(VIDEO + AUDIO.slice(0, -8)))]).toHaveLength(2);
    expect([
      ...splitAggregate(aggregate(VIDEO.replace("0000000d", "ffffffff") + AUDIO)),
    ]).toHaveLength(2);
  });

  test("throws MalformedError wherever a header or a payload is cut", () => {
    const whole = aggregate(VIDEO + AUDIO);
    const fine = [0, 13, 14, 15, 16, 17, 31, 32, 33, 34]; // The cut is in a back pointer.
    for (let length = 0; length < whole.payload.length; length++) {
      const split = () => [
        ...splitAggregate({ ...whole, payload: whole.payload.subarray(0, length) }),
      ];
      if (fine.includes(length)) split();
      else expect(split, `cut at ${length}`).toThrow(MalformedError);
    }
  });

  test.each([
    ["a size beyond the end", "09 ffffff 000000 00 000000 1701 0000000d"],
    ["an aggregate inside", "16 000000 000000 00 000000 0000000b"],
  ])("throws MalformedError for %s", (_name, hex) => {
    expect(() => [...splitAggregate(aggregate(hex))]).toThrow(MalformedError);
  });

  test("throws nothing but MalformedError on noise", () => {
    for (const payload of noise(10_000, 60)) {
      try {
        for (const part of splitAggregate({ ...aggregate(""), payload })) {
          expect(part.payload.length).toBeLessThan(payload.length);
        }
      } catch (error) {
        expect(error).toBeInstanceOf(MalformedError);
      }
    }
  });
});
