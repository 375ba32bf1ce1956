/**
 * The FLV body of what the live core holds: what RTMP messages and FLV tags carry alike.
 *
 * @module
 */

import { ByteWriter } from "../../base/byte-writer.ts";
import {
  AUDIO_HEADER_SIZE_MAX,
  AudioPacketType,
  writeAudioHeader,
} from "../../codec/flv/audio-body.ts";
import type { AudioCodec, VideoCodec } from "../../codec/flv/codec-id.ts";
import {
  VIDEO_HEADER_SIZE_MAX,
  VideoFrameType,
  VideoPacketType,
  writeVideoHeader,
} from "../../codec/flv/video-body.ts";
import type { Frame } from "../../live/frame.ts";
import type { Track } from "../../live/track.ts";

/** Codecs that every FLV player knows by their first, short header. */
const LEGACY_VIDEO: ReadonlySet<string> = new Set([
  "h264",
  "h263",
  "vp6",
  "vp6a",
  "screen",
  "screen2",
]);
const ENHANCED_AUDIO: ReadonlySet<string> = new Set(["opus", "flac", "ac3", "eac3"]);

/** The publisher's own body where there is one, so that what comes in by RTMP goes out unchanged. */
export function frameBody(frame: Frame): Uint8Array {
  if (frame.flvBody !== undefined) return frame.flvBody;
  const { track, payload } = frame;
  return track.kind === "audio"
    ? audioBody(track.codec as AudioCodec, AudioPacketType.CodedFrames, payload)
    : videoBody(track.codec as VideoCodec, VideoPacketType.CodedFrames, frame);
}

/**
 * The frame as FLV can say when it is shown, in whole milliseconds. Both times are rounded, not one of
 * them and the distance: that would be off by one at times.
 *
 * @param dtsMs When it is decoded, by the clock of the file.
 */
export function roundedFrame(frame: Frame, dtsMs: number): Frame {
  const compositionTimeOffsetMs =
    Math.round(dtsMs + frame.compositionTimeOffsetMs) - Math.round(dtsMs);
  const isKept = compositionTimeOffsetMs === frame.compositionTimeOffsetMs;
  return isKept ? frame : { ...frame, compositionTimeOffsetMs, flvBody: undefined };
}

/** The bodies that tell a player of the track: none for a codec without configuration. */
export function trackBodies(track: Track): Uint8Array[] {
  const bodies: Uint8Array[] = [];
  const header = sequenceHeader(track);
  if (header !== undefined) bodies.push(header);
  if (track.flvExtension !== undefined) bodies.push(track.flvExtension);
  return bodies;
}

function sequenceHeader(track: Track): Uint8Array | undefined {
  const payload = track.decoderConfigurationRecord;
  if (track.flvSequenceHeader !== undefined || payload === undefined) {
    return track.flvSequenceHeader;
  }
  if (track.kind === "audio") {
    return audioBody(track.codec as AudioCodec, AudioPacketType.SequenceStart, payload);
  }
  const start = { compositionTimeOffsetMs: 0, isKeyFrame: true, payload };
  return videoBody(track.codec as VideoCodec, VideoPacketType.SequenceStart, start);
}

function audioBody(
  codec: AudioCodec,
  packetType: AudioPacketType,
  payload: Uint8Array,
): Uint8Array {
  const writer = new ByteWriter(AUDIO_HEADER_SIZE_MAX + payload.length);
  writeAudioHeader(writer, { codec, packetType, isEnhanced: ENHANCED_AUDIO.has(codec) });
  writer.writeBytes(payload);
  return writer.view();
}

function videoBody(
  codec: VideoCodec,
  packetType: VideoPacketType,
  frame: Pick<Frame, "compositionTimeOffsetMs" | "isKeyFrame" | "payload">,
): Uint8Array {
  const writer = new ByteWriter(VIDEO_HEADER_SIZE_MAX + frame.payload.length);
  writeVideoHeader(writer, {
    codec,
    packetType,
    frameType: frame.isKeyFrame ? VideoFrameType.KeyFrame : VideoFrameType.InterFrame,
    compositionTimeOffset: Math.round(frame.compositionTimeOffsetMs),
    isEnhanced: !LEGACY_VIDEO.has(codec),
  });
  writer.writeBytes(frame.payload);
  return writer.view();
}
