/**
 * Goal: commands and data messages of both types are understood, and encoded as SRS does.
 *
 * Method: golden bytes; forms in which clients leave things out; seeded noise.
 */

import { describe, expect, test } from "vitest";
import { MalformedError } from "../../../src/base/errors.ts";
import { encodeAmf0 } from "../../../src/codec/amf0/encode.ts";
import { toAmfObject } from "../../../src/codec/amf0/value.ts";
import { decodeCommand, decodeData, encodeCommand } from "../../../src/codec/rtmp/command.ts";
import { RtmpMessageType } from "../../../src/codec/rtmp/message.ts";
import { fromHex, joinBytes } from "../../support/hex.ts";
import { noise } from "../../support/noise.ts";

const { CommandAmf0, CommandAmf3, DataAmf0, DataAmf3 } = RtmpMessageType;

// As FFmpeg sends it: createStream, 2, null.
const CREATE_STREAM = fromHex("02 000c 63726561746553747265616d 00 4000000000000000 05");
const COMMAND = { name: "createStream", transactionId: 2, object: null, args: [] };

describe("decodeCommand() and encodeCommand()", () => {
  test("take AMF0", () => {
    expect(decodeCommand(CommandAmf0, CREATE_STREAM)).toEqual(COMMAND);
    expect(encodeCommand("createStream", 2, null, [])).toEqual(CREATE_STREAM);
  });

  test("take the AMF3 type, with and without its prefix", () => {
    expect(decodeCommand(CommandAmf3, joinBytes(fromHex("00"), CREATE_STREAM))).toEqual(COMMAND);
    expect(decodeCommand(CommandAmf3, CREATE_STREAM)).toEqual(COMMAND);
  });

  test("take arguments, of AMF3 too", () => {
    const payload = joinBytes(encodeCommand("play", 0, null, ["a", -2]), fromHex("11 04 05"));
    expect(decodeCommand(CommandAmf3, joinBytes(fromHex("00"), payload)).args).toEqual([
      "a",
      -2,
      5,
    ]);
  });

  test("keep undefined apart from null", () => {
    const payload = encodeCommand("_result", 3, null, [undefined]);
    expect(payload.subarray(-2)).toEqual(fromHex("05 06"));
    expect(decodeCommand(CommandAmf0, payload).args).toEqual([undefined]);
  });

  test("take a command object", () => {
    const object = toAmfObject({ app: "live" });
    expect(decodeCommand(CommandAmf0, encodeAmf0("connect", 1, object)).object).toEqual(object);
  });
});

describe("decodeCommand()", () => {
  test.each([
    ["only a name", encodeAmf0("ping")],
    ["an id that is no number", encodeAmf0("ping", null)],
  ])("takes %s for a call that wants no answer", (_name, payload) => {
    expect(decodeCommand(CommandAmf0, payload)).toMatchObject({ name: "ping", transactionId: 0 });
  });

  test("reads no more arguments than anybody sends", () => {
    const payload = encodeCommand("x", 0, null, new Array(1000).fill(true));
    expect(decodeCommand(CommandAmf0, payload).args).toHaveLength(32);
  });

  test.each([
    ["nothing", new Uint8Array()],
    ["no name", encodeAmf0(1, 2)],
    ["a name cut off", CREATE_STREAM.subarray(0, 5)],
    ["an id cut off", CREATE_STREAM.subarray(0, 18)],
  ])("throws MalformedError for %s", (_name, payload) => {
    expect(() => decodeCommand(CommandAmf0, payload)).toThrow(MalformedError);
  });

  test("throws nothing but MalformedError on noise", () => {
    for (const random of noise(10_000, 40)) {
      for (const payload of [random, joinBytes(CREATE_STREAM, random)]) {
        try {
          decodeCommand(CommandAmf3, payload);
          decodeCommand(CommandAmf0, payload);
        } catch (error) {
          expect(error).toBeInstanceOf(MalformedError);
        }
      }
    }
  });
});

describe("decodeData()", () => {
  const metadata = encodeAmf0("onMetaData", toAmfObject({ width: 1 }));
  const data = { name: "onMetaData", payload: metadata };

  test("reads the name and leaves the rest", () => {
    expect(decodeData(DataAmf0, metadata)).toEqual(data);
  });

  test("takes off @setDataFrame, and the prefix of the AMF3 type", () => {
    const framed = joinBytes(encodeAmf0("@setDataFrame"), metadata);
    expect(decodeData(DataAmf0, framed)).toEqual(data);
    expect(decodeData(DataAmf3, joinBytes(fromHex("00"), framed))).toEqual(data);
  });

  test("does not look at what follows the name", () => {
    const payload = joinBytes(encodeAmf0("onCustom"), fromHex("ff ff"));
    expect(decodeData(DataAmf0, payload)).toEqual({ name: "onCustom", payload });
  });

  test.each([
    ["nothing", new Uint8Array()],
    ["no name", encodeAmf0(1)],
    ["a frame of nothing", encodeAmf0("@setDataFrame")],
    ["a frame without name", encodeAmf0("@setDataFrame", null)],
  ])("has no use for %s", (_name, payload) => {
    expect(decodeData(DataAmf0, payload)).toBeUndefined();
  });
});
