/**
 * Streams of frames for tests of packagers: each frame has a number of its own in it, so that it can
 * be told what became of it.
 *
 * @module
 */

import { readBoxes } from "../../src/codec/mp4/box-reader.ts";
import type { Frame } from "../../src/live/frame.ts";
import type { StreamMetadata, Track } from "../../src/live/track.ts";
import { fromHex } from "./hex.ts";
import { readFragment } from "./mp4-fragments.ts";
import { videoSample } from "./video-samples.ts";

export const H264: Track = {
  kind: "video",
  codec: "h264",
  decoderConfigurationRecord: fromHex(videoSample("h264-1080p").record),
  flvSequenceHeader: undefined,
  flvExtension: undefined,
};
/** Another picture size. */
export const H264_OTHER: Track = {
  ...H264,
  decoderConfigurationRecord: fromHex(videoSample("h264-baseline").record),
};
export const HEVC: Track = {
  ...H264,
  codec: "hevc",
  decoderConfigurationRecord: fromHex(videoSample("hevc-1080p").record),
};
export const AV1: Track = {
  ...H264,
  codec: "av1",
  decoderConfigurationRecord: fromHex(videoSample("av1-aom").record),
};
/** AAC-LC, 48 kHz, two channels: 1024 samples last 21.333 ms. */
export const AAC: Track = {
  kind: "audio",
  codec: "aac",
  decoderConfigurationRecord: fromHex("1190"),
  flvSequenceHeader: undefined,
  flvExtension: undefined,
};
/** 44.1 kHz. */
export const AAC_44: Track = { ...AAC, decoderConfigurationRecord: fromHex("1210") };

/** What announces both tracks, so that the stream waits for both. */
export const TEST_METADATA_OF_BOTH: StreamMetadata = {
  scriptData: new Uint8Array(),
  fields: new Map([
    ["videocodecid", 7],
    ["audiocodecid", 10],
  ]),
};

let count = 0;

export interface FrameOptions {
  readonly track?: Track;
  readonly isKeyFrame?: boolean;
  readonly compositionTimeOffsetMs?: number;
  /** Bytes of payload. */
  readonly size?: number;
}

/** A picture: one NAL unit of a slice, with the frame's number in it. */
export function picture(dtsMs: number, options: FrameOptions = {}): Frame {
  const { track = H264, isKeyFrame = false, compositionTimeOffsetMs = 0, size = 16 } = options;
  const payload = numbered(size, 5);
  new DataView(payload.buffer).setUint32(0, size - 4);
  payload[4] = track.codec === "hevc" ? (isKeyFrame ? 0x26 : 0x02) : isKeyFrame ? 0x65 : 0x41;
  return { track, dtsMs, compositionTimeOffsetMs, isKeyFrame, payload, flvBody: undefined };
}

export function sound(dtsMs: number, { track = AAC, size = 12 }: FrameOptions = {}): Frame {
  const payload = numbered(size, 1);
  payload[0] = 0x21;
  return {
    track,
    dtsMs,
    compositionTimeOffsetMs: 0,
    isKeyFrame: true,
    payload,
    flvBody: undefined,
  };
}

/** Bytes that name the frame and nothing else, none of them 0. */
function numbered(size: number, offset: number): Uint8Array {
  count += 1;
  const payload = new Uint8Array(size).fill(0xee);
  for (let i = 0, rest = count; i < 4; i++, rest = Math.floor(rest / 200)) {
    payload[offset + i] = 1 + (rest % 200);
  }
  return payload;
}

export interface StreamOptions {
  readonly fromMs?: number;
  readonly toMs: number;
  /** Frames a second; 0: no video. */
  readonly rate?: number;
  /** Pictures from one key frame to the next. */
  readonly gop?: number;
  readonly video?: Track;
  readonly audio?: Track | undefined;
  readonly hasAudio?: boolean;
  /** Bytes of each picture. */
  readonly size?: number;
}

/** Frames as an encoder sends them, with timestamps rounded to milliseconds, in their order. */
export function framesOf(options: StreamOptions): Frame[] {
  const { fromMs = 0, toMs, rate = 25, gop = 50, video = H264, audio = AAC } = options;
  const frames: Frame[] = [];
  for (let i = 0; rate > 0; i++) {
    const dtsMs = fromMs + Math.round((i * 1_000) / rate);
    if (dtsMs >= toMs) break;
    const { size = 16 } = options;
    frames.push(picture(dtsMs, { track: video, isKeyFrame: i % gop === 0, size }));
  }
  const samplesMs = audio === AAC_44 ? (1_024 * 1_000) / 44_100 : (1_024 * 1_000) / 48_000;
  for (let i = 0; options.hasAudio !== false; i++) {
    const dtsMs = fromMs + Math.round(i * samplesMs);
    if (dtsMs >= toMs) break;
    frames.push(sound(dtsMs, { track: audio }));
  }
  return frames.sort((a, b) => a.dtsMs - b.dtsMs);
}

export function picturesOf(frames: readonly Frame[]): Frame[] {
  return frames.filter(({ track }) => track.kind === "video");
}

export function soundsOf(frames: readonly Frame[]): Frame[] {
  return frames.filter(({ track }) => track.kind === "audio");
}

export interface ReadSample {
  /** In ticks. */
  readonly startTicks: number;
  readonly duration: number;
  readonly compositionTimeOffset: number;
  readonly isKeyFrame: boolean;
  /** In hexadecimal digits. */
  readonly payload: string;
}

/** The samples of chunks, one behind the other. @throws {Error} If something else is there. */
export function readSamples(bytes: Uint8Array): ReadSample[] {
  const samples: ReadSample[] = [];
  let fragment: Uint8Array | undefined;
  for (const { type, offset, body } of readBoxes(bytes)) {
    if (type === "moof") fragment = bytes.subarray(offset, offset + 8 + body.length);
    else if (type === "mdat") samples.push(...readChunk(fragment, body));
    else if (type !== "styp") throw new Error(`A box "${type}" in a segment`);
  }
  return samples;
}

function readChunk(fragment: Uint8Array | undefined, data: Uint8Array): ReadSample[] {
  if (fragment === undefined) throw new Error("No moof in front of mdat");
  const { baseDecodeTime, samples } = readFragment(fragment);
  let offset = 0;
  let startTicks = baseDecodeTime;
  const read = samples.map((sample) => {
    const { duration, size, flags, compositionTimeOffset } = sample;
    const payload = hexOf(data.subarray(offset, offset + size));
    offset += size;
    const isKeyFrame = (flags & 0x0001_0000) === 0;
    const before = startTicks;
    startTicks += duration;
    return { startTicks: before, duration, compositionTimeOffset, isKeyFrame, payload };
  });
  if (offset !== data.length) throw new Error(`${data.length - offset} bytes of no sample`);
  return read;
}

export function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}

export function payloadsOf(frames: readonly Frame[]): string[] {
  return frames.map(({ payload }) => hexOf(payload));
}
