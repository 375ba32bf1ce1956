/**
 * Goal: what frames become is a transport stream by the letter: times to the tick, counters without a
 * gap, a clock that is there in time, and a decoder can start at every key frame; whatever the frames
 * hold.
 *
 * Method: the first packets of a stream that was recorded from SRS 7; streams of frames made by hand,
 * read by a strict reader that shares nothing with the muxer; a real file; seeded noise.
 */

import { describe, expect, test } from "vitest";
import { ByteWriter } from "../../../src/base/byte-writer.ts";
import { AdaptationFlag } from "../../../src/codec/mpegts/packet.ts";
import { splitAnnexB } from "../../../src/codec/nal/annex-b.ts";
import { splitLengthPrefixed } from "../../../src/codec/nal/length-prefixed.ts";
import type { Frame } from "../../../src/live/frame.ts";
import type { Track } from "../../../src/live/track.ts";
import { canCarryInTs } from "../../../src/remux/mpegts/create-elementary-stream.ts";
import { TsMuxer } from "../../../src/remux/mpegts/ts-muxer.ts";
import { readFlvFrames } from "../../support/flv-frames.ts";
import { fromHex, joinBytes } from "../../support/hex.ts";
import { noise } from "../../support/noise.ts";
import { readTransportStream, type TransportStream } from "../../support/transport-stream.ts";
import {
  AAC,
  AAC_PID,
  AC3,
  AV1,
  audioFrame,
  EAC3,
  G711,
  H264,
  HEVC,
  HEVC_SETS,
  IDR,
  lengthPrefixed,
  MP3,
  MP3_PID,
  mux,
  OPUS,
  PPS,
  SLICE,
  SOUND,
  SPS,
  VIDEO_PID,
  videoFrame,
} from "./tracks.ts";

const H264_DELIMITER = fromHex("09f0");

const hex = (bytes: Uint8Array): string =>
  Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");

/** The NAL units of the PES packets of the video. */
function nalUnits({ pesPackets }: TransportStream): string[][] {
  return pesPackets
    .filter(({ pid }) => pid === VIDEO_PID)
    .map(({ payload }) => splitAnnexB(payload).map(hex));
}

describe("beside SRS", () => {
  test("tables are the same, and the first picture but for what the clock says", () => {
    const start = "658884 04df2d61a91c76ffc6db738497760e29bf854fb96f949927efc9abe7cc";
    // The PES packet that was recorded has 0x09f0 bytes behind its length.
    const idr = joinBytes(fromHex(start), new Uint8Array(2_490 - fromHex(start).length).fill(0x11));
    const writer = new ByteWriter();
    new TsMuxer().writeFrame(writer, videoFrame(10, [SPS, PPS, idr], { isKeyFrame: true }));
    const expected = fromHex(
      "4741003007 10 000001c27e00" +
        "000001e009f080800521000107090000000109f000000001674d401eda0300a6c044000003000400000300" +
        "c83c58ba800000000168ef3c8000000001658884 04df2d61a91c76ffc6db738497760e29bf854fb96f949927" +
        "efc9abe7cc",
    );
    expected[5] = 0x50; // A point of entry, which SRS does not say.
    expected.set(fromHex("000000007e00"), 6); // 100 ms before the DTS, but not below 0.
    const bytes = writer.view();
    expect(hex(bytes.subarray(0, 21))).toBe("474000100000b00d0001c100000001f0012e701905");
    expect(hex(bytes.subarray(188, 214))).toBe(
      "475001100002b0120001c10000e100f0001be100f00015bd4d56",
    );
    expect(hex(bytes.subarray(376, 376 + expected.length))).toBe(hex(expected));
  });
});

