/**
 * Goal: a byte stream falls apart at its start codes, and zeros between belong to nobody.
 *
 * Method: examples after Annex B; noise of small numbers against a search by text.
 */

import { expect, test } from "vitest";
import { MalformedError } from "../../../src/base/errors.ts";
import { splitAnnexB } from "../../../src/codec/nal/annex-b.ts";
import { NAL_UNIT_COUNT_MAX } from "../../../src/codec/nal/length-prefixed.ts";
import { fromHex, joinBytes } from "../../support/hex.ts";
import { unlessMalformed } from "../../support/malformed.ts";
import { noise } from "../../support/noise.ts";

test.each([
  ["", []],
  ["000000", []],
  ["000001", []],
  ["000001 67", ["67"]],
  ["00000001 67 01", ["67 01"]],
  ["0000000001 67 42 000001 68 000000", ["67 42", "68"]],
  ["000001 000001 65 00", ["65"]],
  ["000001 65 000003 01 00000001 41", ["65 000003 01", "41"]],
  ["000001 0102 000001 01 01 000001 03", ["0102", "0101", "03"]],
])("%s", (hex, expected) => {
  expect(splitAnnexB(fromHex(hex))).toEqual(expected.map(fromHex));
});

test("gives views", () => {
  const stream = fromHex("00000001 6742");
  expect(splitAnnexB(stream)[0]?.buffer).toBe(stream.buffer);
});

test.each(["67", "0000", "0102 000001 67"])("does not guess what stands before: %s", (hex) => {
  const split = () => splitAnnexB(fromHex(hex));
  if (hex === "0000") expect(split()).toEqual([]);
  else expect(split).toThrow(MalformedError);
});

test("does not make an object of every few bytes", () => {
  const one = fromHex("000001 09");
  const most = joinBytes(...Array<Uint8Array>(NAL_UNIT_COUNT_MAX).fill(one));
  expect(splitAnnexB(most)).toHaveLength(NAL_UNIT_COUNT_MAX);
  expect(() => splitAnnexB(joinBytes(most, one))).toThrow(MalformedError);
});

test("finds what a search in the text finds", () => {
  for (const bytes of noise(3_000, 60)) {
    const stream = joinBytes(
      fromHex("000001"),
      bytes.map((byte) => byte % 3),
    );
    const text = Array.from(stream).join("");
    const expected = text
      .split("001")
      .map((part) => part.replace(/0+$/, ""))
      .filter((part) => part !== "");
    const found = unlessMalformed(() => splitAnnexB(stream));
    expect(found?.map((nalUnit) => Array.from(nalUnit).join(""))).toEqual(expected);
  }
});
