/**
 * Goal: what Sluice writes as CMAF is MP4 to others: the same packets at the same times, and they
 * decode.
 *
 * Method: files that FFmpeg encoded, as frames through createCmafTrack and writeCmafChunk into a file
 * for each track; ffprobe reads it beside the source, ffmpeg decodes it.
 */

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ByteWriter } from "../../src/base/byte-writer.ts";
import type { AudioCodec, VideoCodec } from "../../src/codec/flv/codec-id.ts";
import type { Frame } from "../../src/live/frame.ts";
import type { Track, TrackKind } from "../../src/live/track.ts";
import { AudioSampleClock } from "../../src/remux/audio-sample-clock.ts";
import {
  type CmafSample,
  writeCmafChunk,
  writeCmafSegmentType,
} from "../../src/remux/cmaf/chunk.ts";
import { type CmafTrack, createCmafTrack } from "../../src/remux/cmaf/cmaf-track.ts";
import { readFlvFrames } from "../support/flv-frames.ts";
import { fromHex, joinBytes } from "../support/hex.ts";
import { type MediaName, media } from "../support/media.ts";
import { readMp4 } from "../support/mp4-samples.ts";
import { runProgram } from "../support/program.ts";
import { ROOT } from "../support/server.ts";

/** Chunks of so many frames, so that key frames stand anywhere in them. */
const CHUNK_FRAMES = 7;
const CHUNKS_PER_SEGMENT = 4;
/** More ticks than 32 bits hold. */
const START_MS = 100 * 3600 * 1000;
const TEMPORAL_DELIMITER = fromHex("1200");

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "sluice-cmaf-"));
});

afterAll(() => rmSync(folder, { recursive: true }));

/** Where each frame starts, in ticks, and behind the last where it ends. */
function placeFrames(track: CmafTrack, frames: readonly Frame[]): number[] {
  const clock = new AudioSampleClock(track.timescale);
  const starts = frames.map(({ dtsMs, payload }) =>
    track.kind === "audio"
      ? clock.next(START_MS + dtsMs, track.samplesPerFrame(payload))
      : Math.round(((START_MS + dtsMs) * track.timescale) / 1000),
  );
  const [last = 0, beforeLast = 0] = starts.toReversed();
  return [...starts, last + (last - beforeLast)];
}

function writeFile(name: string, frames: readonly Frame[]): { path: string; track: CmafTrack } {
  const [first] = frames;
  const track = first && createCmafTrack(first.track, first);
  if (track === undefined) throw new Error(`Cannot package ${name}`);
  const starts = placeFrames(track, frames);
  const samples = frames.map(
    (frame, index): CmafSample => ({
      payload: frame.payload,
      duration: (starts[index + 1] ?? 0) - (starts[index] ?? 0),
      compositionTimeOffset: Math.round((frame.compositionTimeOffsetMs * track.timescale) / 1000),
      isKeyFrame: frame.isKeyFrame,
    }),
  );
  const writer = new ByteWriter();
  writer.writeBytes(track.initializationSegment);
  for (let index = 0; index < samples.length; index += CHUNK_FRAMES) {
    const count = index / CHUNK_FRAMES;
    if (count % CHUNKS_PER_SEGMENT === 0) writeCmafSegmentType(writer);
    writeCmafChunk(writer, track, {
      sequenceNumber: count + 1,
      baseDecodeTime: starts[index] ?? 0,
      samples: samples.slice(index, index + CHUNK_FRAMES),
    });
  }
  const path = join(folder, `${name.replaceAll("/", "-")}.mp4`);
  writeFileSync(path, writer.take());
  return { path, track };
}

interface ProbedPacket {
  readonly pts: number;
  readonly dts: number;
  readonly pts_time: string;
  readonly dts_time: string;
  readonly size: string;
  readonly data_hash: string;
  readonly flags: string;
}

interface Probed {
  readonly stream: Record<string, string | number>;
  readonly packets: readonly ProbedPacket[];
}