describe("times", () => {
  const WRAP_MS = 2 ** 33 / 90;

  test.each<[dtsMs: number, offsetMs: number, dts: number, pts: number]>([
    [0, 0, 0, 0],
    [1_000, 80, 90_000, 97_200],
    [1_000, -40, 90_000, 86_400],
    [1_000.0056, 0, 90_001, 90_001],
    [33.333, 33.333, 3_000, 6_000],
    [0, -40, 0, 2 ** 33 - 3_600],
    [Math.floor(WRAP_MS), 80, 2 ** 33 - 62, 7_138],
    [Math.ceil(WRAP_MS), -40, 28, 2 ** 33 - 3_572],
    [5 * 86_400_000, 0, (5 * 86_400_000 * 90) % 2 ** 33, (5 * 86_400_000 * 90) % 2 ** 33],
    [-1_000, 0, 2 ** 33 - 90_000, 2 ** 33 - 90_000],
  ])("%d ms with an offset of %d ms: DTS %i, PTS %i", (dtsMs, offset, dts, pts) => {
    const frame = videoFrame(dtsMs, [SLICE], { compositionTimeOffsetMs: offset });
    expect(mux([frame]).pesPackets).toMatchObject([{ dts, pts }]);
  });

  test("a caller may know the DTS better than the frame", () => {
    const writer = new ByteWriter();
    new TsMuxer().writeFrame(writer, audioFrame(1_000, SOUND), 1_001.5);
    expect(readTransportStream(writer.view()).pesPackets).toMatchObject([{ dts: 90_135 }]);
  });
});

describe("access units", () => {
  test("begin with a delimiter, key frames go on with the parameter sets", () => {
    const stream = mux([
      videoFrame(0, [IDR, IDR], { isKeyFrame: true }),
      videoFrame(40, [fromHex("0605ff"), SLICE]),
    ]);
    expect(nalUnits(stream)).toEqual([
      [H264_DELIMITER, SPS, PPS, IDR, IDR].map(hex),
      [H264_DELIMITER, fromHex("0605ff"), SLICE].map(hex),
    ]);
    expect(stream.pesPackets.map(({ flags }) => flags & AdaptationFlag.RandomAccess)).toEqual([
      AdaptationFlag.RandomAccess,
      0,
    ]);
  });

  test.each([
    ["its own delimiter", [fromHex("0910"), SLICE], [fromHex("0910"), SLICE]],
    [
      "its own delimiter and parameter sets",
      [fromHex("0910"), SPS, PPS, IDR],
      [fromHex("0910"), SPS, PPS, IDR],
    ],
    [
      "its own delimiter alone, at a key frame",
      [fromHex("0910"), IDR],
      [fromHex("0910"), SPS, PPS, IDR],
    ],
    [
      "one of its own parameter sets",
      [fromHex("68aa"), IDR],
      [H264_DELIMITER, SPS, PPS, fromHex("68aa"), IDR],
    ],
    ["parameter sets without a key frame", [SPS, SLICE], [H264_DELIMITER, SPS, SLICE]],
  ])("with %s", (_, sent, expected) => {
    expect(nalUnits(mux([videoFrame(0, sent)]))).toEqual([expected.map(hex)]);
  });

  test("an IDR picture gets parameter sets though nobody calls it a key frame, and vice versa", () => {
    const isKeyFrame = true;
    expect(nalUnits(mux([videoFrame(0, [IDR])]))[0]).toContain(hex(SPS));
    expect(nalUnits(mux([videoFrame(0, [SLICE], { isKeyFrame })]))[0]).toContain(hex(SPS));
  });

  test("HEVC: at IRAP pictures of all kinds, and at no others", () => {
    const [delimiter, rest] = [fromHex("460150"), fromHex("01aa")];
    for (let type = 0; type < 32; type++) {
      const slice = joinBytes(Uint8Array.of(type << 1), rest);
      const stream = mux([videoFrame(0, [slice], { track: HEVC })]);
      const sets = type >= 16 && type <= 23 ? HEVC_SETS : [];
      expect(nalUnits(stream), `type ${type}`).toEqual([[delimiter, ...sets, slice].map(hex)]);
    }
    const own = [...HEVC_SETS, fromHex("2601aa")];
    const frame = videoFrame(0, [delimiter, ...own], { track: HEVC, isKeyFrame: true });
    expect(nalUnits(mux([frame]))).toEqual([[delimiter, ...own].map(hex)]);
  });

  test("NAL unit sizes may have one or two bytes", () => {
    for (const [lengthSize, payload] of [
      [1, "03658884"],
      [2, "0003658884"],
    ] as const) {
      const record = H264.decoderConfigurationRecord?.slice() ?? new Uint8Array();
      record[4] = 0xfc | (lengthSize - 1);
      const track: Track = { ...H264, decoderConfigurationRecord: record };
      const stream = mux([videoFrame(0, [], { track, payload: fromHex(payload) })]);
      expect(nalUnits(stream)[0]?.at(-1)).toBe(hex(IDR));
    }
  });

  test("a large one has a PES packet without a length", () => {
    const large = joinBytes(IDR, new Uint8Array(100_000).fill(0x55));
    const stream = mux([videoFrame(0, [large])]);
    expect(stream.pesPackets[0]?.length).toBe(0);
    expect(nalUnits(stream)[0]?.at(-1)).toBe(hex(large));
  });
});

