/**
 * Goal: what comes by MPEG-TS is in the live core what it was: the coded bytes, their times to the tick,
 * the tracks with their configurations; and what is lost or broken on the way takes nothing else with it.
 *
 * Method: a stream by FFmpeg, beside what ffprobe says of it; streams of our own muxer, whose form has
 * tests of its own, cut anywhere, with packets lost and noise among them.
 */

import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { ByteWriter } from "../../../src/base/byte-writer.ts";
import { decodeAudioSpecificConfig } from "../../../src/codec/aac/audio-specific-config.ts";
import { PacketWriter } from "../../../src/codec/mpegts/packet-writer.ts";
import { encodeProgramAssociation, encodeProgramMap } from "../../../src/codec/mpegts/psi.ts";
import { StreamType } from "../../../src/codec/mpegts/stream-type.ts";
import { decodeOpusHead } from "../../../src/codec/opus/opus-head.ts";
import type { IncomingFrame } from "../../../src/live/frame.ts";
import type { Track } from "../../../src/live/track.ts";
import { TsToStream } from "../../../src/remux/mpegts/to-stream.ts";
import { TsMuxer } from "../../../src/remux/mpegts/ts-muxer.ts";
import { fromHex, joinBytes } from "../../support/hex.ts";
import { unlessMalformed } from "../../support/malformed.ts";
import { createRandom } from "../../support/seeded-random.ts";
import { readTsPackets } from "../../support/transport-stream.ts";
import { videoSample } from "../../support/video-samples.ts";
import {
  AAC,
  audioFrame,
  H264,
  HEVC,
  IDR,
  lengthPrefixed,
  MP3,
  OPUS,
  PPS,
  SLICE,
  SOUND,
  SPS,
  videoFrame,
} from "./tracks.ts";

const FILE = new Uint8Array(
  readFileSync(new URL("../../fixtures/mpegts/h264-aac.mpegts", import.meta.url)),
);
/** 417 bytes: 128 kbps at 44.1 kHz. */
const MP3_FRAME = joinBytes(fromHex("fffb9000"), new Uint8Array(413).fill(0x55));
/** CELT, 20 ms, one frame. */
const OPUS_PACKET = fromHex("f80102030405");

class Output {
  readonly tracks: Track[] = [];
  readonly frames: IncomingFrame[] = [];
  writeMetadata(): void {
    throw new Error("MPEG-TS has none");
  }
  writeTrack(track: Track): Track {
    this.tracks.push(track);
    return track;
  }
  writeFrame(frame: IncomingFrame): void {
    this.frames.push(frame);
  }
  of(kind: Track["kind"]): IncomingFrame[] {
    return this.frames.filter(({ track }) => track.kind === kind);
  }
}

function read(...pieces: readonly Uint8Array[]): Output & { readonly dropped: number } {
  const output = new Output();
  const input = new TsToStream(output);
  for (const piece of pieces) input.read(piece);
  input.flush();
  return Object.assign(output, { dropped: input.droppedCount });
}

function muxed(frames: readonly IncomingFrame[], muxer = new TsMuxer()): Uint8Array {
  const writer = new ByteWriter();
  for (const frame of frames) muxer.writeFrame(writer, frame);
  muxer.flushAudio(writer);
  return writer.view();
}

/** Pictures with B-frames and sounds between them; 40 and 20 ms. */
function both(fromMs: number, toMs: number, audio: Track = AAC, sound = SOUND): IncomingFrame[] {
  const frames: IncomingFrame[] = [];
  for (let ms = fromMs; ms < toMs; ms += 40) {
    const isKeyFrame = (ms - fromMs) % 400 === 0;
    const compositionTimeOffsetMs = ms % 80 === 0 ? 80 : 0;
    const nalUnits = isKeyFrame ? [IDR] : [SLICE];
    frames.push(videoFrame(ms, nalUnits, { isKeyFrame, compositionTimeOffsetMs }));
    frames.push(audioFrame(ms, sound, audio), audioFrame(ms + 20, sound, audio));
  }
  return frames;
}

const shown = ({ dtsMs, compositionTimeOffsetMs, isKeyFrame, payload }: IncomingFrame): string =>
  [
    Math.round(dtsMs * 90),
    Math.round(compositionTimeOffsetMs * 90),
    isKeyFrame,
    Buffer.from(payload).toString("hex"),
  ].join(" ");

