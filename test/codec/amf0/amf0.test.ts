/**
 * Goal: AMF0 values are decoded and encoded as the specification writes them, and no input costs more
 * than the limits allow or fails in any way but MalformedError.
 *
 * Method: a table of golden bytes serves both directions; what only decodes has a table of its own;
 * each limit is met from both sides; every prefix of a real `onMetaData` and seeded noise stand for
 * the rest.
 */

import { describe, expect, test } from "vitest";
import { MalformedError } from "../../../src/base/errors.ts";
import {
  AMF_DEPTH_MAX,
  AMF_NAME_SIZE_MAX,
  AMF_TEXT_SIZE_MAX,
  AMF_VALUE_COUNT_MAX,
} from "../../../src/codec/amf0/budget.ts";
import { decodeAmf0, decodeAmf0Name } from "../../../src/codec/amf0/decode.ts";
import { encodeAmf0 } from "../../../src/codec/amf0/encode.ts";
import {
  AmfDate,
  AmfObject,
  type AmfValue,
  amfNumber,
  amfString,
  EcmaArray,
  TypedObject,
  toAmfObject,
  toEcmaArray,
  UNSUPPORTED,
  XmlDocument,
} from "../../../src/codec/amf0/value.ts";
import { fromHex, joinBytes } from "../../support/hex.ts";
import { noise } from "../../support/noise.ts";

function typed(): TypedObject {
  const object = new TypedObject("Foo");
  object.set("a", true);
  return object;
}

// Markers and layouts: AMF0 specification, 2.2 to 2.18.
const BOTH_WAYS: [name: string, hex: string, value: AmfValue][] = [
  ["number", "00 3ff0000000000000", 1],
  ["negative zero", "00 8000000000000000", -0],
  ["not a number", "00 7ff8000000000000", Number.NaN],
  ["true", "01 01", true],
  ["false", "01 00", false],
  ["string", "02 0004 6c697665", "live"],
  ["empty string", "02 0000", ""],
  ["string beyond ASCII", "02 0007 c3bc f09f8ea5 21", "ü🎥!"],
  ["object", "03 0001 61 00 4000000000000000 0001 62 05 000009", toAmfObject({ a: 2, b: null })],
  ["empty object", "03 000009", new AmfObject()],
  ["property without name", "03 0000 05 000009", new AmfObject([["", null]])],
  ["null", "05", null],
  ["undefined", "06", undefined],
  ["ECMA array", "08 00000001 0001 61 0101 000009", toEcmaArray({ a: true })],
  ["strict array", "0a 00000002 05 02 0001 78", [null, "x"]],
  ["date", "0b 4270000000000000 0000", new AmfDate(2 ** 40)],
  ["unsupported", "0d", UNSUPPORTED],
  ["XML document", "0f 00000004 3c612f3e", new XmlDocument("<a/>")],
  ["typed object", "10 0003 466f6f 0001 61 0101 000009", typed()],
];

describe("decodeAmf0() and encodeAmf0()", () => {
  test.each(BOTH_WAYS)("%s", (_name, hex, value) => {
    expect(decodeAmf0(fromHex(hex))).toStrictEqual([value]);
    expect(encodeAmf0(value)).toEqual(fromHex(hex));
  });

  test("take a string of more than 65535 bytes as a long string", () => {
    const text = "x".repeat(0x1_0000);
    const encoded = encodeAmf0(text);
    expect(encoded.subarray(0, 5)).toEqual(fromHex("0c 00010000"));
    expect(decodeAmf0(encoded)).toEqual([text]);
    expect(encodeAmf0("x".repeat(0xffff))[0]).toBe(0x02);
  });

  test("take several values, one after the other", () => {
    expect(decodeAmf0(encodeAmf0("onBWDone", 0, null))).toEqual(["onBWDone", 0, null]);
    expect(decodeAmf0(new Uint8Array())).toEqual([]);
  });

  test("keep the order of names, and the last of equal ones", () => {
    const [object] = decodeAmf0(fromHex("03 0001 62 05 0001 61 05 0001 62 06 000009"));
    expect([...(object as AmfObject)]).toEqual([
      ["b", undefined],
      ["a", null],
    ]);
  });

  test("have no name that reaches into the language", () => {
    const object = toAmfObject(JSON.parse('{"__proto__": 1, "constructor": 2}'));
    const [decoded] = decodeAmf0(encodeAmf0(object)) as [AmfObject];
    expect([...decoded]).toEqual([
      ["__proto__", 1],
      ["constructor", 2],
    ]);
    expect(Object.getPrototypeOf(decoded)).toBe(AmfObject.prototype);
  });
});

