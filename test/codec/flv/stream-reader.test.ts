/**
 * Goal: FLV is read the same however it is cut, keeps no more bytes than it must, and fails on hostile
 * input in no way but MalformedError.
 *
 * Method: a short file written out from Annex E, cut at every byte and fed byte by byte; a large tag in
 * small pieces; seeded noise.
 */

import { describe, expect, test } from "vitest";
import { MalformedError } from "../../../src/base/errors.ts";
import { FlvStreamReader } from "../../../src/codec/flv/stream-reader.ts";
import { fromHex, joinBytes } from "../../support/hex.ts";
import { noise } from "../../support/noise.ts";

const HEADER = fromHex("464c56 01 05 00000009 00000000");
const TAGS = joinBytes(
  fromHex("12 000002 000000 00 000000 0500 0000000d"),
  fromHex("09 000003 000028 00 000000 170100 0000000e"),
  fromHex("08 000000 010203 04 000000 0000000b"),
  fromHex("08 000002 fffffe ff 000000 af01 0000000d"),
);
const FILE = joinBytes(HEADER, TAGS);

const EXPECTED = ["header av", "18 0 0500", "9 40 170100", `8 ${0x04010203} `, "8 -2 af01"];

function createReader() {
  const seen: string[] = [];
  const data: Uint8Array[] = [];
  const reader = new FlvStreamReader({
    header: ({ hasAudio, hasVideo }) => {
      seen.push(`header ${hasAudio ? "a" : ""}${hasVideo ? "v" : ""}`);
    },
    tag: (tag) => {
      data.push(tag.data);
      seen.push(`${tag.type} ${tag.timestampMs} ${Buffer.from(tag.data).toString("hex")}`);
    },
  });
  return { reader, seen, data };
}

describe("FlvStreamReader", () => {
  test("reads a whole file at once", () => {
    const { reader, seen } = createReader();
    reader.read(FILE);
    expect(seen).toEqual(EXPECTED);
  });

  test("reads it cut at any byte", () => {
    for (let cut = 0; cut <= FILE.length; cut++) {
      const { reader, seen } = createReader();
      reader.read(FILE.slice(0, cut));
      reader.read(FILE.slice(cut));
      expect(seen, `cut at ${cut}`).toEqual(EXPECTED);
    }
  });

  test.each([1, 2, 3, 7, 13])("reads it in pieces of %i bytes", (size) => {
    const { reader, seen } = createReader();
    for (let start = 0; start < FILE.length; start += size) {
      reader.read(FILE.slice(start, start + size));
    }
    expect(seen).toEqual(EXPECTED);
  });

  test("hands out each tag as soon as its last byte is there", () => {
    const { reader, seen } = createReader();
    reader.read(FILE.slice(0, FILE.length - 1));
    expect(seen).toEqual(EXPECTED.slice(0, -1));
    reader.read(FILE.slice(FILE.length - 1));
    expect(seen).toEqual(EXPECTED);
  });

  test("puts a large tag together from small pieces", () => {
    const size = 300_000;
    const body = Uint8Array.from({ length: size }, (_, index) => index & 0xff);
    const head = Uint8Array.of(
      9,
      size >>> 16,
      (size >>> 8) & 0xff,
      size & 0xff,
      0,
      0,
      0,
      0,
      0,
      0,
      0,
    );
    const file = joinBytes(HEADER, head, body, Uint8Array.of(0, 0, 0, 0), TAGS);
    const { reader, seen, data } = createReader();
    for (let start = 0; start < file.length; start += 1_000) {
      reader.read(file.slice(start, start + 1_000));
    }
    expect(data[0]).toEqual(body);
    expect(seen.slice(2)).toEqual(EXPECTED.slice(1));
  });

  test("gives small tags bytes of their own, so that keeping one keeps no more", () => {
    const { reader, data } = createReader();
    reader.read(FILE);
    for (const bytes of data) expect(bytes.buffer.byteLength).toBeLessThanOrEqual(bytes.length * 4);
  });

  test("leaves a tag that is most of what it came in where it is", () => {
    const { reader, data } = createReader();
    reader.read(HEADER);
    const tag = joinBytes(
      fromHex("09 000040 000000 00 000000"),
      new Uint8Array(0x40),
      fromHex("0000004b"),
    );
    reader.read(tag);
    expect(data[0]?.buffer).toBe(tag.buffer);
  });

  test("refuses what is not FLV", () => {
    for (const bytes of [
      fromHex("464c57"),
      joinBytes(HEADER, fromHex("07 000000 000000 00 000000")),
    ]) {
      const { reader } = createReader();
      expect(() => reader.read(bytes)).toThrow(MalformedError);
    }
  });

  test("survives noise, alone and behind a header", () => {
    let malformedCount = 0;
    for (const bytes of noise(2_000, 80)) {
      for (const start of [new Uint8Array(0), HEADER]) {
        const { reader } = createReader();
        try {
          reader.read(joinBytes(start, bytes));
          reader.read(bytes);
        } catch (error) {
          expect(error).toBeInstanceOf(MalformedError);
          malformedCount += 1;
        }
      }
    }
    expect(malformedCount).toBeGreaterThan(1_000);
  });
});