describe("a stream by FFmpeg", () => {
  test("has the frames that ffprobe finds", () => {
    const output = read(FILE);
    expect(output.dropped).toBe(0);
    const times = output
      .of("video")
      .map(({ dtsMs, compositionTimeOffsetMs, isKeyFrame }) => [
        ...[dtsMs * 90, compositionTimeOffsetMs * 90].map(Math.round),
        isKeyFrame,
      ]);
    expect(times).toEqual([
      [126_000, 3_600, true],
      [129_600, 7_200, false],
      [133_200, 0, false],
      [136_800, 7_200, false],
      [140_400, 0, false],
    ]);
    const sounds = output.of("audio").map((frame) => [
      Math.round(frame.dtsMs * 90),
      frame.payload.length + 7, // The header of ADTS.
    ]);
    expect(sounds).toEqual(
      [123, 126, 60, 59, 58, 60, 60, 56, 63, 112, 12].map((size, index) => [
        127_680 + index * 1_920,
        size,
      ]),
    );
  });

  test("has the tracks that it has", () => {
    const [video, audio, ...others] = read(FILE).tracks;
    expect(others).toEqual([]);
    expect(video?.codec).toBe("h264");
    expect(decodeAudioSpecificConfig(audio?.decoderConfigurationRecord ?? FILE)).toMatchObject({
      ...{ objectType: 2, sampleRate: 48_000, channelCount: 1 },
    });
  });

  test("is the same cut at any byte", () => {
    const whole = read(FILE).frames.map(shown);
    for (let cut = 1; cut < FILE.length; cut += 1) {
      const cuts = read(FILE.slice(0, cut), FILE.slice(cut)).frames.map(shown);
      if (cuts.join() !== whole.join()) expect(cuts, `cut at ${cut}`).toEqual(whole);
    }
  });

  test("is the same byte by byte", () => {
    const bytes = Array.from(FILE, (byte) => Uint8Array.of(byte));
    expect(read(...bytes).frames.map(shown)).toEqual(read(FILE).frames.map(shown));
  });
});

describe("comes out of MPEG-TS as it went in", () => {
  test.each<[string, Track, Uint8Array, number]>([
    ["AAC", AAC, SOUND, 1],
    ["MP3", MP3, MP3_FRAME, 1],
    ["Opus", OPUS, OPUS_PACKET, 1],
  ])("H.264 with %s", (_, audio, sound) => {
    const frames = both(0, 800, audio, sound);
    const output = read(muxed(frames));
    const sorted = (all: readonly IncomingFrame[]): string[] => all.map(shown).sort();
    expect(sorted(output.of("video"))).toEqual(
      sorted(frames.filter(({ track }) => track.kind === "video")),
    );
    expect(sorted(output.of("audio"))).toEqual(
      sorted(frames.filter(({ track }) => track.kind === "audio")),
    );
    const [video] = output.tracks.filter(({ kind }) => kind === "video");
    expect(video?.decoderConfigurationRecord).toEqual(H264.decoderConfigurationRecord);
    expect(output.tracks).toHaveLength(2);
    expect(output.tracks.find(({ kind }) => kind === "audio")?.codec).toBe(audio.codec);
  });

  test("AAC in large PES packets, without video", () => {
    const frames = Array.from({ length: 60 }, (_, index) =>
      audioFrame((index * 1_024) / 44.1, SOUND),
    );
    const output = read(muxed(frames, new TsMuxer({ isAudioGathered: true })));
    expect(output.frames).toHaveLength(60);
    output.frames.forEach(({ dtsMs }, index) => {
      expect(Math.abs(dtsMs - (index * 1_024) / 44.1)).toBeLessThan(1 / 90);
    });
  });

  test("the channels of Opus", () => {
    const [track] = read(muxed([audioFrame(0, OPUS_PACKET, OPUS)])).tracks;
    expect(decodeOpusHead(track?.decoderConfigurationRecord ?? FILE).channelCount).toBe(1);
  });

  test("HEVC", () => {
    const record = fromHex(videoSample("hevc-1080p").record);
    const track = { ...HEVC, decoderConfigurationRecord: record };
    const frames = [
      videoFrame(0, [fromHex("2601aabb")], { track, isKeyFrame: true }),
      videoFrame(40, [fromHex("0201ccdd")], { track }),
    ];
    const output = read(muxed(frames));
    expect(output.frames.map(shown)).toEqual(frames.map(shown));
    expect(output.tracks[0]?.codec).toBe("hevc");
  });

  test("times over the wrap of 33 bits, in both directions", () => {
    const wrapMs = 2 ** 33 / 90;
    const frames = both(Math.floor(wrapMs / 400) * 400 - 400, wrapMs + 800);
    const output = read(muxed(frames));
    const [first] = output.of("video");
    const video = output.of("video").map(({ dtsMs }) => dtsMs - (first?.dtsMs ?? 0));
    expect(video.map(Math.round)).toEqual(video.map((_, index) => index * 40));
  });
});

