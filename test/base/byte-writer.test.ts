/**
 * Goal: fields of 64 bits and fields that are filled in later come out big-endian and in their place,
 * also after the buffer has grown.
 *
 * Method: bytes written out by hand.
 */

import { describe, expect, test } from "vitest";
import { ByteWriter } from "../../src/base/byte-writer.ts";

describe("writeUint64()", () => {
  test.each([
    [0, [0, 0, 0, 0, 0, 0, 0, 0]],
    [0xffff_ffff, [0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff]],
    [0x1_0000_0000, [0, 0, 0, 1, 0, 0, 0, 0]],
    [0x12_3456_789a_bcde, [0, 0x12, 0x34, 0x56, 0x78, 0x9a, 0xbc, 0xde]],
    [Number.MAX_SAFE_INTEGER, [0, 0x1f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]],
  ])("%i", (value, expected) => {
    const writer = new ByteWriter(1);
    writer.writeUint64(value);
    expect([...writer.view()]).toEqual(expected);
  });
});

describe("setUint32At()", () => {
  test("fills in a field from before the buffer grew", () => {
    const writer = new ByteWriter(4);
    writer.writeUint32(0);
    writer.writeBytes(new Uint8Array(100).fill(7));
    writer.setUint32At(0, 0xfedc_ba98);
    expect([...writer.view().subarray(0, 5)]).toEqual([0xfe, 0xdc, 0xba, 0x98, 7]);
    expect(writer.size).toBe(104);
  });

  test("writes only over what has been written", () => {
    const writer = new ByteWriter(64);
    writer.writeUint32(0);
    expect(() => writer.setUint32At(1, 0)).toThrow("Assertion failed");
    expect(() => writer.setUint32At(-1, 0)).toThrow("Assertion failed");
  });
});

describe("setUint16At()", () => {
  test("fills in a field from before, and only what has been written", () => {
    const writer = new ByteWriter(2);
    writer.writeUint32(0x0102_0304);
    writer.setUint16At(1, 0xabcd);
    expect([...writer.view()]).toEqual([1, 0xab, 0xcd, 4]);
    expect(() => writer.setUint16At(3, 0)).toThrow("Assertion failed");
    expect(() => writer.setUint16At(-1, 0)).toThrow("Assertion failed");
  });
});

test("reserve() makes room that is filled in through the view", () => {
  const writer = new ByteWriter(2);
  writer.writeUint16(0x0102);
  writer.reserve(3);
  writer.view().set([7, 8, 9], 2);
  writer.writeUint8(10);
  expect([...writer.view()]).toEqual([1, 2, 7, 8, 9, 10]);
});

test("truncate() takes back what was written last", () => {
  const writer = new ByteWriter();
  writer.writeUint32(0x0102_0304);
  writer.truncate(1);
  writer.writeUint8(5);
  expect([...writer.view()]).toEqual([1, 5]);
  expect(() => writer.truncate(3)).toThrow("Assertion failed");
});
