/**
 * Goal: frames are written as RFC 6455 has them.
 *
 * Method: the examples of its section 5.7, and sizes on both sides of each step of the size field.
 */

import { describe, expect, test } from "vitest";
import { ByteWriter } from "../../../src/base/byte-writer.ts";
import {
  applyMask,
  encodeFrame,
  encodeMaskedFrame,
  frameHeaderSize,
  WebSocketOpcode,
  writeFrameHeader,
} from "../../../src/codec/websocket/frame.ts";

const HELLO = new TextEncoder().encode("Hello");

describe("encodeFrame()", () => {
  test("writes the examples of the specification", () => {
    const hello = [0x48, 0x65, 0x6c, 0x6c, 0x6f];
    expect(encodeFrame(WebSocketOpcode.Text, HELLO)).toEqual(Uint8Array.of(0x81, 5, ...hello));
    expect(encodeFrame(WebSocketOpcode.Ping, HELLO)).toEqual(Uint8Array.of(0x89, 5, ...hello));
  });

  test("leaves the payload as it is", () => {
    const payload = HELLO.slice();
    encodeMaskedFrame(WebSocketOpcode.Text, payload, Uint8Array.of(1, 2, 3, 4));
    expect(payload).toEqual(HELLO);
  });
});

describe("encodeMaskedFrame()", () => {
  test("writes the examples of the specification", () => {
    const key = Uint8Array.of(0x37, 0xfa, 0x21, 0x3d);
    const masked = [0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58];
    expect(encodeMaskedFrame(WebSocketOpcode.Text, HELLO, key)).toEqual(
      Uint8Array.of(0x81, 0x85, ...masked),
    );
    expect(encodeMaskedFrame(WebSocketOpcode.Pong, HELLO, key)).toEqual(
      Uint8Array.of(0x8a, 0x85, ...masked),
    );
  });
});

describe("writeFrameHeader()", () => {
  test.each([
    { size: 0, header: [0x82, 0x00] },
    { size: 125, header: [0x82, 0x7d] },
    { size: 126, header: [0x82, 0x7e, 0x00, 0x7e] },
    { size: 256, header: [0x82, 0x7e, 0x01, 0x00] }, // An example of the specification.
    { size: 0xffff, header: [0x82, 0x7e, 0xff, 0xff] },
    { size: 0x1_0000, header: [0x82, 0x7f, 0, 0, 0, 0, 0, 1, 0, 0] }, // So is this.
    { size: 0xffff_ffff, header: [0x82, 0x7f, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff] },
    { size: 0x1_0000_0000, header: [0x82, 0x7f, 0, 0, 0, 1, 0, 0, 0, 0] },
  ])("writes the size $size", ({ size, header }) => {
    const writer = new ByteWriter(2);
    writeFrameHeader(writer, WebSocketOpcode.Binary, size);
    expect(writer.view()).toEqual(Uint8Array.from(header));
    expect(frameHeaderSize(size)).toBe(header.length);
  });
});

describe("applyMask()", () => {
  test("goes on in the middle of the key", () => {
    const key = Uint8Array.of(1, 2, 3, 4);
    const bytes = new Uint8Array(6);
    applyMask(bytes, key, 3);
    expect(bytes).toEqual(Uint8Array.of(4, 1, 2, 3, 4, 1));
  });
});
