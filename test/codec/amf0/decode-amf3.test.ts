/**
 * Goal: AMF3 values inside AMF0 messages are understood, and hostile ones fail in no way but
 * MalformedError.
 *
 * Method: golden bytes written out by hand from the AMF3 specification, each behind AMF0's marker for
 * the switch; then prefixes and seeded noise.
 */

import { describe, expect, test } from "vitest";
import { MalformedError } from "../../../src/base/errors.ts";
import { AMF_NAME_SIZE_MAX, AMF_TEXT_SIZE_MAX } from "../../../src/codec/amf0/budget.ts";
import { decodeAmf0 } from "../../../src/codec/amf0/decode.ts";
import { encodeAmf0 } from "../../../src/codec/amf0/encode.ts";
import {
  AmfDate,
  type AmfValue,
  TypedObject,
  toAmfObject,
  toEcmaArray,
  UNSUPPORTED,
  XmlDocument,
} from "../../../src/codec/amf0/value.ts";
import { fromHex } from "../../support/hex.ts";
import { noise } from "../../support/noise.ts";

function point(): TypedObject {
  const object = new TypedObject("Point");
  object.set("x", 1);
  object.set("y", 2);
  object.set("z", true);
  return object;
}

// AMF3 specification, 3.2 to 3.16. Lengths and references are U29 with a flag in the low bit.
const VALUES: [name: string, hex: string, value: AmfValue][] = [
  ["undefined", "00", undefined],
  ["null", "01", null],
  ["false", "02", false],
  ["true", "03", true],
  ["integer of one byte", "04 7f", 127],
  ["integer of two bytes", "04 8100", 128],
  ["integer of four bytes", "04 80c08000", 0x20_0000],
  ["negative integer", "04 ffffffff", -1],
  ["lowest integer", "04 c0808000", -0x1000_0000],
  ["double", "05 4000000000000000", 2],
  ["string", "06 09 6c697665", "live"],
  ["empty string", "06 01", ""],
  ["XML document", "07 09 3c612f3e", new XmlDocument("<a/>")],
  ["XML", "0b 09 3c612f3e", new XmlDocument("<a/>")],
  ["date", "08 01 4270000000000000", new AmfDate(2 ** 40)],
  ["dense array", "09 05 01 0401 0402", [1, 2]],
  ["array with names", "09 03 03 61 03 01 0405", toEcmaArray({ a: true, 0: 5 })],
  ["dynamic object", "0a 0b 01 03 61 0401 03 62 06 00 01", toAmfObject({ a: 1, b: "a" })],
  ["object of a class", "0a 2b 0b 506f696e74 03 78 03 79 0401 0402 03 7a 03 01", point()],
  ["bytes", "0c 05 ffff", UNSUPPORTED],
  ["vector of int", "0d 05 00 ffffffff 00000001", [-1, 1]],
  ["vector of uint", "0e 03 01 ffffffff", [0xffff_ffff]],
  ["vector of double", "0f 03 00 4000000000000000", [2]],
  ["vector of object", "10 05 00 01 03 02", [true, false]],
  ["dictionary", "11 05 00 06 03 61 0401 0407 03", toAmfObject({ a: 1, 7: true })],
];

