/**
 * Goal: bits come in the order of the wire, in any width, and never from beyond the end.
 *
 * Method: a few known fields, then noise read in all widths against a string of its bits.
 */

import { describe, expect, test } from "vitest";
import { BitReader } from "../../src/base/bit-reader.ts";
import { MalformedError } from "../../src/base/errors.ts";
import { noise } from "../support/noise.ts";

describe("BitReader", () => {
  test("reads the most significant bit first", () => {
    const reader = new BitReader(Uint8Array.of(0b1010_0110, 0xff, 0x00));
    expect(reader.readFlag()).toBe(true);
    expect(reader.readBits(3)).toBe(0b010);
    expect(reader.readBits(0)).toBe(0);
    expect(reader.readBits(8)).toBe(0b0110_1111);
    expect(reader.offset).toBe(1);
    reader.skipBits(5);
    expect(reader.bitsLeft).toBe(7);
    expect(reader.offset).toBe(2);
    expect(reader.readBits(7)).toBe(0);
  });

  test("reads 32 bits as unsigned, wherever they start", () => {
    for (let skipped = 0; skipped < 8; skipped++) {
      const reader = new BitReader(new Uint8Array(5).fill(0xff));
      reader.skipBits(skipped);
      expect(reader.readBits(32)).toBe(0xffff_ffff);
    }
  });

  test("throws past the end, and does not move", () => {
    const reader = new BitReader(Uint8Array.of(0x12, 0x34));
    reader.skipBits(4);
    expect(() => reader.readBits(13)).toThrow(MalformedError);
    expect(() => reader.skipBits(13)).toThrow(expect.objectContaining({ offset: 0 }));
    expect(reader.readBits(12)).toBe(0x234);
    expect(reader.bitsLeft).toBe(0);
    expect(() => reader.readFlag()).toThrow(MalformedError);
    expect(reader.readBits(0)).toBe(0);
  });

  test("does not count a width that is none as the peer's fault", () => {
    expect(() => new BitReader(new Uint8Array(9)).readBits(33)).toThrow("Assertion failed");
    expect(() => new BitReader(new Uint8Array(9)).skipBits(-1)).toThrow("Assertion failed");
  });

  test("reads what a string of the bits says", () => {
    for (const bytes of noise(300, 30)) {
      const bits = Array.from(bytes, (byte) => byte.toString(2).padStart(8, "0")).join("");
      const reader = new BitReader(bytes);
      let offset = 0;
      for (let width = 1; offset + width <= bits.length; width = (width % 32) + 1) {
        expect(reader.readBits(width)).toBe(Number.parseInt(bits.slice(offset, offset + width), 2));
        offset += width;
      }
      expect(reader.bitsLeft).toBe(bits.length - offset);
    }
  });
});
