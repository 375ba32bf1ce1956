/**
 * A track as CMAF has it: what players must know before the first chunk.
 *
 * @module
 */

import { ByteWriter } from "../../base/byte-writer.ts";
import { ObjectTypeIndication } from "../../codec/mp4/elementary-stream-descriptor.ts";
import { Brand, writeFileType } from "../../codec/mp4/file-type.ts";
import { writeMovie } from "../../codec/mp4/movie.ts";
import type { SampleEntry, VideoFormat } from "../../codec/mp4/sample-entry.ts";
import { encodeOpusSpecificBox } from "../../codec/opus/opus-head.ts";
import { OPUS_SAMPLE_RATE } from "../../codec/opus/packet-duration.ts";
import type { Frame } from "../../live/frame.ts";
import type { Track } from "../../live/track.ts";
import { type AudioDetails, describeAudio } from "../track/audio-details.ts";
import { describeVideo, type VideoDetails } from "../track/video-details.ts";

/** Each track has a file of its own, so that its id need not differ from any other. */
export const CMAF_TRACK_ID = 1;
/** Ticks per second; what MPEG-TS counts in, and a multiple of most frame rates. */
export const CMAF_VIDEO_TIMESCALE = 90_000;

export type CmafTrack = CmafVideoTrack | CmafAudioTrack;

interface CommonTrack {
  /** Ticks per second. */
  readonly timescale: number;
  /** For playlists, manifests and MediaSource (RFC 6381). */
  readonly codecString: string;
  /** What `moov` says of the codec. */
  readonly sampleEntry: SampleEntry;
  /** `ftyp` and `moov`. */
  readonly initializationSegment: Uint8Array;
}

export interface CmafVideoTrack extends CommonTrack {
  readonly kind: "video";
  readonly codec: VideoDetails["codec"];
  readonly width: number;
  readonly height: number;
  /** Frames per second, if the bitstream says so. */
  readonly frameRate: number | undefined;
}

export interface CmafAudioTrack extends CommonTrack {
  readonly kind: "audio";
  readonly codec: AudioDetails["codec"];
  /** In Hz: the timescale. */
  readonly sampleRate: number;
  readonly channelCount: number;
  /** How long a frame sounds, in ticks. @throws {MalformedError} If the frame does not say. */
  samplesPerFrame(payload: Uint8Array): number;
}

/** The MP4 format of each video codec. */
const VIDEO_FORMATS: Readonly<Record<VideoDetails["codec"], VideoFormat>> = {
  h264: "avc1",
  hevc: "hvc1",
  av1: "av01",
  vp8: "vp08",
  vp9: "vp09",
};

/** MPEG-1 has the sampling frequencies from here on, MPEG-2 those below. */
const MPEG1_SAMPLE_RATE_MIN = 32_000;

/**
 * Makes the CMAF track of a track.
 *
 * @param firstFrame A key frame. VP8, VP9 and MP3 have their configuration there.
 * @returns `undefined` if the configuration is missing as yet, or the codec cannot be packaged.
 * @throws {MalformedError} If the configuration is broken.
 */
export function createCmafTrack(
  track: Pick<Track, "kind" | "codec" | "decoderConfigurationRecord">,
  firstFrame?: Pick<Frame, "payload">,
): CmafTrack | undefined {
  if (track.kind === "video") {
    const details = describeVideo(track, firstFrame);
    return details && createVideoTrack(details);
  }
  const details = describeAudio(track, firstFrame);
  return details && createAudioTrack(details, track.decoderConfigurationRecord);
}

function createVideoTrack(details: VideoDetails): CmafVideoTrack {
  const { codec, codecString, width, height, frameRate } = details;
  const timescale = CMAF_VIDEO_TIMESCALE;
  const sampleEntry: SampleEntry = {
    kind: "video",
    format: VIDEO_FORMATS[codec],
    width,
    height,
    pixelAspectRatio: details.sampleAspectRatio,
    decoderConfigurationRecord: details.decoderConfigurationRecord,
  };
  return {
    kind: "video",
    codec,
    timescale,
    codecString,
    width,
    height,
    frameRate,
    sampleEntry,
    initializationSegment: encodeInitializationSegment(timescale, sampleEntry),
  };
}

function createAudioTrack(
  details: AudioDetails,
  decoderConfigurationRecord: Uint8Array | undefined,
): CmafAudioTrack {
  const { codec, codecString, sampleRate, channelCount } = details;
  const sampleEntry = toAudioSampleEntry(details, decoderConfigurationRecord);
  return {
    kind: "audio",
    codec,
    timescale: sampleRate,
    codecString,
    sampleRate,
    channelCount,
    samplesPerFrame: details.samplesPerFrame,
    sampleEntry,
    initializationSegment: encodeInitializationSegment(sampleRate, sampleEntry),
  };
}

function toAudioSampleEntry(
  details: AudioDetails,
  specificInfo: Uint8Array | undefined,
): SampleEntry {
  const { sampleRate, channelCount } = details;
  const common = { kind: "audio", format: "mp4a", channelCount, sampleRate } as const;
  switch (details.codec) {
    case "aac":
      return { ...common, objectTypeIndication: ObjectTypeIndication.Mpeg4Audio, specificInfo };
    case "mp3": {
      const isMpeg1 = sampleRate >= MPEG1_SAMPLE_RATE_MIN;
      const { Mpeg1Audio, Mpeg2Audio } = ObjectTypeIndication;
      const objectTypeIndication = isMpeg1 ? Mpeg1Audio : Mpeg2Audio;
      return { ...common, objectTypeIndication, specificInfo: undefined };
    }
    case "opus":
      return {
        kind: "audio",
        format: "Opus",
        channelCount,
        sampleRate: OPUS_SAMPLE_RATE,
        opusSpecificBox: encodeOpusSpecificBox(details.opusHead),
      };
  }
}

function encodeInitializationSegment(timescale: number, sampleEntry: SampleEntry): Uint8Array {
  const writer = new ByteWriter(1024);
  const isAv1 = sampleEntry.format === "av01";
  writeFileType(writer, Brand.Iso6, [Brand.CmafTrack, ...(isAv1 ? [Brand.Av1] : [])]);
  writeMovie(writer, timescale, [{ trackId: CMAF_TRACK_ID, timescale, sampleEntry }]);
  return writer.take();
}
