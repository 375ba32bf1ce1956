/**
 * Goal: messages are cut into the chunks of RTMP 1.0, section 5.3.1.
 *
 * Method: golden bytes, among them the specification's own examples (5.3.2); sizes around the chunk
 * size; the predicted size against the written one.
 */

import { describe, expect, test } from "vitest";
import { ByteWriter } from "../../../src/base/byte-writer.ts";
import {
  type ChunkHeader,
  chunkedSize,
  writeChunks,
} from "../../../src/codec/rtmp/chunk-encoder.ts";
import { fromHex, joinBytes } from "../../support/hex.ts";

const HEADER: ChunkHeader = {
  format: 0,
  chunkStreamId: 3,
  timestamp: 1000,
  typeId: 8,
  messageStreamId: 12_345,
};

function encode(change: Partial<ChunkHeader>, payload: Uint8Array, chunkSize = 128): Uint8Array {
  const writer = new ByteWriter();
  const header = { ...HEADER, ...change };
  writeChunks(writer, header, payload, chunkSize);
  expect(chunkedSize(header, payload.length, chunkSize)).toBe(writer.size);
  return writer.view();
}

describe("writeChunks()", () => {
  test("writes the specification's first example", () => {
    const payload = new Uint8Array(32).fill(0xaa);
    const type0 = fromHex("03 0003e8 000020 08 39300000"); // The stream id is little-endian.
    expect(encode({}, payload)).toEqual(joinBytes(type0, payload));
    const type2 = fromHex("83 000014");
    expect(encode({ format: 2, timestamp: 20 }, payload)).toEqual(joinBytes(type2, payload));
  });

  test("writes the specification's second example: 307 bytes in three chunks", () => {
    const payload = Uint8Array.from({ length: 307 }, (_, index) => index & 0xff);
    expect(encode({ chunkStreamId: 4, typeId: 9, messageStreamId: 12_346 }, payload)).toEqual(
      joinBytes(
        fromHex("04 0003e8 000133 09 3a300000"),
        payload.subarray(0, 128),
        fromHex("c4"),
        payload.subarray(128, 256),
        fromHex("c4"),
        payload.subarray(256),
      ),
    );
  });

  test("writes a delta with format 1", () => {
    expect(encode({ format: 1, timestamp: 40 }, fromHex("aabb"))).toEqual(
      fromHex("43 000028 000002 08 aabb"),
    );
  });

  test.each([
    ["a chunk that is full", 128, 0],
    ["one byte more", 129, 1],
    ["two chunks that are full", 256, 1],
    ["one byte more again", 257, 2],
  ])("goes on by format 3: %s", (_name, size, more) => {
    expect(encode({}, new Uint8Array(size))).toHaveLength(12 + size + more);
  });

  test("writes a message without payload", () => {
    expect(encode({}, new Uint8Array())).toEqual(fromHex("03 0003e8 000000 08 39300000"));
  });

  test("repeats an extended timestamp in every chunk", () => {
    const payload = fromHex("0102030405");
    expect(encode({ timestamp: 0xff_ffff, messageStreamId: 1 }, payload, 2)).toEqual(
      fromHex("03 ffffff 000005 08 01000000 00ffffff 0102 c3 00ffffff 0304 c3 00ffffff 05"),
    );
    expect(encode({ format: 1, timestamp: 0x0100_0000 }, payload, 4)).toEqual(
      fromHex("43 ffffff 000005 08 01000000 01020304 c3 01000000 05"),
    );
    expect(encode({ timestamp: 0xff_fffe }, payload)).toHaveLength(12 + 5);
  });

  test("takes timestamps modulo 2^32", () => {
    const expected = fromHex("03 ffffff 000000 08 39300000 ffffffff");
    expect(encode({ timestamp: -1 }, new Uint8Array())).toEqual(expected);
    expect(encode({ timestamp: 0xffff_ffff }, new Uint8Array())).toEqual(expected);
  });

  test.each([
    [2, "82"],
    [63, "bf"],
    [64, "80 00"],
    [319, "80 ff"],
    [320, "81 00 01"],
    [65_599, "81 ff ff"],
  ])("writes chunk stream id %i", (chunkStreamId, hex) => {
    const bytes = encode({ format: 2, chunkStreamId, timestamp: 1 }, new Uint8Array());
    expect(bytes).toEqual(joinBytes(fromHex(hex), fromHex("000001")));
  });

  test("refuses what no header can say", () => {
    expect(() => encode({ chunkStreamId: 1 }, new Uint8Array())).toThrow("Assertion failed");
    expect(() => encode({ chunkStreamId: 65_600 }, new Uint8Array())).toThrow("Assertion failed");
    expect(() => encode({}, new Uint8Array(0x100_0000))).toThrow("Assertion failed");
    expect(() => encode({}, new Uint8Array(1), 0)).toThrow("Assertion failed");
  });
});
