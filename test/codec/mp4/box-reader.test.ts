/**
 * Goal: boxes of every form are found with what is inside, and one that lies about its size ends in
 * MalformedError: it is never read past its end, and never read for ever.
 *
 * Method: boxes written by hand from ISO/IEC 14496-12, 4.2; cut at every byte; seeded noise, also
 * with sizes that are nearly right.
 */

import { describe, expect, test } from "vitest";
import { MalformedError } from "../../../src/base/errors.ts";
import {
  decodeBoxHeader,
  decodeFullBox,
  findBox,
  readBoxes,
} from "../../../src/codec/mp4/box-reader.ts";
import { fromHex, joinBytes } from "../../support/hex.ts";
import { noise } from "../../support/noise.ts";

const FREE = "0000000a 66726565 0102";
const LARGE = "00000001 6d646174 0000000000000013 aabbcc";
const EXTENDED = "0000001a 75756964 000102030405060708090a0b0c0d0e0f ee ff";
const LAST = "00000000 6d646174 cc dd";

describe("decodeBoxHeader()", () => {
  test.each([
    ["a size of 32 bits", FREE, { type: "free", headerSize: 8, size: 10 }],
    ["a size of 64 bits", LARGE, { type: "mdat", headerSize: 16, size: 19 }],
    ["an extended type", EXTENDED, { type: "uuid", headerSize: 24, size: 26 }],
    ["no size: to the end", LAST, { type: "mdat", headerSize: 8, size: undefined }],
    [
      "more than 32 bits of size",
      "00000001 6d646174 0000000200000010",
      { type: "mdat", headerSize: 16, size: 2 ** 33 + 16 },
    ],
    ["letters beyond ASCII", "00000008 a9746f6f", { type: "\u00a9too", headerSize: 8, size: 8 }],
  ])("%s", (_, hex, header) => {
    const bytes = fromHex(hex);
    expect(decodeBoxHeader(bytes, 0)).toEqual(header);
    for (let length = 0; length < header.headerSize; length++) {
      expect(decodeBoxHeader(bytes.subarray(0, length), 0), `cut at ${length}`).toBeUndefined();
    }
  });

  test.each([
    ["smaller than its header", "00000007 66726565 00"],
    ["a large size smaller than its header", "00000001 66726565 000000000000000f"],
    ["an extended type without room", "00000017 75756964 000102030405060708090a0b0c0d0e0f"],
    ["larger than a number can say", "00000001 66726565 0020000000000000"],
  ])("malformed: %s", (_, hex) => {
    expect(() => decodeBoxHeader(fromHex(hex), 0)).toThrow(MalformedError);
  });
});

describe("readBoxes()", () => {
  test("yields all boxes with what is inside", () => {
    const boxes = [...readBoxes(fromHex(FREE + LARGE + EXTENDED + LAST))];
    expect(boxes).toEqual([
      { type: "free", offset: 0, body: Uint8Array.of(1, 2) },
      { type: "mdat", offset: 10, body: Uint8Array.of(0xaa, 0xbb, 0xcc) },
      { type: "uuid", offset: 29, body: Uint8Array.of(0xee, 0xff) },
      { type: "mdat", offset: 55, body: Uint8Array.of(0xcc, 0xdd) },
    ]);
  });

  test("of millions of empty ones is malformed before it costs much", () => {
    const bytes = new Uint8Array(8 * 200_000);
    for (let at = 3; at < bytes.length; at += 8) bytes[at] = 8;
    expect(() => [...readBoxes(bytes)]).toThrow("too many");
  });

  test("of nothing are none", () => {
    expect([...readBoxes(new Uint8Array())]).toEqual([]);
  });

  test("cut inside of a box it is malformed, and the boxes before are given", () => {
    const bytes = fromHex(FREE + LARGE);
    for (let length = 1; length < bytes.length; length++) {
      if (length === 10) continue;
      const types: string[] = [];
      expect(() => {
        for (const { type } of readBoxes(bytes.subarray(0, length))) types.push(type);
      }).toThrow(MalformedError);
      expect(types).toEqual(length < 10 ? [] : ["free"]);
    }
  });
});

describe("findBox()", () => {
  const inner = "00000009 74666474 07";
  const file = fromHex(`${FREE} 00000008 6d6f6f66 00000019 6d6f6f66 00000011 74726166 ${inner}`);

  test("finds the first at the end of a path, also behind a branch without it", () => {
    expect(findBox(file, ["moof", "traf", "tfdt"])?.body).toEqual(Uint8Array.of(7));
    expect(findBox(file, ["free"])?.body).toEqual(Uint8Array.of(1, 2));
  });

  test("finds nothing", () => {
    expect(findBox(file, ["moof", "trun"])).toBeUndefined();
    expect(findBox(file, [])).toBeUndefined();
  });

  test("a box that is larger than what it is in is malformed", () => {
    const lying = fromHex("00000012 6d6f6f66 0000000b 74726166 0000");
    expect(() => findBox(lying, ["moof", "traf"])).toThrow(MalformedError);
  });
});

test("decodeFullBox() takes off version and flags", () => {
  const body = fromHex("01 000305 aa");
  expect(decodeFullBox(body)).toEqual({ version: 1, flags: 0x305, body: Uint8Array.of(0xaa) });
  expect(() => decodeFullBox(body.subarray(0, 3))).toThrow(MalformedError);
});

test("throws nothing but MalformedError on noise", () => {
  for (const bytes of noise(10_000, 60)) {
    for (const input of [bytes, joinBytes(fromHex("000000"), bytes)]) {
      try {
        for (const { body } of readBoxes(input)) findBox(body, ["moof"]);
      } catch (error) {
        expect(error).toBeInstanceOf(MalformedError);
      }
    }
  }
});
