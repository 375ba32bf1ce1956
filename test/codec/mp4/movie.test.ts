/**
 * Goal: initialization segments hold the boxes of ISO/IEC 14496-12 byte for byte.
 *
 * Method: boxes that FFmpeg 5.1 wrote (`-movflags +frag_keyframe+empty_moov+default_base_moof
 * -write_btrt 0 -fflags +bitexact`) for the same tracks. Where a writer has a choice and we choose
 * otherwise, the test says so and why.
 */

import { expect, test } from "vitest";
import { ByteWriter } from "../../../src/base/byte-writer.ts";
import { Brand, writeFileType, writeSegmentType } from "../../../src/codec/mp4/file-type.ts";
import { type MovieTrack, writeMovie } from "../../../src/codec/mp4/movie.ts";
import type { SampleEntry } from "../../../src/codec/mp4/sample-entry.ts";
import { fromHex } from "../../support/hex.ts";
import { boxHex, listBoxes } from "../../support/mp4-fragments.ts";

const AVC_RECORD =
  "014d401fffe1001a674d401fa6110280bfe5c044000003000400000300c83c60c84601000568e84332c8";

const VIDEO: MovieTrack = {
  trackId: 1,
  timescale: 16_000,
  sampleEntry: {
    kind: "video",
    format: "avc1",
    width: 640,
    height: 360,
    pixelAspectRatio: { width: 1, height: 1 },
    decoderConfigurationRecord: fromHex(AVC_RECORD),
  },
};

const OPUS: MovieTrack = {
  trackId: 1,
  timescale: 48_000,
  sampleEntry: {
    kind: "audio",
    format: "Opus",
    channelCount: 1,
    sampleRate: 48_000,
    opusSpecificBox: fromHex("00010138 0000bb80 000000"),
  },
};

function movieOf(track: MovieTrack): Uint8Array {
  const writer = new ByteWriter();
  writeMovie(writer, track.timescale, [track]);
  return writer.take();
}

const compact = (hex: string): string => hex.replaceAll(/\s/g, "");

test("the media of a video track are FFmpeg's", () => {
  expect(boxHex(movieOf(VIDEO), "moov", "trak", "mdia")).toBe(
    compact(`
      000001896d646961000000206d64686400000000000000000000000000003e800000000055c400000000002d6864
      6c72000000000000000076696465000000000000000000000000566964656f48616e646c657200000001346d696e
      6600000014766d68640000000100000000000000000000002464696e660000001c64726566000000000000000100
      00000c75726c2000000001000000f47374626c000000a87374736400000000000000010000009861766331000000
      00000000010000000000000000000000000000000002800168004800000048000000000000000100000000000000
      000000000000000000000000000000000000000000000000000018ffff0000003261766343014d401fffe1001a67
      4d401fa6110280bfe5c044000003000400000300c83c60c84601000568e84332c800000010706173700000000100
      0000010000001073747473000000000000000000000010737473630000000000000000000000147374737a000000
      000000000000000000000000107374636f0000000000000000`),
  );
});

test("the media of an Opus track are FFmpeg's", () => {
  expect(boxHex(movieOf(OPUS), "moov", "trak", "mdia")).toBe(
    compact(`
      000001246d646961000000206d6468640000000000000000000000000000bb800000000055c400000000002d6864
      6c720000000000000000736f756e000000000000000000000000536f756e6448616e646c657200000000cf6d696e
      6600000010736d686400000000000000000000002464696e660000001c6472656600000000000000010000000c75
      726c2000000001000000937374626c00000047737473640000000000000001000000374f70757300000000000000
      0100000000000000000001001000000000bb80000000000013644f7073000101380000bb80000000000000107374
      7473000000000000000000000010737473630000000000000000000000147374737a000000000000000000000000
      000000107374636f0000000000000000`),
  );
});

test("the headers are FFmpeg's, but for the movie's timescale, the track's flags and group", () => {
  const movie = movieOf(VIDEO);
  expect(boxHex(movie, "moov", "mvhd")).toBe(
    compact(`
      0000006c6d766864000000000000000000000000 00003e80 00000000000100000100000000000000000000000001
      00000000000000000000000000000001000000000000000000000000000040000000000000000000000000000000
      00000000000000000000000000000002`),
  );
  // 7, for FFmpeg's 3: in previews too, as CMAF wants it of a track that is shown.
  expect(boxHex(movie, "moov", "trak", "tkhd")).toBe(
    compact(`
      0000005c746b6864 00000007 00000000000000000000000100000000000000000000000000000000000000000000
      00000001000000000000000000000000000000010000000000000000000000000000400000000280000001680000`),
  );
  // alternate_group 0, for FFmpeg's 1: there is no other track to choose from.
  expect(boxHex(movieOf(OPUS), "moov", "trak", "tkhd")).toBe(
    compact(`
      0000005c746b6864 00000007 00000000000000000000000100000000000000000000000000000000000000000100
      00000001000000000000000000000000000000010000000000000000000000000000400000000000000000000000`),
  );
  expect(boxHex(movie, "moov", "mvex")).toBe(
    "000000286d7665780000002074726578000000000000000100000001000000000000000000000000",
  );
});

