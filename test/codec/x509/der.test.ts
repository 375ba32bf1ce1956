/**
 * Goal: values are written as the distinguished encoding has them.
 *
 * Method: examples of ITU-T X.690.
 */

import { expect, test } from "vitest";
import { derObjectIdentifier, encodeDer } from "../../../src/codec/x509/der.ts";
import { fromHex } from "../../support/hex.ts";

test("lengths are as short as can be", () => {
  // ITU-T X.690, sections 8.1.3.4 and 8.1.3.5.
  expect(encodeDer(0x04, new Uint8Array(0x7f)).subarray(0, 2)).toEqual(fromHex("047f"));
  expect(encodeDer(0x04, new Uint8Array(0x80)).subarray(0, 3)).toEqual(fromHex("048180"));
  expect(encodeDer(0x04, new Uint8Array(0x100)).subarray(0, 4)).toEqual(fromHex("04820100"));
});

test("object identifiers", () => {
  // ITU-T X.690, section 8.19.5.
  expect(derObjectIdentifier("2.100.3")).toEqual(fromHex("0603813403"));
});
