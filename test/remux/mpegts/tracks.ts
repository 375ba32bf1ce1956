/**
 * Tracks with small configurations, and frames of them, for the tests of MPEG-TS.
 *
 * @module
 */

import { ByteWriter } from "../../../src/base/byte-writer.ts";
import type { Frame } from "../../../src/live/frame.ts";
import type { Track } from "../../../src/live/track.ts";
import { TsMuxer } from "../../../src/remux/mpegts/ts-muxer.ts";
import { fromHex, joinBytes } from "../../support/hex.ts";
import { readTransportStream, type TransportStream } from "../../support/transport-stream.ts";

export const VIDEO_PID = 0x100;
export const AAC_PID = 0x101;
export const MP3_PID = 0x102;

/** NAL units of H.264, by their first byte. */
export const IDR: Uint8Array = fromHex("658884");
export const SLICE: Uint8Array = fromHex("419a01");
export const SOUND: Uint8Array = fromHex("2110aabb");

/** Those of the stream that was recorded from SRS. */
export const SPS: Uint8Array = fromHex("674d401eda0300a6c044000003000400000300c83c58ba80");
export const PPS: Uint8Array = fromHex("68ef3c80");
/** By their first byte alone: NAL unit headers of types 32, 33 and 34. */
export const HEVC_SETS: readonly Uint8Array[] = ["4001aa", "4201bb", "4401cc"].map(fromHex);

function track(kind: Track["kind"], codec: Track["codec"], record?: Uint8Array): Track {
  return {
    kind,
    codec,
    decoderConfigurationRecord: record,
    flvSequenceHeader: undefined,
    flvExtension: undefined,
  };
}

/** avcC: Main 3.0, sizes of four bytes, one SPS and one PPS. */
export const H264: Track = track(
  "video",
  "h264",
  joinBytes(fromHex("014d401e ff e1 0018"), SPS, fromHex("01 0004"), PPS),
);

/** hvcC: Main 3.0, sizes of four bytes, an array for each kind. */
export const HEVC: Track = track(
  "video",
  "hevc",
  joinBytes(
    fromHex("01 01 60000000 900000000000 5d f000 fc fd f8 f8 0000 0f 03"),
    ...HEVC_SETS.flatMap((set, index) => [fromHex(`${["a0", "a1", "a2"][index]}0001 0003`), set]),
  ),
);

export const AV1: Track = track("video", "av1", fromHex("81000c00"));
/** AAC-LC, 44.1 kHz, stereo. */
export const AAC: Track = track("audio", "aac", fromHex("1210"));
export const MP3: Track = track("audio", "mp3");
export const AC3: Track = track("audio", "ac3");
export const EAC3: Track = track("audio", "eac3");
/** Mono, pre-skip 312, 48 kHz. */
export const OPUS: Track = track(
  "audio",
  "opus",
  fromHex("4f70757348656164 01 01 3801 80bb0000 0000 00"),
);
export const G711: Track = track("audio", "g711a");

/** NAL units behind their sizes, of four bytes each. */
export function lengthPrefixed(...nalUnits: readonly Uint8Array[]): Uint8Array {
  return joinBytes(
    ...nalUnits.flatMap((nalUnit) => {
      const size = new Uint8Array(4);
      new DataView(size.buffer).setUint32(0, nalUnit.length);
      return [size, nalUnit];
    }),
  );
}

export function videoFrame(
  dtsMs: number,
  nalUnits: readonly Uint8Array[],
  more: Partial<Frame> = {},
): Frame {
  return {
    track: H264,
    dtsMs,
    compositionTimeOffsetMs: 0,
    isKeyFrame: false,
    payload: lengthPrefixed(...nalUnits),
    flvBody: undefined,
    ...more,
  };
}

export function audioFrame(dtsMs: number, payload: Uint8Array, track: Track = AAC): Frame {
  return {
    track,
    dtsMs,
    compositionTimeOffsetMs: 0,
    isKeyFrame: true,
    payload,
    flvBody: undefined,
  };
}

/** Muxes frames and takes apart what comes out. */
export function mux(frames: readonly Frame[], muxer: TsMuxer = new TsMuxer()): TransportStream {
  const writer = new ByteWriter();
  for (const frame of frames) muxer.writeFrame(writer, frame);
  muxer.flushAudio(writer);
  return readTransportStream(writer.view());
}
