/**
 * Goal: what WebSocket messages carry comes out whole and in order, however TCP cuts the frames.
 *
 * Method: frames of every size of header, fragments and pings between them, cut at every byte; noise.
 */

import { describe, expect, test } from "vitest";
import { type FrameSink, FrameWalker } from "../../src/bench/frame-walker.ts";
import { encodeFrame, WebSocketOpcode } from "../../src/codec/websocket/frame.ts";
import { WebSocketMalformedError } from "../../src/codec/websocket/websocket-malformed-error.ts";
import { fromHex, joinBytes } from "../support/hex.ts";
import { noise } from "../support/noise.ts";
import { feed } from "./walked.ts";

class Recorder implements FrameSink {
  parts: Uint8Array[] = [];
  controls: string[] = [];

  binary(bytes: Uint8Array, start: number, end: number): void {
    this.parts.push(bytes.slice(start, end));
  }

  control(opcode: WebSocketOpcode, payload: Uint8Array): void {
    this.controls.push(`${opcode} ${[...payload].join(" ")}`);
  }
}

function walk(bytes: Uint8Array, pieceSize: number): Recorder {
  const recorder = new Recorder();
  feed(new FrameWalker(recorder), bytes, pieceSize);
  return recorder;
}

function filling(size: number): Uint8Array {
  return Uint8Array.from({ length: size }, (_, i) => (i * 7) & 0xff);
}

const { Binary, Close, Ping, Text } = WebSocketOpcode;

describe("FrameWalker", () => {
  test("takes the specification's examples from a server (5.7)", () => {
    // "Hello" unmasked; "Hel" and "lo" as fragments, with a ping between them; 256 bytes.
    const bytes = joinBytes(
      fromHex("82 05 48656c6c6f"),
      fromHex("02 03 48656c 89 05 48656c6c6f 80 02 6c6f"),
      ...[fromHex("82 7e 0100"), filling(256)],
    );
    for (let size = 1; size <= bytes.length; size++) {
      const { parts, controls } = walk(bytes, size);
      expect(joinBytes(...parts)).toEqual(
        joinBytes(fromHex("48656c6c6f 48656c6c6f"), filling(256)),
      );
      expect(controls).toEqual(["9 72 101 108 108 111"]);
    }
  });

  test.each([0, 1, 125, 126, 65_535, 65_536])("takes a message of %i bytes", (size) => {
    const bytes = joinBytes(
      encodeFrame(Binary, filling(size)),
      encodeFrame(Ping, fromHex("")),
      encodeFrame(Text, filling(20)),
      encodeFrame(Close, fromHex("03e8")),
    );
    for (const pieceSize of [1, 2, 9, 10, 11, 1_448, bytes.length]) {
      const { parts, controls } = walk(bytes, pieceSize);
      expect(joinBytes(...parts)).toEqual(filling(size));
      expect(controls).toEqual(["9 ", "8 3 232"]);
    }
  });

  test.each([
    ["a masked frame", "82 85 00000000 48656c6c6f"],
    ["a control frame of more than 125 bytes", "89 7e 0100"],
  ])("refuses %s", (_, hex) => {
    expect(() => walk(fromHex(hex), 1)).toThrow(WebSocketMalformedError);
  });

  test("throws nothing else, whatever comes", () => {
    for (const bytes of noise(500, 100)) {
      try {
        walk(bytes, 3);
      } catch (error) {
        expect(error).toBeInstanceOf(WebSocketMalformedError);
      }
    }
  });
});
