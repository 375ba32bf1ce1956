/**
 * Goal: frames are understood as RFC 6455 has them, wherever they are cut; a peer that breaks a rule
 * is told so by the right close code, before it has made the decoder keep much.
 *
 * Method: the examples of section 5.7; a dialogue of fragments with control frames in between, cut at
 * every byte; a table of broken frames; limits tried from both sides; noise.
 */

import { describe, expect, test } from "vitest";
import {
  encodeFrame,
  encodeMaskedFrame,
  WebSocketOpcode,
} from "../../../src/codec/websocket/frame.ts";
import { FrameDecoder } from "../../../src/codec/websocket/frame-decoder.ts";
import { WebSocketMalformedError } from "../../../src/codec/websocket/websocket-malformed-error.ts";
import { noise } from "../../support/noise.ts";

const { Binary, Close, Ping, Pong, Text } = WebSocketOpcode;
const KEY = Uint8Array.of(0x37, 0xfa, 0x21, 0x3d);

type Message = readonly [WebSocketOpcode, string];

function toBytes(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

/** A decoder's messages from `pieces`, payloads as text. */
function decodeAll(
  pieces: readonly Uint8Array[],
  isMasked: boolean,
  messageSizeMax = 1_000,
): Message[] {
  const decoder = new FrameDecoder({ isMasked, messageSizeMax });
  const messages: Message[] = [];
  for (const piece of pieces) {
    decoder.decode(piece, (opcode, payload) => {
      messages.push([opcode, String.fromCharCode(...payload)]);
    });
  }
  return messages;
}

/** A frame from a client, with the first byte given. */
function masked(first: number, text: string): Uint8Array {
  const frame = encodeMaskedFrame(Binary, toBytes(text), KEY);
  frame[0] = first;
  return frame;
}

function join(...parts: Uint8Array[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

describe("FrameDecoder", () => {
  test("decodes the examples of the specification", () => {
    const hello = [0x48, 0x65, 0x6c, 0x6c, 0x6f];
    expect(decodeAll([Uint8Array.of(0x81, 5, ...hello)], false)).toEqual([[Text, "Hello"]]);
    const maskedHello = [0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58];
    expect(decodeAll([Uint8Array.from(maskedHello)], true)).toEqual([[Text, "Hello"]]);
    const fragments = Uint8Array.of(0x01, 3, 0x48, 0x65, 0x6c, 0x80, 2, 0x6c, 0x6f);
    expect(decodeAll([fragments], false)).toEqual([[Text, "Hello"]]);
    expect(decodeAll([Uint8Array.of(0x89, 5, ...hello)], false)).toEqual([[Ping, "Hello"]]);
    const size256 = join(Uint8Array.of(0x82, 0x7e, 1, 0), new Uint8Array(256));
    expect(decodeAll([size256], false)).toEqual([[Binary, "\0".repeat(256)]]);
    const size64K = join(
      Uint8Array.of(0x82, 0x7f, 0, 0, 0, 0, 0, 1, 0, 0),
      new Uint8Array(0x1_0000),
    );
    expect(decodeAll([size64K], false, 0x1_0000)).toEqual([[Binary, "\0".repeat(0x1_0000)]]);
  });

  const DIALOGUE = join(
    masked(0x81, "whole"),
    masked(0x02, "fir"),
    masked(0x89, "ping"),
    masked(0x00, ""),
    masked(0x00, "st"),
    masked(0x8a, ""),
    masked(0x80, ""),
    masked(0x82, "x".repeat(200)),
    masked(0x01, ""),
    masked(0x80, "end"),
    masked(0x88, "\x03\xe8"),
  );
  const MESSAGES: Message[] = [
    [Text, "whole"],
    [Ping, "ping"],
    [Pong, ""],
    [Binary, "first"],
    [Binary, "x".repeat(200)],
    [Text, "end"],
    [Close, "\x03\xe8"],
  ];

  test("decodes fragments, and control frames between them, wherever they are cut", () => {
    for (let cut = 0; cut <= DIALOGUE.length; cut++) {
      const pieces = [DIALOGUE.subarray(0, cut), DIALOGUE.subarray(cut)];
      expect(decodeAll(pieces, true), `cut at ${cut}`).toEqual(MESSAGES);
    }
    expect(
      decodeAll(
        Array.from(DIALOGUE, (byte) => Uint8Array.of(byte)),
        true,
      ),
    ).toEqual(MESSAGES);
  });

  test("leaves its input as it is", () => {
    const input = DIALOGUE.slice();
    decodeAll([input], true);
    expect(input).toEqual(DIALOGUE);
  });

  test("hands an unmasked frame that has come whole on as a view", () => {
    const input = encodeFrame(Binary, toBytes("abc"));
    new FrameDecoder({ isMasked: false, messageSizeMax: 10 }).decode(input, (_, payload) => {
      expect(payload.buffer).toBe(input.buffer);
    });
    expect.assertions(1);
  });

  test.each([
    ["RSV1", masked(0xc1, "a"), 1002],
    ["RSV2", masked(0xa1, "a"), 1002],
    ["RSV3", masked(0x91, "a"), 1002],
    ["opcode 3", masked(0x83, "a"), 1002],
    ["opcode 7", masked(0x87, "a"), 1002],
    ["opcode 11", masked(0x8b, "a"), 1002],
    ["opcode 15", masked(0x8f, "a"), 1002],
    ["no mask", encodeFrame(Text, toBytes("a")), 1002],
    ["a fragmented ping", masked(0x09, "a"), 1002],
    ["a fragmented close", masked(0x08, ""), 1002],
    ["a ping of 126 bytes", masked(0x89, "a".repeat(126)), 1002],
    ["a continuation of nothing", masked(0x80, "a"), 1002],
    ["a message in a message", join(masked(0x01, "a"), masked(0x81, "b")), 1002],
    ["a size of 16 bits that fits in 7", Uint8Array.of(0x82, 0xfe, 0, 125, 0, 0, 0, 0), 1002],
    [
      "a size of 64 bits that fits in 16",
      Uint8Array.of(0x82, 0xff, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0, 0, 0, 0),
      1002,
    ],
    ["a message over the limit", masked(0x82, "a".repeat(1_001)), 1009],
    [
      "fragments over the limit",
      join(masked(0x02, "a".repeat(600)), masked(0x80, "a".repeat(401))),
      1009,
    ],
    [
      "an immense size",
      Uint8Array.of(0x82, 0xff, 0x7f, ...new Array(7).fill(0xff), 0, 0, 0, 0),
      1009,
    ],
    ["a negative size", Uint8Array.of(0x82, 0xff, ...new Array(8).fill(0xff), 0, 0, 0, 0), 1009],
  ])("refuses %s", (_, input, closeCode) => {
    const decode = () => decodeAll([input], true);
    expect(decode).toThrow(WebSocketMalformedError);
    expect(decode).toThrow(expect.objectContaining({ closeCode, name: "MalformedError" }));
  });

  test("refuses a masked frame from a server", () => {
    expect(() => decodeAll([masked(0x81, "a")], false)).toThrow(WebSocketMalformedError);
  });

  test("accepts messages at the limit", () => {
    const input = join(masked(0x02, "a".repeat(600)), masked(0x80, "a".repeat(400)));
    expect(decodeAll([input], true)).toEqual([[Binary, "a".repeat(1_000)]]);
    expect(decodeAll([masked(0x89, "a".repeat(125))], true)).toEqual([[Ping, "a".repeat(125)]]);
  });

  test("throws nothing but WebSocketMalformedError on noise", () => {
    for (const bytes of noise(10_000, 40)) {
      for (const isMasked of [true, false]) {
        try {
          decodeAll([bytes.map((byte, index) => (index < 2 ? byte & 0x8f : byte))], isMasked);
        } catch (error) {
          expect(error).toBeInstanceOf(WebSocketMalformedError);
        }
      }
    }
  });
});