describe("sound", () => {
  // ADTS: MPEG-4, no CRC, LC, 44.1 kHz, stereo, 11 bytes, variable rate.
  test.each([
    { track: AAC, streamType: 0x0f, descriptors: "", payload: "fff15080017ffc 2110aabb" },
    { track: MP3, streamType: 0x04, descriptors: "", payload: "2110aabb" },
    { track: AC3, streamType: 0x81, descriptors: "050441432d33", payload: "2110aabb" },
    { track: EAC3, streamType: 0x87, descriptors: "050445414333", payload: "2110aabb" },
    {
      track: OPUS,
      streamType: 0x06,
      descriptors: "05044f7075737f028001",
      payload: "7fe004 2110aabb",
    },
  ])("$track.codec", ({ track, streamType, descriptors, payload }) => {
    const pid = track === MP3 ? MP3_PID : AAC_PID;
    const streamId = track === AAC || track === MP3 ? 0xc0 : 0xbd;
    const stream = mux([audioFrame(20, SOUND, track)]);
    expect(stream.maps).toEqual([
      {
        version: 0,
        pcrPid: pid,
        streams: [{ streamType, pid, descriptors: fromHex(descriptors) }],
      },
    ]);
    expect(stream.pesPackets).toMatchObject([
      { pid, streamId, pts: 1_800, payload: fromHex(payload), length: fromHex(payload).length + 8 },
    ]);
  });

  test("beside video has a PES packet for each frame, and the video has the clock", () => {
    const muxer = new TsMuxer({ isAudioGathered: true });
    muxer.setTracks({ video: H264, audio: AAC });
    const stream = mux([videoFrame(0, [IDR]), audioFrame(0, SOUND), audioFrame(23, SOUND)], muxer);
    expect(stream.maps[0]).toMatchObject({ pcrPid: VIDEO_PID, streams: [{}, {}] });
    expect(stream.pesPackets.map(({ pid }) => pid)).toEqual([VIDEO_PID, AAC_PID, AAC_PID]);
    expect(stream.packets.filter(({ pcr }) => pcr !== undefined).map(({ pid }) => pid)).toEqual([
      VIDEO_PID,
    ]);
  });

  describe("gathered", () => {
    const frames = Array.from({ length: 100 }, (_, i) => audioFrame(i * 20, Uint8Array.of(i)));
    const gathering = (): TsMuxer => new TsMuxer({ isAudioGathered: true });

    test("is in PES packets of 720 ms, each with a clock reference; the last as it is", () => {
      const { pesPackets } = mux(frames, gathering());
      expect(pesPackets.map(({ pts }) => pts / 90)).toEqual([0, 720, 1_440]);
      expect(pesPackets.every(({ pcr }) => pcr !== undefined)).toBe(true);
      const sizes = pesPackets.map(({ payload }) => payload.length / 8);
      expect(sizes).toEqual([36, 36, 28]);
      expect(pesPackets[1]?.payload.subarray(7, 8)).toEqual(Uint8Array.of(36));
    });

    test("can be flushed, and then goes on with the next frame", () => {
      const muxer = gathering();
      const writers = [new ByteWriter(), new ByteWriter()] as const;
      for (const frame of frames.slice(0, 10)) muxer.writeFrame(writers[0], frame);
      muxer.flushAudio(writers[0]);
      muxer.flushAudio(writers[0]);
      for (const frame of frames.slice(10, 20)) muxer.writeFrame(writers[1], frame);
      muxer.flushAudio(writers[1]);
      const { pesPackets } = readTransportStream(joinBytes(writers[0].view(), writers[1].view()));
      expect(pesPackets.map(({ pts }) => pts / 90)).toEqual([0, 200]);
    });

    test("is written before frames of another track, and when video comes", () => {
      const more = [audioFrame(60, SOUND, MP3), audioFrame(90, SOUND, MP3), videoFrame(100, [IDR])];
      const stream = mux(
        [...frames.slice(0, 3), ...more, audioFrame(110, SOUND, MP3)],
        gathering(),
      );
      expect(stream.pesPackets.map(({ pid, pts }) => [pid, pts / 90])).toEqual([
        [AAC_PID, 0],
        [MP3_PID, 60],
        [VIDEO_PID, 100],
        [MP3_PID, 110],
      ]);
      expect(stream.maps.map(({ version }) => version)).toEqual([0, 1, 2]);
    });

    test("is cut where a PES packet cannot hold more, and frames too large for any are dropped", () => {
      const muxer = gathering();
      const large = [0, 20, 40].map((ms) => audioFrame(ms, new Uint8Array(25_000), MP3));
      const { pesPackets } = mux([...large, audioFrame(60, new Uint8Array(60_001), MP3)], muxer);
      expect(pesPackets.map(({ payload }) => payload.length)).toEqual([50_000, 25_000]);
      expect(muxer.droppedFrames).toBe(1);
    });

    test("starts anew after a jump of the times, either way", () => {
      const times = [5_000, 5_020, 0, 20, 90_000];
      const { pesPackets } = mux(
        times.map((ms) => audioFrame(ms, SOUND)),
        gathering(),
      );
      expect(pesPackets.map(({ pts }) => pts / 90)).toEqual([5_000, 0, 90_000]);
    });
  });
});

