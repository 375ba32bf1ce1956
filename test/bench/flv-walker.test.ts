/**
 * Goal: the walker finds every tag's type, time, size and head, however TCP cuts the stream.
 *
 * Method: golden bytes and the built-in test picture, against the decoder of whole tags; cut at every
 * byte; noise.
 */

import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { MalformedError } from "../../src/base/errors.ts";
import { FlvWalker } from "../../src/bench/flv-walker.ts";
import { HEAD_SIZE } from "../../src/bench/media-message.ts";
import { decodeFlvTag } from "../../src/codec/flv/tag.ts";
import { fromHex, joinBytes } from "../support/hex.ts";
import { noise } from "../support/noise.ts";
import { feed, Walks } from "./walked.ts";

const HEADER = fromHex("464c5601 05 00000009");
const STREAM = joinBytes(
  HEADER,
  fromHex("00000000 12 000002 000000 00 000000 0200"),
  fromHex("0000000d 09 000005 ffffff 12 000000 1701000000"),
  fromHex("00000010 08 000000 000028 00 000000"),
  fromHex("0000000b 29 000001 000029 80 000000 27"),
);

function walk(bytes: Uint8Array, pieceSize: number): Walks {
  const walks = new Walks();
  feed(new FlvWalker(walks), bytes, pieceSize);
  return walks;
}

describe("FlvWalker", () => {
  test.each(Array.from({ length: STREAM.length }, (_, i) => i + 1))(
    "takes golden bytes in pieces of %i",
    (pieceSize) => {
      expect(walk(STREAM, pieceSize).messages).toEqual([
        { typeId: 18, timestamp: 0, size: 2, head: fromHex("0200"), isComplete: true },
        {
          typeId: 9,
          timestamp: 0x12ff_ffff,
          size: 5,
          head: fromHex("1701000000"),
          isComplete: true,
        },
        { typeId: 8, timestamp: 40, size: 0, head: fromHex(""), isComplete: true },
        { typeId: 9, timestamp: 0x8000_0029, size: 1, head: fromHex("27"), isComplete: true },
      ]);
    },
  );

  test.each([1, 2, 7, 100, 1_448, 65_536, 1 << 24])(
    "agrees with the decoder on a file, in pieces of %i",
    (pieceSize) => {
      const url = new URL("../../web/test-stream.flv", import.meta.url);
      const file = new Uint8Array(readFileSync(url)).subarray(0, 120_000);
      const { messages } = walk(file, pieceSize);
      const expected = [];
      let next = decodeFlvTag(file, 13);
      for (; next !== undefined; next = decodeFlvTag(file, next[1])) {
        const [{ type, timestampMs, data }] = next;
        expected.push({
          typeId: type,
          timestamp: timestampMs,
          size: data.length,
          head: data.slice(0, HEAD_SIZE),
          isComplete: true,
        });
      }
      expect(expected.length).toBeGreaterThan(50);
      expect(messages.filter(({ isComplete }) => isComplete)).toEqual(expected);
    },
  );

  test("passes over what a longer header has", () => {
    const longer = joinBytes(fromHex("464c5601 05 0000000b ffff"), STREAM.subarray(9));
    expect(walk(longer, 1).messages).toEqual(walk(STREAM, 1).messages);
  });

  test.each([
    ["another signature", "464c5701 05 00000009"],
    ["a header too short", "464c5601 05 00000008"],
    ["a header too long", "464c5601 05 ff000009"],
    ["a tag of no type", "464c5601 05 00000009 00000000 0a 000002 000000 00 000000"],
  ])("refuses %s", (_, hex) => {
    const bytes = fromHex(hex);
    for (const size of [1, bytes.length]) expect(() => walk(bytes, size)).toThrow(MalformedError);
  });

  test("throws nothing else, whatever comes", () => {
    for (const bytes of noise(300, 400)) {
      for (const start of [HEADER, fromHex("")]) {
        try {
          walk(joinBytes(start, bytes), 13);
        } catch (error) {
          expect(error).toBeInstanceOf(MalformedError);
        }
      }
    }
  });
});
