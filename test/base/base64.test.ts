/**
 * Goal: Base 64 is written as RFC 4648 has it.
 *
 * Method: the test vectors of its section 10, and one with every character of the alphabet.
 */

import { describe, expect, test } from "vitest";
import { encodeBase64 } from "../../src/base/base64.ts";

describe("encodeBase64()", () => {
  test.each([
    ["", ""],
    ["f", "Zg=="],
    ["fo", "Zm8="],
    ["foo", "Zm9v"],
    ["foob", "Zm9vYg=="],
    ["fooba", "Zm9vYmE="],
    ["foobar", "Zm9vYmFy"],
  ])("encodes %j as %j", (text, encoded) => {
    expect(encodeBase64(new TextEncoder().encode(text))).toBe(encoded);
  });

  test("knows all characters", () => {
    const bytes = Uint8Array.from({ length: 256 }, (_, index) => index);
    expect(encodeBase64(bytes)).toBe(btoa(String.fromCharCode(...bytes)));
  });
});