describe("what is unusual", () => {
  test("parameter sets that change make another track", () => {
    const other = SPS.slice();
    other[3] = 0x1f; // A higher level.
    const output = read(
      muxed([
        videoFrame(0, [SPS, PPS, IDR], { isKeyFrame: true }),
        videoFrame(40, [SPS, PPS, IDR], { isKeyFrame: true }),
        videoFrame(80, [other, PPS, IDR], { isKeyFrame: true }),
      ]),
    );
    expect(output.tracks).toHaveLength(2);
    expect(output.frames.map(({ track }) => output.tracks.indexOf(track))).toEqual([0, 0, 1]);
    expect(output.frames[0]?.payload).toEqual(lengthPrefixed(IDR));
  });

  test("pictures before the first parameter sets are left out", () => {
    const bytes = muxed(both(0, 800));
    const tables = bytes.slice(0, 188 * 2);
    const frames = read(tables, bytes.slice(188 * 6)).of("video");
    expect(frames[0]?.isKeyFrame).toBe(true);
  });

  test("a segment's end is a picture's end, and the next one counts anew", () => {
    const output = new Output();
    const input = new TsToStream(output);
    for (const fromMs of [0, 400, 800]) {
      input.read(muxed(both(fromMs, fromMs + 400)));
      input.flush();
    }
    expect(output.of("video").map(({ dtsMs }) => Math.round(dtsMs))).toEqual(
      Array.from({ length: 30 }, (_, index) => index * 40),
    );
    expect(input.droppedCount).toBe(0);
  });

  test("of a packet that is lost goes what was in it", () => {
    const frames = both(0, 2_000);
    const bytes = muxed(frames);
    const whole = new Set(read(bytes).frames.map(shown));
    for (const [lost, { pid }] of readTsPackets(bytes).entries()) {
      if (pid !== 0x100 && pid !== 0x101) continue; // The tables are there once only.
      const rest = joinBytes(bytes.slice(0, lost * 188), bytes.slice((lost + 1) * 188));
      const output = read(rest);
      // The picture of the packet before is taken for cut, as its end may have been in it; and without
      // the first one there is nothing to begin with before the next key frame.
      const lostMax = lost < 4 ? 10 : 2;
      expect(output.frames.length, `packet ${lost}`).toBeGreaterThanOrEqual(whole.size - lostMax);
      for (const frame of output.frames) expect(whole).toContain(shown(frame));
    }
  });

  test("wrong bits and noise are malformed at worst", () => {
    const bytes = muxed(both(0, 2_000));
    const random = createRandom(7);
    for (let round = 0; round < 200; round++) {
      const wrong = bytes.slice();
      for (let i = 0; i < 30; i++) wrong[random(wrong.length)] = random(256);
      unlessMalformed(() => read(wrong));
    }
  });

  test("streams of other kinds, and second ones, are passed over", () => {
    const frames = both(0, 400);
    const bytes = muxed(frames);
    const media = readTsPackets(bytes).flatMap(({ pid }, index) =>
      pid === 0x100 || pid === 0x101 ? [bytes.slice(index * 188, (index + 1) * 188)] : [],
    );
    const map = encodeProgramMap({
      ...{ programNumber: 1, version: 0, pcrPid: 0x100 },
      streams: [
        [StreamType.Mpeg2Video, 0x90],
        [StreamType.PrivateData, 0x91],
        [StreamType.H264, 0x100],
        [StreamType.AacAdts, 0x101],
        [StreamType.AacAdts, 0x102],
      ].map(([streamType, pid]) => ({
        ...{ streamType: streamType as StreamType, pid: pid ?? 0, descriptors: new Uint8Array() },
      })),
    });
    const association = { transportStreamId: 1, version: 0 };
    const programs = [{ programNumber: 9, mapPid: 0x50 }];
    const writer = new ByteWriter();
    new PacketWriter(0).writeSection(
      writer,
      encodeProgramAssociation({ ...association, programs }),
    );
    new PacketWriter(0x50).writeSection(writer, map);
    const output = read(writer.view(), ...media);
    expect(output.frames).toHaveLength(frames.length);
    expect(output.tracks).toHaveLength(2);
  });
});
