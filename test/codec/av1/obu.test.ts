/**
 * Goal: a temporal unit falls apart into its OBUs, and loses its temporal delimiters.
 *
 * Method: examples after section 5.3; hostile sizes; each cut at every byte; noise.
 */

import { describe, expect, test } from "vitest";
import { MalformedError } from "../../../src/base/errors.ts";
import {
  decodeObu,
  dropTemporalDelimiters,
  OBU_COUNT_MAX,
  ObuType,
  splitTemporalUnit,
} from "../../../src/codec/av1/obu.ts";
import { fromHex, joinBytes } from "../../support/hex.ts";
import { unlessMalformed } from "../../support/malformed.ts";
import { noise } from "../../support/noise.ts";

const DELIMITER = fromHex("1200");
const SEQUENCE_HEADER = fromHex("0a 0a 00000004 3cfeccdaf902");
const FRAME = fromHex("32 03 109a00");

describe("decodeObu()", () => {
  test.each([
    ["with a size", "32 03 109a00 ff", { type: ObuType.Frame, payloadStart: 2, end: 5 }],
    ["without a size", "30 109a00", { type: ObuType.Frame, payloadStart: 1, end: 4 }],
    [
      "with an extension",
      "36 48 01 10",
      { type: ObuType.Frame, temporalId: 2, spatialId: 1, payloadStart: 3, end: 4 },
    ],
    ["with a size in more bytes than it needs", "12 80 80 00", { payloadStart: 4, end: 4 }],
    ["with the most bytes of size", "7a 81808080808080 00 ff", { payloadStart: 9, end: 10 }],
  ])("%s", (_, hex, expected) => {
    expect(decodeObu(fromHex(hex), 0)).toMatchObject({ start: 0, ...expected });
  });

  test("a size of two bytes, the low one first", () => {
    const obu = joinBytes(fromHex("0a 8101"), new Uint8Array(129));
    expect(decodeObu(obu, 0)).toMatchObject({ payloadStart: 3, end: 132 });
  });

  test.each([
    ["nothing", ""],
    ["the forbidden bit", "92 00"],
    ["no extension where one is announced", "36"],
    ["no size where one is announced", "32"],
    ["a size that goes on", "32 80"],
    ["a size of more than 8 bytes", "32 808080808080808000"],
    ["a size of more than 32 bits", "32 808080808010"],
    ["a size beyond the end", "32 02 10"],
    ["the largest size", "32 ffffffff0f 10"],
  ])("refuses %s", (_, hex) => {
    expect(() => decodeObu(fromHex(hex), 0)).toThrow(MalformedError);
  });
});

describe("splitTemporalUnit()", () => {
  test("finds each, and where it lies", () => {
    const unit = joinBytes(DELIMITER, SEQUENCE_HEADER, FRAME);
    expect(splitTemporalUnit(unit).map(({ type, start, end }) => [type, start, end])).toEqual([
      [ObuType.TemporalDelimiter, 0, 2],
      [ObuType.SequenceHeader, 2, 14],
      [ObuType.Frame, 14, 19],
    ]);
    expect(splitTemporalUnit(new Uint8Array(0))).toEqual([]);
  });

  test("throws wherever it is cut, but between two", () => {
    const unit = joinBytes(DELIMITER, SEQUENCE_HEADER, FRAME);
    for (let length = 0; length <= unit.length; length++) {
      const split = () => splitTemporalUnit(unit.subarray(0, length));
      const index = [0, 2, 14, 19].indexOf(length);
      if (index === -1) expect(split, `cut at ${length}`).toThrow(MalformedError);
      else expect(split()).toHaveLength(index);
    }
  });

  test("does not make an object of every other byte", () => {
    const most = joinBytes(...Array<Uint8Array>(OBU_COUNT_MAX).fill(DELIMITER));
    expect(splitTemporalUnit(most)).toHaveLength(OBU_COUNT_MAX);
    expect(() => splitTemporalUnit(joinBytes(most, DELIMITER))).toThrow(MalformedError);
  });
});

describe("dropTemporalDelimiters()", () => {
  test("takes the one at the front by a view", () => {
    const unit = joinBytes(DELIMITER, SEQUENCE_HEADER, FRAME);
    const dropped = dropTemporalDelimiters(unit);
    expect(dropped).toEqual(joinBytes(SEQUENCE_HEADER, FRAME));
    expect(dropped.buffer).toBe(unit.buffer);
  });

  test("leaves what has none", () => {
    const unit = joinBytes(FRAME, FRAME);
    expect(dropTemporalDelimiters(unit)).toEqual(unit);
    expect(dropTemporalDelimiters(new Uint8Array(0))).toHaveLength(0);
  });

  test("takes those further behind", () => {
    const unit = joinBytes(DELIMITER, FRAME, DELIMITER, SEQUENCE_HEADER, DELIMITER);
    expect(dropTemporalDelimiters(unit)).toEqual(joinBytes(FRAME, SEQUENCE_HEADER));
    expect(dropTemporalDelimiters(joinBytes(DELIMITER, DELIMITER))).toHaveLength(0);
  });
});

test("noise", () => {
  for (const bytes of noise(10_000, 40)) {
    const small = bytes.map((byte, index) => (index % 2 === 0 ? byte & 0x7e : byte & 0x83));
    for (const unit of [bytes, small]) {
      const obus = unlessMalformed(() => splitTemporalUnit(unit));
      const dropped = unlessMalformed(() => dropTemporalDelimiters(unit));
      const kept = obus?.filter(({ type }) => type !== ObuType.TemporalDelimiter);
      expect(dropped?.length).toBe(kept?.reduce((sum, obu) => sum + obu.end - obu.start, 0));
    }
  }
});
