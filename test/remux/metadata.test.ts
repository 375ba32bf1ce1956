/**
 * Goal: whatever a publisher calls metadata, players get something small that fits what carries it, or
 * the publisher is at fault.
 *
 * Method: metadata that grow in being passed on, by each way that AMF has for it, with the result put
 * into an FLV tag and an RTMP message; and the inputs that once brought the server down.
 */

import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { ByteWriter } from "../../src/base/byte-writer.ts";
import { MalformedError } from "../../src/base/errors.ts";
import { encodeAmf0 } from "../../src/codec/amf0/encode.ts";
import { type AmfValue, toAmfObject, toEcmaArray } from "../../src/codec/amf0/value.ts";
import { METADATA_SIZE_MAX } from "../../src/codec/flv/script-data.ts";
import { FlvTagType, writeFlvTag } from "../../src/codec/flv/tag.ts";
import { writeChunks } from "../../src/codec/rtmp/chunk-encoder.ts";
import { RtmpMessageType } from "../../src/codec/rtmp/message.ts";
import { parseMetadata } from "../../src/remux/flv/metadata.ts";
import { fromHex, joinBytes } from "../support/hex.ts";
import { noise } from "../support/noise.ts";

const FUZZ = new URL("../fixtures/fuzz/amf0/", import.meta.url);
const DATA_HEADER = {
  format: 0,
  chunkStreamId: 6,
  timestamp: 0,
  typeId: RtmpMessageType.DataAmf0,
  messageStreamId: 1,
} as const;

/** What happens to metadata on their way to players. */
function passOn(body: Uint8Array): Uint8Array | undefined {
  const metadata = parseMetadata(body);
  if (metadata === undefined) return undefined;
  const { scriptData } = metadata;
  expect(scriptData.length).toBeLessThanOrEqual(METADATA_SIZE_MAX);
  writeFlvTag(new ByteWriter(), FlvTagType.ScriptData, 0, scriptData);
  writeChunks(new ByteWriter(), DATA_HEADER, scriptData, 60_000);
  return scriptData;
}

function metadataOf(value: AmfValue): Uint8Array {
  return encodeAmf0("onMetaData", value);
}

/** `onMetaData` with one property `x`, encoded by hand. */
function metadataWith(...parts: readonly Uint8Array[]): Uint8Array {
  return joinBytes(encodeAmf0("onMetaData"), fromHex("03 0001 78"), ...parts, fromHex("000009"));
}

function uint32(value: number): Uint8Array {
  return fromHex(value.toString(16).padStart(8, "0"));
}

describe("parseMetadata()", () => {
  test("takes what the largest recording says of itself", () => {
    const numbers = Array.from({ length: 36_000 }, (_, index) => index);
    const keyframes = toAmfObject({ times: numbers, filepositions: numbers });
    const passed = passOn(metadataOf(toEcmaArray({ width: 1920, keyframes })));
    expect(passed?.length).toBeGreaterThan(2 * 36_000 * 9);
  });

  test("refuses what is too large as sent", () => {
    const text = "x".repeat(METADATA_SIZE_MAX);
    expect(() => parseMetadata(metadataOf(toAmfObject({ text })))).toThrow(MalformedError);
    // Values that are not even looked at.
    const behind = joinBytes(metadataOf(toAmfObject({ a: 1 })), encodeAmf0(text));
    expect(() => parseMetadata(behind)).toThrow(MalformedError);
  });

  test("but says nothing of other script data, which goes nowhere", () => {
    const text = "x".repeat(METADATA_SIZE_MAX);
    expect(parseMetadata(encodeAmf0("onTextData", toAmfObject({ text })))).toBeUndefined();
  });

  test("refuses what grows by being broken UTF-8", () => {
    const broken = (size: number) =>
      metadataWith(fromHex("0c"), uint32(size), new Uint8Array(size).fill(0xff));
    expect(passOn(broken(300_000))?.length).toBeGreaterThan(900_000);
    for (const size of [349_520, 400_000, 1_000_000]) {
      expect(() => parseMetadata(broken(size)), `${size}`).toThrow(MalformedError);
    }
  });

  test("refuses what grows by references", () => {
    // 157 kB that would become 1.9 GB; and a size that would just not fit into 24 bits.
    for (const [textSize, count] of [
      [0xffff, 30_000],
      [0xffff, 256],
    ] as const) {
      const bomb = metadataWith(
        fromHex("0a"),
        uint32(count + 1),
        fromHex("0a 00000001"),
        encodeAmf0("x".repeat(textSize)),
        ...Array.from({ length: count }, () => fromHex("07 0002")),
      );
      expect(() => parseMetadata(bomb)).toThrow(MalformedError);
    }
  });

  test("refuses what grows by values that AMF3 writes shorter", () => {
    // A vector of 32-bit integers becomes an array of numbers of nine bytes.
    const vector = (length: number) =>
      metadataWith(
        fromHex("11 0d"),
        Uint8Array.of(
          0x80 | ((length * 2 + 1) >> 14),
          0x80 | (((length * 2 + 1) >> 7) & 0x7f),
          (length * 2 + 1) & 0x7f,
          0,
        ),
        new Uint8Array(4 * length),
      );
    expect(passOn(vector(79_000))?.length).toBeGreaterThan(700_000);
    expect(() => parseMetadata(vector(80_000))).toThrow(MalformedError);
  });

  test.each([
    // 22,000 bytes that are not UTF-8 become 66,000, for which a name's size has no room.
    [
      "class name",
      joinBytes(fromHex("10 55f0"), new Uint8Array(22_000).fill(0xff), fromHex("000009")),
    ],
    [
      "name in AMF3",
      joinBytes(fromHex("11 0a0b01 888721"), new Uint8Array(66_000), fromHex("0101")),
    ],
  ])("refuses a %s that cannot be encoded again", (_name, value) => {
    expect(() => parseMetadata(metadataWith(value))).toThrow(/name/);
    expect(() => parseMetadata(metadataWith(value))).toThrow(MalformedError);
  });

  test.each(readdirSync(FUZZ))("survives %s", (name) => {
    const input = new Uint8Array(readFileSync(new URL(name, FUZZ)));
    expect(() => passOn(input)).toThrow(MalformedError);
  });

  test("throws nothing but MalformedError on noise behind its name", () => {
    const prefixes = [
      "",
      "03 0001 78",
      "03 0001 78 11",
      "03 0001 78 11 0a",
      "08 00000001 0001 78 11 09",
    ];
    for (const random of noise(5_000, 60)) {
      for (const prefix of prefixes) {
        try {
          passOn(joinBytes(encodeAmf0("onMetaData"), fromHex(prefix), random));
        } catch (error) {
          expect(error).toBeInstanceOf(MalformedError);
        }
      }
    }
  });
});