describe("what cannot be written", () => {
  const broken: Track = { ...H264, decoderConfigurationRecord: fromHex("014d401effe100") };
  const bare: Track = { ...H264, decoderConfigurationRecord: undefined };
  const bareAac: Track = { ...AAC, decoderConfigurationRecord: undefined };
  /** With a layout of its own, in a program config element, which ADTS headers have no number for. */
  const oddAac: Track = { ...AAC, decoderConfigurationRecord: fromHex("1200 0488 0000") };

  test.each<[string, Track, boolean]>([
    ["H.264", H264, true],
    ["HEVC", HEVC, true],
    ["AAC", AAC, true],
    ["MP3", MP3, true],
    ["AC-3", AC3, true],
    ["E-AC-3", EAC3, true],
    ["Opus", OPUS, true],
    ["Opus without OpusHead", { ...OPUS, decoderConfigurationRecord: undefined }, true],
    ["AV1", AV1, false],
    ["G.711", G711, false],
    ["H.264 with a broken record", broken, false],
    ["H.264 without one", bare, false],
    ["AAC without one", bareAac, false],
    ["AAC that ADTS does not know", oddAac, false],
  ])("%s can be carried: %s", (_, track, expected) => {
    expect(canCarryInTs(track)).toBe(expected);
  });

  test.each([broken, bare, AV1])("a track is left out and its frames are counted", (track) => {
    const muxer = new TsMuxer();
    const stream = mux([videoFrame(0, [IDR], { track }), audioFrame(0, SOUND)], muxer);
    expect(stream.maps.at(-1)).toMatchObject({ pcrPid: AAC_PID, streams: [{ pid: AAC_PID }] });
    expect(stream.pesPackets.map(({ pid }) => pid)).toEqual([AAC_PID]);
    expect(muxer.droppedFrames).toBe(1);
  });

  test.each([
    ["a NAL unit beyond the end", fromHex("00000003 658884 00000009 41")],
    ["no NAL unit", new Uint8Array(0)],
    ["empty NAL units", new Uint8Array(8)],
  ])("a picture with %s leaves no trace but a count", (_, payload) => {
    const muxer = new TsMuxer();
    const bad = videoFrame(40, [], { payload, isKeyFrame: true });
    const stream = mux([videoFrame(0, [IDR]), bad, videoFrame(80, [SLICE])], muxer);
    expect(stream.pesPackets.map(({ dts }) => dts)).toEqual([0, 7_200]);
    expect(muxer.droppedFrames).toBe(1);
  });

  test("parameter sets, which each point of entry repeats, are at most 64 KiB in all", () => {
    const withPps = (size: number): Track => {
      const pps = new Uint8Array(size).fill(0x68);
      const head = fromHex(`014d401effe1000e ${hex(SPS)} 01`);
      head.set([SPS.length >> 8, SPS.length & 0xff], 6);
      const record = joinBytes(head, Uint8Array.of(size >> 8, size & 0xff), pps);
      return { ...H264, decoderConfigurationRecord: record };
    };
    expect(canCarryInTs(withPps(65_536 - SPS.length))).toBe(true);
    expect(canCarryInTs(withPps(65_535))).toBe(false);
  });

  test("sound too large for its header leaves none either, gathered or not", () => {
    for (const isAudioGathered of [false, true]) {
      const muxer = new TsMuxer({ isAudioGathered });
      const frames = [audioFrame(0, SOUND), audioFrame(23, new Uint8Array(8_185))];
      const { pesPackets } = mux([...frames, audioFrame(800, SOUND)], muxer);
      expect(pesPackets.map(({ payload }) => payload.length)).toEqual([11, 11]);
      expect(muxer.droppedFrames).toBe(1);
    }
  });

  test("noise in payloads and records throws nothing, and what comes out is well-formed", () => {
    const muxer = new TsMuxer({ isAudioGathered: true });
    const frames: Frame[] = [];
    let dtsMs = 0;
    for (const bytes of noise(3_000, 60)) {
      dtsMs += 10;
      const isRecord = (bytes[0] ?? 0) % 16 === 0;
      const payload = bytes.length % 2 === 0 ? bytes : lengthPrefixed(bytes);
      const base = [H264, HEVC, AAC, OPUS][bytes.length % 4] ?? H264;
      const track = isRecord ? { ...base, decoderConfigurationRecord: bytes } : base;
      frames.push({ ...audioFrame(dtsMs, payload, track), isKeyFrame: bytes.length % 3 === 0 });
    }
    const stream = mux(frames, muxer);
    expect(stream.pesPackets.length).toBeGreaterThan(100);
    expect(muxer.droppedFrames).toBeGreaterThan(100);
  });
});

test("a real file: each access unit comes out, under its time, over many writers", () => {
  const frames = readFlvFrames(new URL("../../../web/test-stream.flv", import.meta.url));
  const muxer = new TsMuxer();
  const pieces = frames.map((frame) => {
    const writer = new ByteWriter(64);
    muxer.writeFrame(writer, frame);
    return writer.view();
  });
  const { pesPackets } = readTransportStream(joinBytes(...pieces));
  expect(muxer.droppedFrames).toBe(0);
  expect(pesPackets.map(({ pid, dts }) => [pid, dts])).toEqual(
    frames.map(({ track, dtsMs }) => [track.kind === "video" ? VIDEO_PID : AAC_PID, dtsMs * 90]),
  );
  for (const [index, { payload, track, isKeyFrame }] of frames.entries()) {
    const written = pesPackets[index]?.payload ?? new Uint8Array();
    if (track.kind === "audio") {
      expect(written.subarray(7)).toEqual(payload);
      continue;
    }
    const own = splitLengthPrefixed(payload, 4).map(hex);
    const all = splitAnnexB(written).map(hex);
    expect(all.slice(isKeyFrame ? 3 : 1)).toEqual(own);
    expect(all[0]).toBe("09f0");
  }
});