describe("decodeAmf0()", () => {
  test("takes any boolean that is not 0 for true", () => {
    expect(decodeAmf0(fromHex("01 ff"))).toEqual([true]);
  });

  test("keeps the time zone of a date, which is to be ignored", () => {
    expect(decodeAmf0(fromHex("0b 0000000000000000 ffc4"))).toStrictEqual([new AmfDate(0, -60)]);
  });

  test("takes an ECMA array whose count is wrong", () => {
    const value = toEcmaArray({ a: true });
    for (const count of ["00000000", "00000007", "ffffffff"]) {
      expect(decodeAmf0(fromHex(`08 ${count} 0001 61 0101 000009`))).toStrictEqual([value]);
    }
  });

  test("takes an ECMA array without end, if it has its count and ends the message", () => {
    expect(decodeAmf0(fromHex("08 00000001 0001 61 0101"))).toStrictEqual([
      toEcmaArray({ a: true }),
    ]);
    expect(() => decodeAmf0(fromHex("08 00000002 0001 61 0101"))).toThrow(MalformedError);
    expect(() => decodeAmf0(fromHex("03 0001 61 0101"))).toThrow(MalformedError);
  });

  test("resolves references to objects and arrays, in the order in which they began", () => {
    // [{}, [null], ref 1, ref 2]
    const [array] = decodeAmf0(fromHex("0a 00000004 03000009 0a0000000105 070001 070002"));
    const [object, inner, second, third] = array as AmfValue[];
    expect(object).toStrictEqual(new AmfObject());
    expect(inner).toEqual([null]);
    expect(second).toBe(object);
    expect(third).toBe(inner);
  });

  test.each([
    ["to nothing", "07 0000", "Cannot resolve reference 0"],
    ["to what is still being read", "0a 00000001 070000", "Cannot resolve reference 0"],
    ["forward", "0a 00000002 070001 03000009", "Cannot resolve reference 1"],
  ])("refuses a reference %s", (_name, hex, message) => {
    expect(() => decodeAmf0(fromHex(hex))).toThrow(message);
  });

  test.each([
    ["movie clip", "04"],
    ["record set", "0e"],
    ["object end on its own", "09"],
    ["unknown marker", "12"],
    ["string longer than the input", "02 0005 6c697665"],
    ["long string longer than the input", "0c ffffffff 61"],
    ["array longer than the input", "0a ffffffff 05"],
    ["object without end", "03 0001 61 05"],
    ["object end cut off", "03 0000"],
  ])("throws MalformedError on %s", (_name, hex) => {
    expect(() => decodeAmf0(fromHex(hex))).toThrow(MalformedError);
  });

  test("says where the fault is", () => {
    expect(() => decodeAmf0(fromHex("05 0a 00000001 04"))).toThrow(
      expect.objectContaining({ message: "Cannot decode AMF0 marker 4", offset: 6 }),
    );
  });

  test("goes as deep as its limit, in arrays and in objects", () => {
    for (const [open, close] of [
      ["0a00000001", ""],
      ["03000161", "000009"],
    ] as const) {
      const nested = (depth: number) => fromHex(`${open.repeat(depth)}05${close.repeat(depth)}`);
      expect(decodeAmf0(nested(AMF_DEPTH_MAX))).toHaveLength(1);
      expect(() => decodeAmf0(nested(AMF_DEPTH_MAX + 1))).toThrow(
        "Cannot decode AMF deeper than 32",
      );
    }
  });

  test("does not overflow the stack on nesting without end", () => {
    expect(() => decodeAmf0(fromHex("0a00000001".repeat(200_000)))).toThrow(MalformedError);
  });

  test("counts values up to its limit, those behind references too", () => {
    const nulls = (count: number) => {
      const input = new Uint8Array(5 + count).fill(0x05);
      input.set(fromHex("0a"));
      new DataView(input.buffer).setUint32(1, count);
      return input;
    };
    expect(decodeAmf0(nulls(AMF_VALUE_COUNT_MAX - 1))[0]).toHaveLength(AMF_VALUE_COUNT_MAX - 1);
    expect(() => decodeAmf0(nulls(AMF_VALUE_COUNT_MAX))).toThrow("values");

    // Each array holds the one before ten times: 40 bytes a level, ten times the values.
    let input = "0a 00000001 05";
    for (let i = 0; i < 20; i++) input += ` 0a 0000000a ${`07${hex16(i)}`.repeat(10)}`;
    expect(() => decodeAmf0(fromHex(input))).toThrow("values");
  });

  test("charges the text that references repeat", () => {
    // 157 kB that stand for 1.9 GB: a string of 64 KiB in an array, and 30,000 references to that.
    const header = (marker: string, length: number) =>
      fromHex(`${marker} ${length.toString(16).padStart(8, "0")}`);
    const bomb = (textSize: number, count: number) =>
      joinBytes(
        header("0a", count + 1),
        header("0a", 1),
        encodeAmf0("x".repeat(textSize)),
        ...Array.from({ length: count }, () => fromHex("07 0001")),
      );
    expect(() => decodeAmf0(bomb(0xffff, 30_000))).toThrow("bytes of text");
    const textSize = AMF_TEXT_SIZE_MAX / 32;
    const [value] = decodeAmf0(bomb(textSize, 31));
    const encoded = encodeAmf0(value ?? null);
    expect(encoded.length).toBe(AMF_TEXT_SIZE_MAX + 5 + 32 * (5 + 3));
    expect(() => decodeAmf0(bomb(textSize, 32))).toThrow("bytes of text");
    expect(() => decodeAmf0(bomb(textSize + 1, 31))).toThrow("bytes of text");
  });

  test("charges names and class names that references repeat", () => {
    const name = `03e8 ${"61".repeat(1000)}`;
    const repeat = (object: string, count: number) =>
      fromHex(`0a ${hex16(0)}${hex16(count + 1)} ${object} ${"070001".repeat(count)}`);
    for (const object of [
      `03 ${name} 05 000009`,
      `10 ${name} 000009`,
      `08 00000001 ${name} 05 000009`,
    ]) {
      expect(decodeAmf0(repeat(object, 1000))).toHaveLength(1);
      expect(() => decodeAmf0(repeat(object, 1100))).toThrow("bytes of text");
    }
  });

  test("charges text by what it becomes, where it is not UTF-8", () => {
    const broken = (size: number) =>
      joinBytes(
        fromHex(`0c ${size.toString(16).padStart(8, "0")}`),
        new Uint8Array(size).fill(0xff),
      );
    const size = Math.floor(AMF_TEXT_SIZE_MAX / 3);
    expect(encodeAmf0(...decodeAmf0(broken(size)))).toHaveLength(5 + 3 * size);
    expect(() => decodeAmf0(broken(size + 1))).toThrow("bytes of text");
  });

  test("does not go deeper by references than without", () => {
    // Thirty levels, then thirty around a reference to them: more than an encoder would take.
    const around = (levels: number, inner: string) => `${"0a00000001".repeat(levels)} ${inner}`;
    const nested = (outer: number) =>
      fromHex(`0a 00000002 ${around(20, "05")} ${around(outer, "07 0001")}`);
    const [value] = decodeAmf0(nested(11));
    expect(decodeAmf0(encodeAmf0(value ?? null))).toHaveLength(1);
    expect(() => decodeAmf0(nested(12))).toThrow("Cannot decode AMF deeper than 32");

    // Each level of references to what holds references.
    const chain = ["05", ...Array.from({ length: 40 }, (_, index) => `07 ${hex16(index + 1)}`)];
    const arrays = chain.map((inner) => `0a 00000001 ${inner}`);
    const input = fromHex(`0a ${hex16(0)}${hex16(arrays.length)} ${arrays.join("")}`);
    expect(() => decodeAmf0(input)).toThrow("Cannot decode AMF deeper than 32");
  });

  test("limits the size of names and class names", () => {
    const named = (size: number) => encodeAmf0(new AmfObject([["x".repeat(size), null]]));
    expect(decodeAmf0(named(AMF_NAME_SIZE_MAX))).toHaveLength(1);
    expect(() => decodeAmf0(named(AMF_NAME_SIZE_MAX + 1))).toThrow("name of 1025 bytes");
    const classed = (size: number) => encodeAmf0(new TypedObject("x".repeat(size)));
    expect(decodeAmf0(classed(AMF_NAME_SIZE_MAX))).toHaveLength(1);
    expect(() => decodeAmf0(classed(AMF_NAME_SIZE_MAX + 1))).toThrow("name of 1025 bytes");
  });

  test("can pass on names of bytes that are no text", () => {
    const name = `0400 ${"ff".repeat(1024)}`;
    const decoded = decodeAmf0(fromHex(`10 ${name} ${name} 05 000009`));
    expect(encodeAmf0(...decoded)).toHaveLength(1 + 2 * (2 + 3072) + 1 + 3);
  });

  test("throws MalformedError wherever metadata is cut, unless it is between values", () => {
    const metadata = encodeAmf0("onMetaData", METADATA);
    const name = encodeAmf0("onMetaData").length;
    for (let length = 0; length < metadata.length; length++) {
      const decode = () => decodeAmf0(metadata.subarray(0, length));
      // The object end of three bytes may be missing: see above.
      if (length === 0 || length === name || length === metadata.length - 3) decode();
      else expect(decode, `cut at ${length}`).toThrow(MalformedError);
    }
  });

  test("throws nothing but MalformedError on noise and on broken metadata", () => {
    const metadata = encodeAmf0("onMetaData", METADATA);
    for (const random of noise(20_000, 48)) {
      const mutated = metadata.slice();
      for (let i = 0; i + 1 < random.length; i += 12) {
        mutated[(random[i] ?? 0) % mutated.length] = random[i + 1] ?? 0;
      }
      for (const input of [random, mutated]) {
        try {
          encodeAmf0(...decodeAmf0(input)); // What decodes can be passed on.
        } catch (error) {
          expect(error).toBeInstanceOf(MalformedError);
        }
      }
    }
  });
});

