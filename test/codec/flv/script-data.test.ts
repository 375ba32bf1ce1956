/**
 * Goal: script data comes through with its name, and `onMetaData` with its properties, whatever form
 * the publisher gave them.
 *
 * Method: golden bytes, among them what FFmpeg sends (test/fixtures/rtmp), and bodies that are not
 * script data.
 */

import { describe, expect, test } from "vitest";
import { MalformedError } from "../../../src/base/errors.ts";
import { encodeAmf0 } from "../../../src/codec/amf0/encode.ts";
import { EcmaArray, toAmfObject, toEcmaArray } from "../../../src/codec/amf0/value.ts";
import {
  decodeMetadata,
  encodeMetadata,
  METADATA_SIZE_MAX,
  prependSetDataFrame,
} from "../../../src/codec/flv/script-data.ts";
import { fromHex, joinBytes } from "../../support/hex.ts";

// "@setDataFrame"; then "onMetaData", an object with width 960.
const SET_DATA_FRAME = fromHex("02 000d 40736574446174614672616d65");
const METADATA = fromHex(
  "02 000a 6f6e4d65746144617461 03 0005 7769647468 00 408e000000000000 000009",
);

describe("decodeMetadata() and encodeMetadata()", () => {
  test("know @setDataFrame, which is put on to publish", () => {
    const framed = joinBytes(SET_DATA_FRAME, METADATA);
    expect(prependSetDataFrame(METADATA)).toEqual(framed);
    expect(decodeMetadata(framed)).toStrictEqual(toAmfObject({ width: 960 }));
  });

  test("find none without a name", () => {
    for (const body of [new Uint8Array(), SET_DATA_FRAME, encodeAmf0(5), encodeAmf0(null, "x")]) {
      expect(decodeMetadata(body)).toBeUndefined();
    }
  });

  test("throw MalformedError if the values are broken", () => {
    expect(() => decodeMetadata(METADATA.subarray(0, -1))).toThrow(MalformedError);
  });

  test("take as much as anybody has use for", () => {
    // "onMetaData", an object with one name, a long string.
    const sized = (size: number) => {
      const body = new Uint8Array(size).fill(0x61);
      body.set(fromHex("02 000a 6f6e4d65746144617461 03 0001 78 0c"));
      new DataView(body.buffer).setUint32(18, size - 22 - 3);
      body.set(fromHex("000009"), size - 3);
      return body;
    };
    const largest = sized(METADATA_SIZE_MAX);
    const decoded = decodeMetadata(largest) ?? toAmfObject({});
    expect(encodeMetadata(decoded)).toEqual(largest);
    expect(() => decodeMetadata(sized(METADATA_SIZE_MAX + 1))).toThrow(
      `Cannot take metadata of ${METADATA_SIZE_MAX + 1} bytes`,
    );
    decoded.set("y", null);
    expect(() => encodeMetadata(decoded)).toThrow(MalformedError);
  });

  test("take objects and ECMA arrays", () => {
    for (const properties of [toAmfObject({ width: 960 }), toEcmaArray({ width: 960 })]) {
      const body = encodeMetadata(properties);
      expect(decodeMetadata(body)).toStrictEqual(properties);
      expect(decodeMetadata(prependSetDataFrame(body))).toStrictEqual(properties);
    }
    expect(encodeMetadata(toAmfObject({ width: 960 }))).toEqual(METADATA);
  });

  test("find the properties behind other values", () => {
    const body = encodeAmf0("onMetaData", null, new EcmaArray([["a", 1]]));
    expect(decodeMetadata(body)?.get("a")).toBe(1);
  });

  test("leave other script data alone", () => {
    expect(decodeMetadata(encodeAmf0("onTextData", toAmfObject({ text: "x" })))).toBeUndefined();
    expect(decodeMetadata(encodeAmf0("onMetaData", 5))).toBeUndefined();
  });
});