async function probe(path: string, kind: TrackKind): Promise<Probed> {
  const { code, stdout, stderr } = await runProgram("ffprobe", [
    ...["-v", "error", "-select_streams", kind === "video" ? "v:0" : "a:0", "-show_streams"],
    ...["-show_packets", "-show_data_hash", "md5", "-of", "json", path],
  ]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  const { streams, packets } = JSON.parse(stdout);
  expect(streams).toHaveLength(1);
  return { stream: streams[0], packets };
}

/** Packets with their times from the first decoding time on, in milliseconds. */
function timed({ packets }: Probed) {
  const startMs = Number(packets[0]?.dts_time) * 1000;
  return packets.map((packet) => ({
    hash: packet.data_hash,
    size: packet.size,
    isKeyFrame: packet.flags.startsWith("K"),
    dtsMs: Number(packet.dts_time) * 1000 - startMs,
    ptsMs: Number(packet.pts_time) * 1000 - startMs,
  }));
}

function expectSamePackets(ours: Probed, source: Probed): void {
  const [written, sent] = [timed(ours), timed(source)];
  expect(written.length).toBe(sent.length);
  const faults = written.filter((packet, index) => {
    const other = sent[index];
    return (
      other === undefined ||
      packet.hash !== other.hash ||
      packet.isKeyFrame !== other.isKeyFrame ||
      Math.abs(packet.dtsMs - other.dtsMs) > 1.001 ||
      Math.abs(packet.ptsMs - other.ptsMs) > 1.001
    );
  });
  expect(faults).toEqual([]);
}

async function expectDecodes(path: string): Promise<void> {
  const args = ["-v", "error", "-xerror", "-i", path, "-f", "null", "-"];
  const { code, stderr } = await runProgram("ffmpeg", args);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
}

/** Frames as a publisher by Enhanced RTMP brings them. */
async function readMp4Frames(name: MediaName, kind: TrackKind): Promise<Frame[]> {
  const { tracks, samples } = await readMp4(await media(name));
  const isVideo = kind === "video";
  const found = tracks.find(({ codec }) => (codec === "opus") !== isVideo);
  const track: Track = {
    kind,
    codec: found?.codec as AudioCodec | VideoCodec,
    // FFmpeg shows none of VP9.
    decoderConfigurationRecord: found?.configuration.length ? found.configuration : undefined,
    flvSequenceHeader: undefined,
    flvExtension: undefined,
  };
  return samples
    .filter(({ codec }) => codec === track.codec)
    .map((sample) => ({
      track,
      dtsMs: sample.dts,
      compositionTimeOffsetMs: sample.compositionTimeOffset,
      isKeyFrame: sample.isKeyFrame,
      // MP4 leaves out what publishers send.
      payload: track.codec === "av1" ? joinBytes(TEMPORAL_DELIMITER, sample.data) : sample.data,
      flvBody: undefined,
    }));
}

interface Case {
  readonly name: string;
  readonly kind: TrackKind;
  readonly source: () => Promise<string>;
  /** Of audio. */
  readonly samplesPerPacket?: number;
  /** What ffprobe says of the stream. */
  readonly stream: Record<string, string | number>;
}

const TEST_STREAM = `${ROOT}web/test-stream.flv`;

const CASES: readonly Case[] = [
  {
    name: "test-stream, H.264",
    kind: "video",
    source: async () => TEST_STREAM,
    stream: { codec_tag_string: "avc1", width: 640, height: 360, time_base: "1/90000" },
  },
  {
    name: "test-stream, AAC",
    kind: "audio",
    samplesPerPacket: 1024,
    source: async () => TEST_STREAM,
    stream: { codec_tag_string: "mp4a", codec_name: "aac", sample_rate: "48000", channels: 1 },
  },
  {
    name: "H.264 with B-frames",
    kind: "video",
    source: () => media("h264-aac.flv"),
    stream: { codec_tag_string: "avc1", width: 320, height: 180, has_b_frames: 2 },
  },
  {
    name: "AAC, stereo",
    kind: "audio",
    samplesPerPacket: 1024,
    source: () => media("h264-aac.flv"),
    stream: { codec_tag_string: "mp4a", codec_name: "aac", time_base: "1/48000", channels: 2 },
  },
  {
    name: "MP3",
    kind: "audio",
    samplesPerPacket: 576,
    source: () => media("mp3.flv"),
    stream: { codec_tag_string: "mp4a", codec_name: "mp3", sample_rate: "22050", channels: 1 },
  },
  {
    name: "HEVC",
    kind: "video",
    source: () => media("hevc-opus.mp4"),
    stream: { codec_tag_string: "hvc1", width: 320, height: 180 },
  },
  {
    name: "Opus",
    kind: "audio",
    samplesPerPacket: 960,
    source: () => media("hevc-opus.mp4"),
    stream: { codec_tag_string: "Opus", codec_name: "opus", sample_rate: "48000", channels: 2 },
  },
  {
    name: "AV1",
    kind: "video",
    source: () => media("av1.mp4"),
    stream: { codec_tag_string: "av01", width: 320, height: 180 },
  },
  {
    name: "VP9",
    kind: "video",
    source: () => media("vp9.mp4"),
    stream: { codec_tag_string: "vp09", codec_name: "vp9", width: 320, height: 180 },
  },
];

describe.each(CASES)("$name", ({ name, kind, source, stream, samplesPerPacket }) => {
  let sourcePath: string;
  let file: ReturnType<typeof writeFile>;

  beforeAll(async () => {
    sourcePath = await source();
    const frames = sourcePath.endsWith(".flv")
      ? readFlvFrames(sourcePath).filter(({ track }) => track.kind === kind)
      : await readMp4Frames(sourcePath.split("/").at(-1) as MediaName, kind);
    file = writeFile(name, frames);
  }, 120_000);

  test("the packets are those of the source, and their times", async () => {
    const [ours, theirs] = [await probe(file.path, kind), await probe(sourcePath, kind)];
    expect(ours.stream).toMatchObject(stream);
    expect(ours.packets[0]?.dts).toBeGreaterThan(2 ** 32);
    expectSamePackets(ours, theirs);
    if (file.track.kind === "audio") {
      // No gap and no overlap, not even of a sample.
      const times = ours.packets.map(({ dts }) => dts);
      const steps = times.slice(1).map((dts, index) => dts - (times[index] ?? 0));
      expect(new Set(steps)).toEqual(new Set([samplesPerPacket]));
    }
  });

  test("it decodes without an error", () => expectDecodes(file.path));
});