describe("decodeAmf0Name()", () => {
  test("reads the first string and leaves the rest alone", () => {
    expect(decodeAmf0Name(fromHex("02 0002 6f6b 04"))).toEqual(["ok", 5]);
  });

  test.each(["", "02", "02 00", "02 0002 6f", "00 3ff0000000000000", "05"])(
    "finds none in %j",
    (hex) => {
      expect(decodeAmf0Name(fromHex(hex))).toBeUndefined();
    },
  );
});

describe("amfString() and amfNumber()", () => {
  test("find a property of the type, or nothing", () => {
    const object = toAmfObject({ text: "x", number: 0 });
    expect(amfString(object, "text")).toBe("x");
    expect(amfString(object, "number")).toBe("");
    expect(amfString(undefined, "text")).toBe("");
    expect(amfNumber(object, "number")).toBe(0);
    expect(amfNumber(object, "text")).toBeUndefined();
    expect(amfNumber("x", "text")).toBeUndefined();
  });
});

describe("encodeAmf0()", () => {
  test("refuses a cycle as the bug that it is", () => {
    const object = new AmfObject();
    object.set("self", object);
    expect(() => encodeAmf0(object)).toThrow("Assertion failed");
  });
});

const METADATA = new EcmaArray([
  ["duration", 0],
  ["width", 960],
  ["stereo", true],
  ["encoder", "Lavf59.27.100"],
  ["keyframes", toAmfObject({ times: [0, 2, 4] })],
]);

function hex16(value: number): string {
  return value.toString(16).padStart(4, "0");
}
