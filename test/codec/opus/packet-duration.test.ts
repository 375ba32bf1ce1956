/**
 * Goal: a packet's samples are those of RFC 6716, table 2, times its frames.
 *
 * Method: TOC bytes written by hand for each mode and code; all first two bytes there are.
 */

import { expect, test } from "vitest";
import { MalformedError } from "../../../src/base/errors.ts";
import { opusPacketSamples } from "../../../src/codec/opus/packet-duration.ts";

/** @param configuration The first five bits. */
function packet(configuration: number, code: number, ...rest: number[]): Uint8Array {
  return Uint8Array.of((configuration << 3) | code, ...rest);
}

// Table 2, in milliseconds.
const SILK = [10, 20, 40, 60];
const HYBRID = [10, 20];
const CELT = [2.5, 5, 10, 20];

test.each(
  [SILK, SILK, SILK, HYBRID, HYBRID, CELT, CELT, CELT, CELT].flat().map((ms, i) => [i, ms]),
)("configuration %i: frames of %d ms", (configuration, ms) => {
  expect(opusPacketSamples(packet(configuration, 0))).toBe(ms * 48);
  expect(opusPacketSamples(packet(configuration, 1))).toBe(ms * 48 * 2);
  expect(opusPacketSamples(packet(configuration, 2, 1))).toBe(ms * 48 * 2);
  expect(opusPacketSamples(packet(configuration, 3, 2))).toBe(ms * 48 * 2);
  // A stereo bit, VBR and padding change nothing.
  expect(opusPacketSamples(packet(configuration, 0b100))).toBe(ms * 48);
  expect(opusPacketSamples(packet(configuration, 3, 0xc0 | 1))).toBe(ms * 48);
});

test("as FFmpeg codes it: 20 ms of CELT", () => {
  expect(opusPacketSamples(Uint8Array.of(0xf8, 0xca))).toBe(960);
});

test.each([
  ["nothing", Uint8Array.of()],
  ["code 3 without its count", packet(0, 3)],
  ["no frames", packet(0, 3, 0xc0)],
  ["13 frames of 10 ms", packet(0, 3, 13)],
  ["63 frames of 2.5 ms", packet(16, 3, 63)],
])("malformed: %s", (_, bytes) => {
  expect(() => opusPacketSamples(bytes)).toThrow(MalformedError);
});

test("no packet is longer than 120 ms, and none is nothing", () => {
  for (let first = 0; first < 256; first++) {
    for (let second = 0; second < 256; second++) {
      try {
        const samples = opusPacketSamples(Uint8Array.of(first, second));
        expect(samples > 0 && samples <= 5760).toBe(true);
      } catch (error) {
        expect(error).toBeInstanceOf(MalformedError);
      }
    }
  }
});
