/**
 * Goal: a fragment says of each sample what it was given, in as few fields as that needs, and points
 * at its bytes.
 *
 * Method: one fragment written out by hand from ISO/IEC 14496-12; fragments of FFmpeg, read by the
 * same reader as ours for the same samples; each field alone made to differ.
 */

import { describe, expect, test } from "vitest";
import { ByteWriter } from "../../../src/base/byte-writer.ts";
import { readBoxes } from "../../../src/codec/mp4/box-reader.ts";
import {
  type FragmentSample,
  type MovieFragment,
  writeMovieFragment,
} from "../../../src/codec/mp4/movie-fragment.ts";
import { fromHex } from "../../support/hex.ts";
import { type FragmentInfo, listBoxes, readFragment } from "../../support/mp4-fragments.ts";

const SYNC = 0x0200_0000;
const NON_SYNC = 0x0101_0000;

function write(fragment: MovieFragment): Uint8Array {
  const writer = new ByteWriter(16);
  writer.writeUint32(0); // Something stands before it.
  writeMovieFragment(writer, fragment);
  return writer.take().subarray(4);
}

function sample(size: number, changes: Partial<FragmentSample> = {}): FragmentSample {
  const payload = new Uint8Array(size).fill(size);
  return { payload, duration: 40, compositionTimeOffset: 0, isKeyFrame: true, ...changes };
}

describe("writeMovieFragment()", () => {
  test("writes the bytes of the specification", () => {
    const samples = [
      { payload: fromHex("a1a2"), duration: 10, compositionTimeOffset: 0, isKeyFrame: true },
      { payload: fromHex("b1"), duration: 20, compositionTimeOffset: -5, isKeyFrame: false },
    ];
    const fragment = { trackId: 1, sequenceNumber: 7, baseDecodeTime: 0x1_2345_6789, samples };
    // biome-ignore format: one box a line
    const expected = [
      "00000078 6d6f6f66",                                         // moof
      "  00000010 6d666864 00000000 00000007",                     //   mfhd
      "  00000060 74726166",                                       //   traf
      "    00000014 74666864 00020020 00000001 01010000",          //     tfhd: flags of all but one
      "    00000014 74666474 01000000 00000001 23456789",          //     tfdt
      "    00000030 7472756e 01000b05 00000002 00000080 02000000", //     trun: the first's flags
      "      0000000a 00000002 00000000",                          //       duration, size, offset
      "      00000014 00000001 fffffffb",
      "0000000b 6d646174 a1a2 b1",                                 // mdat
    ].join("");
    expect(write(fragment)).toEqual(fromHex(expected));
  });

  test("says what all samples have in common once", () => {
    const samples = [sample(3), sample(3), sample(3)];
    const bytes = write({ trackId: 2, sequenceNumber: 1, baseDecodeTime: 0, samples });
    // 8 + 16 + 8 + (16 + 12) + 20 + 20, and nothing for each sample.
    expect([...readBoxes(bytes)].map(({ type, body }) => [type, body.length + 8])).toEqual([
      ["moof", 100],
      ["mdat", 17],
    ]);
    expect(readFragment(bytes).samples).toEqual(
      samples.map(() => ({ duration: 40, size: 3, flags: SYNC, compositionTimeOffset: 0 })),
    );
  });

  test.each([
    ["durations", [sample(3), sample(3, { duration: 41 })], 100 - 4 + 8],
    ["sizes", [sample(3), sample(4)], 100 - 4 + 8],
    ["a first offset", [sample(3, { compositionTimeOffset: -1 }), sample(3)], 100 + 8],
    ["a later offset", [sample(3), sample(3, { compositionTimeOffset: 2 ** 31 - 1 })], 100 + 8],
    ["a first key frame", [sample(3), sample(3, { isKeyFrame: false })], 100 + 4],
    ["no key frame", [3, 3].map((size) => sample(size, { isKeyFrame: false })), 100],
    [
      "key frames here and there",
      [true, false, true, false].map((isKeyFrame) => sample(3, { isKeyFrame })),
      100 - 4 + 16,
    ],
    [
      "a key frame at the end",
      [false, false, true].map((isKeyFrame) => sample(3, { isKeyFrame })),
      100 - 4 + 12,
    ],
    ["one sample alone", [sample(9, { isKeyFrame: false, compositionTimeOffset: -80 })], 104],
  ])("says apart what differs: %s", (_, samples, size) => {
    const bytes = write({ trackId: 1, sequenceNumber: 1, baseDecodeTime: 5, samples });
    const [moof] = readBoxes(bytes);
    expect((moof?.body.length ?? 0) + 8).toBe(size);
    const { dataOffset, ...fragment } = readFragment(bytes);
    expect(dataOffset).toBe(size + 8);
    expect(fragment).toEqual({
      trackId: 1,
      sequenceNumber: 1,
      baseDecodeTime: 5,
      samples: samples.map(({ payload, duration, compositionTimeOffset, isKeyFrame }) => ({
        duration,
        size: payload.length,
        flags: isKeyFrame ? SYNC : NON_SYNC,
        compositionTimeOffset,
      })),
    });
    const data = samples.flatMap(({ payload }) => [...payload]);
    expect([...bytes.subarray(dataOffset)]).toEqual(data);
  });

  test("a fragment without samples is a mistake of ours", () => {
    const nothing = { trackId: 1, sequenceNumber: 1, baseDecodeTime: 0, samples: [] };
    expect(() => write(nothing)).toThrow("Assertion failed");
  });
});

// H.264 with B-frames, and AAC, whose durations FLV had rounded.
test.each([
  [
    "video",
    `000000b86d6f6f66000000106d6668640000000000000001000000a0747261660000001c74666864000200380000
     000100000200000004fe010100000000001474666474010000000000000000000000000000687472756e00000a05
     0000000a000000c002000000000004fe000004000000004b000008000000000c000002000000000c000002000000
     004f000008000000000e000002000000000c0000020000000032000008000000000e000002000000000c00000200`,
  ],
  [
    "audio",
    `000000b46d6f6f66000000106d66686400000000000000010000009c747261660000001c74666864000200380000
     000100000400000000bc020000000000001474666474010000000000000000000000000000647472756e00000301
     0000000a000000bc00000400000000bc000003f8000000b6000004000000005c0000040000000075000004000000
     0083000004000000008600000400000000840000040000000083000004000000007c000003f000000078`,
  ],
])("FFmpeg's fragment of %s and ours say the same", (_, hex) => {
  const theirBytes = fromHex(hex);
  const theirs: FragmentInfo = readFragment(theirBytes);
  const { trackId, sequenceNumber, baseDecodeTime } = theirs;
  const samples = theirs.samples.map((info) => ({
    payload: new Uint8Array(info.size),
    duration: info.duration,
    compositionTimeOffset: info.compositionTimeOffset,
    isKeyFrame: info.flags === SYNC,
  }));
  const bytes = write({ trackId, sequenceNumber, baseDecodeTime, samples });
  const ours = readFragment(bytes);
  expect({ ...ours, dataOffset: 0 }).toEqual({ ...theirs, dataOffset: 0 });
  expect(listBoxes(bytes).slice(0, -1)).toEqual(listBoxes(theirBytes));
  expect(ours.dataOffset).toBeLessThan(theirs.dataOffset);
});
