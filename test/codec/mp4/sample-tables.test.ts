/**
 * Goal: the tables of a plain file are those of the specification, with no more in them than it takes.
 *
 * Method: small tables written out by hand from ISO/IEC 14496-12.
 */

import { describe, expect, test } from "vitest";
import { ByteWriter } from "../../../src/base/byte-writer.ts";
import { type SampleTables, writeSampleTables } from "../../../src/codec/mp4/sample-tables.ts";
import { fromHex } from "../../support/hex.ts";
import { listBoxes } from "../../support/mp4-fragments.ts";

const TABLES: SampleTables = {
  sizes: [0x11, 0x12, 0x13],
  durations: [
    { count: 2, value: 10 },
    { count: 1, value: 20 },
  ],
  compositionTimeOffsets: [
    { count: 1, value: 5 },
    { count: 2, value: -1 },
  ],
  syncSamples: [1],
  chunks: [
    { offset: 0, sampleCount: 2 },
    { offset: 0x23, sampleCount: 1 },
  ],
};

function write(tables: SampleTables, shift: number): Uint8Array {
  const writer = new ByteWriter(16);
  writeSampleTables(writer, tables, shift);
  return writer.take();
}

describe("writeSampleTables()", () => {
  test("writes the bytes of the specification", () => {
    // biome-ignore format: one box a line
    const expected = [
      "00000020 73747473 00000000 00000002 00000002 0000000a 00000001 00000014", // stts
      "00000020 63747473 01000000 00000002 00000001 00000005 00000002 ffffffff", // ctts, signed
      "00000014 73747373 00000000 00000001 00000001",                            // stss
      "00000028 73747363 00000000 00000002",                                     // stsc
      "  00000001 00000002 00000001 00000002 00000001 00000001",
      "00000020 7374737a 00000000 00000000 00000003 00000011 00000012 00000013", // stsz
      "00000020 636f3634 00000000 00000002",                                     // co64
      "  00000001 00000010 00000001 00000033",
    ].join("");
    expect(write(TABLES, 0x1_0000_0010)).toEqual(fromHex(expected));
  });

  test("leaves out what says nothing", () => {
    const plain = { ...TABLES, compositionTimeOffsets: [{ count: 3, value: 0 }] };
    const boxes = listBoxes(write({ ...plain, syncSamples: [1, 2, 3] }, 0));
    expect(boxes).toEqual(["stts", "stsc", "stsz", "co64"]);
  });

  test("offsets that are not negative are of the version that old players know", () => {
    const positive = { ...TABLES, compositionTimeOffsets: [{ count: 3, value: 5 }] };
    const bytes = write(positive, 0);
    expect(bytes.slice(0x20 + 8, 0x20 + 12)).toEqual(fromHex("00000000"));
  });

  test("the shift does not change the size", () => {
    expect(write(TABLES, 0).length).toBe(write(TABLES, 2 ** 40).length);
  });

  test("chunks of the same length are said once", () => {
    const chunks = Array.from({ length: 100 }, (_, i) => ({ offset: i, sampleCount: 3 }));
    const box = write({ ...TABLES, chunks }, 0);
    const at = Buffer.from(box).indexOf("stsc");
    expect(new DataView(box.buffer, box.byteOffset).getUint32(at + 8)).toBe(1);
  });
});
