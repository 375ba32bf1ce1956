/**
 * Goal: Base 64 is written and read as RFC 4648 has it.
 *
 * Method: the test vectors of its section 10, and one with every character of the alphabet.
 */

import { describe, expect, test } from "vitest";
import { decodeBase64, encodeBase64 } from "../../src/base/base64.ts";

const VECTORS = [
  ["", ""],
  ["f", "Zg=="],
  ["fo", "Zm8="],
  ["foo", "Zm9v"],
  ["foob", "Zm9vYg=="],
  ["fooba", "Zm9vYmE="],
  ["foobar", "Zm9vYmFy"],
] as const;

describe("encodeBase64()", () => {
  test.each(VECTORS)("encodes %j as %j", (text, encoded) => {
    expect(encodeBase64(new TextEncoder().encode(text))).toBe(encoded);
  });

  test("knows all characters", () => {
    const bytes = Uint8Array.from({ length: 256 }, (_, index) => index);
    expect(encodeBase64(bytes)).toBe(btoa(String.fromCharCode(...bytes)));
  });
});

describe("decodeBase64()", () => {
  test.each(VECTORS)("gives %j back from %j", (text, encoded) => {
    expect(decodeBase64(encoded)).toEqual(new TextEncoder().encode(text));
  });

  test("knows all bytes", () => {
    const bytes = Uint8Array.from({ length: 256 }, (_, index) => index);
    expect(decodeBase64(encodeBase64(bytes))).toEqual(bytes);
  });

  test.each(["Z", "Zg=", "Z===", "Zm9v!", "Zm_v", "=", "Zm9vé"])("knows %j for none", (text) => {
    expect(decodeBase64(text)).toBeUndefined();
  });
});
