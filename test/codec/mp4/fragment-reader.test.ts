/**
 * Goal: what is read of a fragment is what was written, whichever fields that took; and files that disks
 * have spoiled throw nothing but MalformedError.
 *
 * Method: fragments of our writer, in which each field alone differs, are read back; noise and fragments
 * with a byte changed are read.
 */

import { describe, expect, test } from "vitest";
import { ByteWriter } from "../../../src/base/byte-writer.ts";
import { findBox } from "../../../src/codec/mp4/box-reader.ts";
import { decodeMovieFragment } from "../../../src/codec/mp4/fragment-reader.ts";
import { type FragmentSample, writeMovieFragment } from "../../../src/codec/mp4/movie-fragment.ts";
import { fromHex, joinBytes } from "../../support/hex.ts";
import { unlessMalformed } from "../../support/malformed.ts";
import { noise } from "../../support/noise.ts";

function sample(size: number, changes: Partial<FragmentSample> = {}): FragmentSample {
  const payload = new Uint8Array(size).fill(size);
  return { payload, duration: 40, compositionTimeOffset: 0, isKeyFrame: true, ...changes };
}

function moofOf(samples: readonly FragmentSample[], baseDecodeTime = 7): Uint8Array {
  const writer = new ByteWriter(16);
  writeMovieFragment(writer, { trackId: 3, sequenceNumber: 1, baseDecodeTime, samples });
  return findBox(writer.take(), ["moof"])?.body ?? new Uint8Array();
}

describe("decodeMovieFragment()", () => {
  test.each<[string, readonly FragmentSample[]]>([
    ["one", [sample(3)]],
    ["all alike", [sample(3), sample(3), sample(3)]],
    ["sizes", [sample(3), sample(4)]],
    ["durations", [sample(3), sample(3, { duration: 41 })]],
    ["the first's kind", [sample(3), sample(3, { isKeyFrame: false })]],
    ["kinds", [sample(3, { isKeyFrame: false }), sample(3), sample(3, { isKeyFrame: false })]],
    ["offsets", [sample(3, { compositionTimeOffset: 80 }), sample(3)]],
    ["negative offsets", [sample(3, { compositionTimeOffset: -5 }), sample(3)]],
  ])("%s", (_, samples) => {
    const moof = moofOf(samples, 0x1_2345_6789);
    const expected = samples.map(({ payload, duration, compositionTimeOffset, isKeyFrame }) => {
      return { size: payload.length, duration, compositionTimeOffset, isSync: isKeyFrame };
    });
    const dataOffset = 8 + moof.length + 8;
    expect(decodeMovieFragment(moof)).toEqual([
      { trackId: 3, baseDecodeTime: 0x1_2345_6789, dataOffset, samples: expected },
    ]);
  });

  test("several runs of a track go on from one another", () => {
    // biome-ignore format: one box a line
    const traf = fromHex([
      "00000080 74726166",
      "  00000018 74666864 00020018 00000001 0000000a 00000002", // tfhd: duration 10, size 2
      "  00000010 74666474 00000000 00000064",                   // tfdt: 100
      "  00000010 7472756e 00000000 00000003",                   // trun: 3 samples
      "  00000010 7472756e 00000000 00000001",
    ].join(""));
    traf.set(fromHex("00000050"), 0);
    expect(decodeMovieFragment(traf).map(({ baseDecodeTime }) => baseDecodeTime)).toEqual([
      100, 130,
    ]);
  });

  test("a run that claims more samples than there can be is no reason to make them", () => {
    // biome-ignore format: one box a line
    const traf = fromHex([
      "00000040 74726166",
      "  00000018 74666864 00020018 00000001 0000000a 00000002",
      "  00000010 74666474 00000000 00000064",
      "  00000010 7472756e 00000000 ffffffff",
    ].join(""));
    expect(unlessMalformed(() => decodeMovieFragment(traf))).toBeUndefined();
  });

  test("nor are many runs, each of which claims what one may have", () => {
    const run = fromHex("00000010 7472756e 00000000 00020000");
    const runs = Array.from({ length: 64 }, () => run);
    const head = fromHex("00000018 74666864 00020018 00000001 0000000a 00000000");
    const time = fromHex("00000010 74666474 00000000 00000064");
    const traf = joinBytes(fromHex("00000430 74726166"), head, time, ...runs);
    expect(() => decodeMovieFragment(traf)).toThrow("Cannot read runs: too many");
    const one = joinBytes(fromHex("00000040 74726166"), head, time, run);
    expect(() => decodeMovieFragment(joinBytes(one, one))).toThrow("Cannot read run");
    expect(() => decodeMovieFragment(one, { samplesMax: 100 })).toThrow("Cannot read run");
  });

  test("nor are runs without a sample", () => {
    const head = fromHex("00000018 74666864 00020018 00000001 0000000a 00000000");
    const time = fromHex("00000010 74666474 00000000 00000064");
    const run = fromHex("00000010 7472756e 00000000 00000000");
    const traf = joinBytes(fromHex("00000050 74726166"), head, time, run, run);
    expect(decodeMovieFragment(traf)).toHaveLength(2);
    expect(() => decodeMovieFragment(traf, { samplesMax: 1 })).toThrow("too many");
    expect(decodeMovieFragment(joinBytes(traf, traf), { samplesMax: 4 })).toHaveLength(4);
    expect(() => decodeMovieFragment(joinBytes(traf, traf), { samplesMax: 3 })).toThrow("too many");
  });

  test("a run that does not say where it is begins at the base", () => {
    const head = fromHex("00000020 74666864 00000019 00000001 00000000000003e8 0000000a 00000004");
    const time = fromHex("00000010 74666474 00000000 00000064");
    const run = fromHex("00000010 7472756e 00000000 00000003");
    const traf = joinBytes(fromHex("00000058 74726166"), head, time, run, run);
    const runs = decodeMovieFragment(traf, { offset: 100 });
    expect(runs.map(({ dataOffset }) => dataOffset)).toEqual([900, 912]);
  });

  test("throws nothing but MalformedError on noise", () => {
    for (const bytes of noise(3_000, 120)) unlessMalformed(() => decodeMovieFragment(bytes));
  });

  test("nor on a fragment of which a byte is another one, or which is cut off", () => {
    const moof = moofOf([sample(3), sample(4, { compositionTimeOffset: 3 })]);
    for (let at = 0; at < moof.length; at++) {
      for (const value of [0, 1, 0x7f, 0xff]) {
        const changed = moof.slice();
        changed[at] = value;
        unlessMalformed(() => decodeMovieFragment(changed));
      }
      unlessMalformed(() => decodeMovieFragment(moof.subarray(0, at)));
    }
  });
});