describe("AMF3 values in AMF0", () => {
  test.each(VALUES)("%s", (_name, hex, value) => {
    // A value behind it shows that it ends where it should.
    expect(decodeAmf0(fromHex(`11 ${hex} 0101`))).toStrictEqual([value, true]);
  });

  test.each(VALUES)("%s, cut anywhere", (_name, hex) => {
    const whole = fromHex(`11 ${hex}`);
    for (let length = 1; length < whole.length; length++) {
      expect(() => decodeAmf0(whole.subarray(0, length)), `cut at ${length}`).toThrow(
        MalformedError,
      );
    }
  });

  test("resolve references to strings, objects and classes", () => {
    // [{a: 1} of class P, {a: 2} of the same class, the first again]
    const [value] = decodeAmf0(fromHex("11 09 07 01 0a 13 03 50 03 61 0401 0a 01 0402 0a 02"));
    const [first, second, third] = value as TypedObject[];
    expect(first?.className).toBe("P");
    expect([...(first ?? [])]).toEqual([["a", 1]]);
    expect(second?.className).toBe("P");
    expect([...(second ?? [])]).toEqual([["a", 2]]);
    expect(third).toBe(first);
  });

  test.each([
    ["an unknown marker", "12 01"],
    ["a string reference to nothing", "06 00"],
    ["an object reference to nothing", "0a 00"],
    ["a class reference to nothing", "0a 01"],
    ["a reference to what is still being read", "09 03 01 09 00"],
    ["an externalizable object", "0a 07 03 50 00"],
    ["a class with a million members", "0a a0d48003 01"],
    ["an array longer than the input", "09 8fffff7f 01"],
    ["a vector longer than the input", "0d 8fffff7f 00"],
    ["bytes longer than the input", "0c 8fffff7f 00"],
  ])("throw MalformedError for %s", (_name, hex) => {
    expect(() => decodeAmf0(fromHex(`11 ${hex}`))).toThrow(MalformedError);
  });

  test("share the limit of depth with AMF0", () => {
    expect(() => decodeAmf0(fromHex(`11 ${"090301".repeat(100_000)}`))).toThrow("deeper than 32");
    const inAmf0 = (depth: number) => fromHex(`${"0a00000001".repeat(depth)} 11 090301 01`);
    expect(decodeAmf0(inAmf0(31))).toHaveLength(1);
    expect(() => decodeAmf0(inAmf0(32))).toThrow("deeper than 32");
  });

  test("share the limit of values with AMF0, those behind references too", () => {
    // Each array holds the one before ten times.
    let inner = "09 03 01 01";
    const levels: string[] = [];
    for (let i = 0; i < 20; i++) {
      levels.push(inner);
      const reference = ((i + 1) * 2).toString(16).padStart(2, "0");
      inner = `09 15 01 ${`09${reference}`.repeat(10)}`;
    }
    expect(() => decodeAmf0(fromHex(`11 09 29 01 ${levels.join("")}`))).toThrow("values");
  });

  // U29 of two bytes: 16383 at most; of three: 2097151.
  const u29 = (value: number) =>
    value < 0x4000
      ? hexOf(0x80 | (value >> 7), value & 0x7f)
      : hexOf(0x80 | (value >> 14), 0x80 | ((value >> 7) & 0x7f), value & 0x7f);

  test.each([
    // A string of 8000 bytes, and references to it.
    ["strings", `06 ${u29(8000 * 2 + 1)} ${"61".repeat(8000)}`, "06 00"],
    // The same in XML and in an object, and references to these.
    ["XML documents", `07 ${u29(8000 * 2 + 1)} ${"61".repeat(8000)}`, "07 02"],
    ["arrays", `09 03 01 06 ${u29(8000 * 2 + 1)} ${"61".repeat(8000)}`, "09 02"],
    // An object without members, of a class with a long name; more of that class, and of that name.
    ["classes", `0a 03 ${u29(1000 * 2 + 1)} ${"61".repeat(1000)}`, "0a 01"],
    ["class names", `0a 03 ${u29(1000 * 2 + 1)} ${"61".repeat(1000)}`, "0a 03 00"],
    // A member with a long name.
    ["members", `0a 13 01 ${u29(1000 * 2 + 1)} ${"61".repeat(1000)} 01`, "0a 01 01"],
    ["names", `0a 0b 01 ${u29(1000 * 2 + 1)} ${"61".repeat(1000)} 01 01`, "0a 01 00 01 01"],
  ])("charge what references to %s repeat", (_name, first, reference) => {
    const size = first.includes("61".repeat(8000)) ? 8000 : 1000;
    const repeat = (count: number) =>
      fromHex(`11 09 ${u29((count + 1) * 2 + 1)} 01 ${first} ${reference.repeat(count)}`);
    const count = Math.floor(AMF_TEXT_SIZE_MAX / size) - 1;
    const encoded = encodeAmf0(...decodeAmf0(repeat(count)));
    expect(encoded.length).toBeGreaterThan(size * (count + 1));
    expect(encoded.length).toBeLessThan(AMF_TEXT_SIZE_MAX + 13 * 2 * (count + 1) + 5);
    expect(() => decodeAmf0(repeat(count + 1))).toThrow("bytes of text");
  });

  test.each([
    ["a member", "0a 0b 01 @ 01 01"],
    ["a member of a class", "0a 13 01 @ 01"],
    ["a class", "0a 03 @"],
    ["an element of an array", "09 01 @ 01 01"],
    ["an entry of a dictionary", "11 03 00 06 @ 01"],
  ])("have no name of %s that cannot be encoded again", (_name, hex) => {
    const named = (size: number) =>
      fromHex(`11 ${hex.replace("@", `${u29(size * 2 + 1)} ${"ff".repeat(size)}`)}`);
    expect(encodeAmf0(...decodeAmf0(named(AMF_NAME_SIZE_MAX)))).not.toHaveLength(0);
    expect(() => decodeAmf0(named(AMF_NAME_SIZE_MAX + 1))).toThrow("name of 1025 characters");
    expect(() => decodeAmf0(named(30_000))).toThrow(MalformedError);
  });

  test("do not go deeper by references than without", () => {
    // An array of two: 20 levels, and `outer` levels around a reference to the first of them.
    const nested = (outer: number) =>
      fromHex(`11 09 05 01 ${"090301".repeat(20)} 01 ${"090301".repeat(outer)} 0902`);
    const [value] = decodeAmf0(nested(11));
    expect(decodeAmf0(encodeAmf0(value ?? null))).toHaveLength(1);
    expect(() => decodeAmf0(nested(12))).toThrow("deeper than 32");
    // Inside of AMF0 too.
    const inAmf0 = (hex: string) => fromHex(`${"0a00000001".repeat(8)} ${hex}`);
    expect(() =>
      decodeAmf0(inAmf0(`11 09 05 01 ${"090301".repeat(20)} 01 ${"090301".repeat(3)} 0902`)),
    ).not.toThrow();
    expect(() =>
      decodeAmf0(inAmf0(`11 09 05 01 ${"090301".repeat(20)} 01 ${"090301".repeat(4)} 0902`)),
    ).toThrow("deeper than 32");
  });

  test("count for references of AMF0 to what they are in", () => {
    // [[AMF3 of 20 levels], 12 levels around a reference to the first]
    const nested = (outer: number) =>
      fromHex(
        `0a 00000002 0a 00000001 11 ${"090301".repeat(20)} 01 ${"0a00000001".repeat(outer)} 07 0001`,
      );
    expect(decodeAmf0(nested(10))).toHaveLength(1);
    expect(() => decodeAmf0(nested(11))).toThrow("deeper than 32");
  });

  test("throw nothing but MalformedError on noise", () => {
    for (const random of noise(30_000, 40)) {
      try {
        encodeAmf0(...decodeAmf0(Uint8Array.of(0x11, ...random))); // What decodes can be passed on.
        encodeAmf0(...decodeAmf0(Uint8Array.of(0x11, 0x0a, ...random)));
      } catch (error) {
        expect(error).toBeInstanceOf(MalformedError);
      }
    }
  });
});

function hexOf(...bytes: number[]): string {
  return bytes.map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
