/**
 * Goal: elements of header extensions are found in both forms of RFC 8285, whatever padding is
 * around them, and written so that others find them.
 *
 * Method: the figures of sections 4.2 and 4.3, with values of our own; padding everywhere; what ends
 * the elements; bytes of what is written.
 */

import { describe, expect, test } from "vitest";
import { MalformedError } from "../../../src/base/errors.ts";
import {
  checkElements,
  encodeHeaderExtension,
  findElement,
  hasElements,
  ONE_BYTE_PROFILE,
  TWO_BYTE_PROFILE,
} from "../../../src/codec/rtp/header-extension.ts";
import { fromHex } from "../../support/hex.ts";
import { noise } from "../../support/noise.ts";

describe("findElement", () => {
  test("finds values in the figure of section 4.2", () => {
    const elements = fromHex("10 a1  21 b1b2 0000  33 c1c2c3c4");
    expect(findElement(ONE_BYTE_PROFILE, elements, 1)).toEqual(fromHex("a1"));
    expect(findElement(ONE_BYTE_PROFILE, elements, 2)).toEqual(fromHex("b1b2"));
    expect(findElement(ONE_BYTE_PROFILE, elements, 3)).toEqual(fromHex("c1c2c3c4"));
    expect(findElement(ONE_BYTE_PROFILE, elements, 4)).toBeUndefined();
  });

  test("finds values in the figure of section 4.3", () => {
    const elements = fromHex("05 00  06 01 b1  00  80 04 c1c2c3c4");
    for (const profile of [TWO_BYTE_PROFILE, 0x100f]) {
      expect(findElement(profile, elements, 5)).toEqual(fromHex(""));
      expect(findElement(profile, elements, 6)).toEqual(fromHex("b1"));
      expect(findElement(profile, elements, 0x80)).toEqual(fromHex("c1c2c3c4"));
      expect(findElement(profile, elements, 0)).toBeUndefined();
    }
  });

  test("finds values of every size in either form", () => {
    for (let size = 1; size <= 16; size++) {
      const value = new Uint8Array(size).fill(size);
      const oneByte = Uint8Array.of(0xe0 | (size - 1), ...value);
      expect(findElement(ONE_BYTE_PROFILE, oneByte, 14)).toEqual(value);
    }
    const value = new Uint8Array(255).fill(7);
    expect(findElement(TWO_BYTE_PROFILE, Uint8Array.of(255, 255, ...value), 255)).toEqual(value);
  });

  test("stops at id 15 and goes on behind id 0 with a size", () => {
    expect(findElement(ONE_BYTE_PROFILE, fromHex("f0 aa 10 bb"), 1)).toBeUndefined();
    expect(findElement(ONE_BYTE_PROFILE, fromHex("f0 aa 10 bb"), 15)).toBeUndefined();
    expect(findElement(ONE_BYTE_PROFILE, fromHex("01 aaaa 10 bb"), 1)).toEqual(fromHex("bb"));
    expect(findElement(ONE_BYTE_PROFILE, fromHex("01 aaaa 10 bb"), 0)).toBeUndefined();
  });

  test("finds nothing in extensions of other profiles", () => {
    expect(hasElements(0xabac)).toBe(false);
    expect(findElement(0xabac, fromHex("10 a1 0000"), 1)).toBeUndefined();
    expect(() => checkElements(0xabac, fromHex("1f a1 0000"))).not.toThrow();
  });

  test("finds nothing behind an element that is cut off", () => {
    expect(findElement(ONE_BYTE_PROFILE, fromHex("13 aaaaaa"), 1)).toBeUndefined();
    expect(findElement(TWO_BYTE_PROFILE, fromHex("01 03 aaaa"), 1)).toBeUndefined();
    expect(findElement(TWO_BYTE_PROFILE, fromHex("01"), 1)).toBeUndefined();
  });

  test("survives noise", () => {
    for (const bytes of noise(2_000, 40)) {
      for (const profile of [ONE_BYTE_PROFILE, TWO_BYTE_PROFILE]) {
        const value = findElement(profile, bytes, 3);
        if (value !== undefined) {
          expect(value.byteOffset + value.length).toBeLessThanOrEqual(bytes.length);
        }
      }
    }
  });
});

describe("checkElements", () => {
  test("says where an element is cut off", () => {
    const check = (profile: number, hex: string) => () => checkElements(profile, fromHex(hex));
    expect(check(ONE_BYTE_PROFILE, "10 aa 13 bbbbbb")).toThrow(MalformedError);
    expect(check(ONE_BYTE_PROFILE, "10 aa 13 bbbbbb")).toThrow(
      expect.objectContaining({ offset: 2 }),
    );
    expect(check(ONE_BYTE_PROFILE, "10 aa 13 bbbbbbbb")).not.toThrow();
    expect(check(ONE_BYTE_PROFILE, "f0 aa 1f bb")).not.toThrow();
    expect(check(TWO_BYTE_PROFILE, "00 00 00 01")).toThrow(MalformedError);
  });
});

describe("encodeHeaderExtension", () => {
  test("writes elements and fills up the last word", () => {
    const elements = [
      { id: 1, value: fromHex("a1") },
      { id: 14, value: fromHex("b1b2b3") },
    ];
    expect(encodeHeaderExtension(elements)).toEqual(fromHex("bede0002 10a1 e2b1b2b3 0000"));
  });

  test("adds no word to elements that fill theirs", () => {
    const extension = encodeHeaderExtension([{ id: 2, value: fromHex("a1a2a3") }]);
    expect(extension).toEqual(fromHex("bede0001 22a1a2a3"));
  });

  test.each([
    [0, 1],
    [15, 1],
    [1, 0],
    [1, 17],
  ])("has no form for id %i with %i bytes", (id, size) => {
    expect(() => encodeHeaderExtension([{ id, value: new Uint8Array(size) }])).toThrow("Assertion");
  });
});
