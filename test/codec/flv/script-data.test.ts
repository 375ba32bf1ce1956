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
  decodeScriptData,
  encodeMetadata,
  encodeScriptData,
  prependSetDataFrame,
  stripSetDataFrame,
} from "../../../src/codec/flv/script-data.ts";
import { fromHex, joinBytes } from "../../support/hex.ts";

// "@setDataFrame"; then "onMetaData", an object with width 960.
const SET_DATA_FRAME = fromHex("02 000d 40736574446174614672616d65");
const METADATA = fromHex(
  "02 000a 6f6e4d65746144617461 03 0005 7769647468 00 408e000000000000 000009",
);

describe("script data", () => {
  test("has a name and values", () => {
    expect(decodeScriptData(METADATA)).toStrictEqual({
      name: "onMetaData",
      values: [toAmfObject({ width: 960 })],
    });
    expect(encodeScriptData("onMetaData", [toAmfObject({ width: 960 })])).toEqual(METADATA);
  });

  test("has @setDataFrame taken off and put on", () => {
    const framed = joinBytes(SET_DATA_FRAME, METADATA);
    expect(stripSetDataFrame(framed)).toEqual(METADATA);
    expect(stripSetDataFrame(METADATA)).toBe(METADATA);
    expect(prependSetDataFrame(METADATA)).toEqual(framed);
    expect(decodeScriptData(framed)).toEqual(decodeScriptData(METADATA));
  });

  test("is nothing without a name", () => {
    for (const body of [new Uint8Array(), SET_DATA_FRAME, encodeAmf0(5), encodeAmf0(null, "x")]) {
      expect(decodeScriptData(body)).toBeUndefined();
      expect(decodeMetadata(body)).toBeUndefined();
    }
  });

  test("throws MalformedError if its values are broken", () => {
    expect(() => decodeScriptData(METADATA.subarray(0, -1))).toThrow(MalformedError);
    expect(() => decodeMetadata(METADATA.subarray(0, -1))).toThrow(MalformedError);
  });
});

describe("decodeMetadata() and encodeMetadata()", () => {
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