test("the boxes stand in the usual order", () => {
  const media = ["mdhd", "hdlr", "minf", "minf/vmhd", "minf/dinf", "minf/dinf/dref", "minf/stbl"];
  const tables = ["stsd", "stts", "stsc", "stsz", "stco"].map((type) => `minf/stbl/${type}`);
  expect(listBoxes(movieOf(VIDEO))).toEqual([
    ...["moov", "moov/mvhd", "moov/trak", "moov/trak/tkhd", "moov/trak/mdia"],
    ...[...media, ...tables].map((path) => `moov/trak/mdia/${path}`),
    ...["moov/mvex", "moov/mvex/trex"],
  ]);
});

test("wide pixels make the picture as wide as it is shown", () => {
  const entry = { ...VIDEO.sampleEntry, pixelAspectRatio: { width: 16, height: 15 } };
  const movie = movieOf({ ...VIDEO, sampleEntry: entry as SampleEntry });
  const header = boxHex(movie, "moov", "trak", "tkhd");
  expect(header.slice(-16)).toBe(compact("02aaaaab 01680000")); // 682 2/3 by 360.
  expect(boxHex(movie, "moov", "trak", "mdia")).toContain(
    "70617370 00000010 0000000f".replaceAll(" ", ""),
  );
});

const MP4A = { kind: "audio", format: "mp4a", channelCount: 2, sampleRate: 48_000 } as const;

test.each<[string, SampleEntry, string]>([
  [
    // FFmpeg has ES_ID 1 and a bit rate; files have ES_ID 0 (ISO/IEC 14496-14, 3.1.2).
    "AAC",
    { ...MP4A, objectTypeIndication: 0x40, specificInfo: fromHex("118856e500") },
    `0000006a7374736400000000000000010000005a6d70346100000000000000010000000000000000000200100000
     0000bb8000000000003665736473000000000380808025 0000 000480808017 4015 000000 00000000 00000000
     0580808005118856e500068080800102`,
  ],
  [
    // Likewise.
    "MP3",
    { ...MP4A, sampleRate: 44_100, objectTypeIndication: 0x6b, specificInfo: undefined },
    `00000060737473640000000000000001000000506d70346100000000000000010000000000000000000200100000
     0000ac4400000000002c657364730000000003808080 1b 0000 00048080800d 6b15 000000 00000000 00000000
     068080800102`,
  ],
  [
    // 96 kHz is more than the field holds.
    "AAC at 96 kHz",
    { ...MP4A, sampleRate: 96_000, objectTypeIndication: 0x40, specificInfo: fromHex("1010") },
    `00000067737473640000000000000001000000576d70346100000000000000010000000000000000000200100000
     00000000000000000033657364730000000003808080220000 000480808014 4015 000000 00000000 00000000
     05808080021010068080800102`,
  ],
])("the sample entry of %s", (_, sampleEntry, hex) => {
  const movie = movieOf({ trackId: 1, timescale: 48_000, sampleEntry });
  expect(boxHex(movie, "moov", "trak", "mdia", "minf", "stbl", "stsd")).toBe(compact(hex));
});

test.each<[string, "hvc1" | "av01" | "vp08" | "vp09", string, string]>([
  ["HEVC", "hvc1", "0101600000", "0000000d 68766343 0101600000"],
  ["AV1", "av01", "81000c00", "0000000c 61763143 81000c00"],
  // FFmpeg's: version 1, then profile, level, depth, colours.
  ["VP8", "vp08", "001e820202020000", "00000014 76706343 01000000 001e820202020000"],
  ["VP9", "vp09", "000a820202020000", "00000014 76706343 01000000 000a820202020000"],
])("the configuration box of %s", (_, format, record, box) => {
  const movie = movieOf({
    trackId: 1,
    timescale: 90_000,
    sampleEntry: {
      kind: "video",
      format,
      width: 64,
      height: 48,
      pixelAspectRatio: undefined,
      decoderConfigurationRecord: fromHex(record),
    },
  });
  // FFmpeg's entry, but for the name of the encoder.
  const entry = `
    ${format.replaceAll(/./g, (letter) => letter.charCodeAt(0).toString(16))} 000000000000 0001
    00000000000000000000000000000000 0040 0030 00480000 00480000 00000000 0001
    ${"00".repeat(32)} 0018 ffff`;
  const entryHex = boxHex(movie, "moov", "trak", "mdia", "minf", "stbl", "stsd").slice(2 * 20);
  expect(entryHex).toBe(compact(entry) + compact(box));
});

test("ftyp and styp list the major brand among the compatible ones", () => {
  const writer = new ByteWriter();
  writeFileType(writer, Brand.Iso6, [Brand.CmafTrack]);
  writeSegmentType(writer, Brand.DashSegment, []);
  expect(writer.view()).toEqual(
    fromHex(
      "00000018 66747970 69736f36 00000000 69736f36 636d6663" +
        "00000014 73747970 6d736468 00000000 6d736468",
    ),
  );
});
