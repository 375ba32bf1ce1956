/**
 * From what FLV files and RTMP publishers carry to the live core.
 *
 * @module
 */

import { MalformedError } from "../../base/errors.ts";
import {
  AUDIO_HEADER_SIZE_MAX,
  type AudioBody,
  AudioPacketType,
  decodeAudioTracks,
} from "../../codec/flv/audio-body.ts";
import { FLV_DATA_SIZE_MAX } from "../../codec/flv/tag.ts";
import {
  decodeVideoTracks,
  VIDEO_HEADER_SIZE_MAX,
  type VideoBody,
  VideoFrameType,
  VideoPacketType,
} from "../../codec/flv/video-body.ts";
import type { Publication } from "../../live/publication.ts";
import type { Track, TrackKind } from "../../live/track.ts";
import { parseMetadata } from "./metadata.ts";

/** The packet types of Enhanced RTMP that stand before the real one. */
const WRAPPING_VIDEO_TYPES: readonly number[] = [VideoPacketType.Multitrack, VideoPacketType.ModEx];
const WRAPPING_AUDIO_TYPES: readonly number[] = [AudioPacketType.Multitrack, AudioPacketType.ModEx];

/** Where it goes: a publication, or who passes on to one. */
export type FlvOutput = Pick<Publication, "writeMetadata" | "writeTrack" | "writeFrame">;

/**
 * Feeds a publication. The bodies given to it belong to the stream from then on.
 *
 * Of several tracks of one kind the main one, track 0, is published.
 */
export class FlvToStream {
  readonly #publication: FlvOutput;
  #video: Track | undefined;
  #audio: Track | undefined;
  #lastTimestampMs: number | undefined;

  constructor(publication: FlvOutput) {
    this.#publication = publication;
  }

  /**
   * @param timestamp DTS in milliseconds; 32 bits that may have wrapped, signed or not.
   * @throws {MalformedError} If the body breaks its specification.
   */
  video(timestamp: number, body: Uint8Array): void {
    const dtsMs = this.#unwrap(timestamp);
    const part = decodeVideoTracks(body).find((track) => track.trackId === 0);
    if (part?.codec === undefined || part.frameType === VideoFrameType.Command) return;
    const data = body.subarray(part.dataOffset, part.dataEnd);
    const flvBody = isWrapped(body, part, WRAPPING_VIDEO_TYPES) ? undefined : body;
    if (flvBody === undefined) checkRoom(data, VIDEO_HEADER_SIZE_MAX);
    switch (part.packetType) {
      case VideoPacketType.SequenceStart:
      case VideoPacketType.Mpeg2TsSequenceStart:
        this.#video = this.#writeTrack("video", part.codec, data, flvBody);
        break;
      case VideoPacketType.CodedFrames:
      case VideoPacketType.CodedFramesX:
        this.#writeVideoFrame(dtsMs, part, data, flvBody);
        break;
      case VideoPacketType.Metadata:
        if (this.#video !== undefined) this.#video = this.#extend(this.#video, flvBody);
        break;
      default: // SequenceEnd holds no picture; what has no known type cannot be played.
        break;
    }
  }

  /** Likewise for audio. @throws {MalformedError} */
  audio(timestamp: number, body: Uint8Array): void {
    const dtsMs = this.#unwrap(timestamp);
    const part = decodeAudioTracks(body).find((track) => track.trackId === 0);
    if (part?.codec === undefined) return;
    const data = body.subarray(part.dataOffset, part.dataEnd);
    const flvBody = isWrapped(body, part, WRAPPING_AUDIO_TYPES) ? undefined : body;
    if (flvBody === undefined) checkRoom(data, AUDIO_HEADER_SIZE_MAX);
    switch (part.packetType) {
      case AudioPacketType.SequenceStart:
        this.#audio = this.#writeTrack("audio", part.codec, data, flvBody);
        break;
      case AudioPacketType.CodedFrames:
        this.#writeAudioFrame(dtsMs, part, data, flvBody);
        break;
      case AudioPacketType.MultichannelConfig:
        if (this.#audio !== undefined) this.#audio = this.#extend(this.#audio, flvBody);
        break;
      default:
        break;
    }
  }

  /** A script data body that starts with the name `onMetaData`; any other is ignored. */
  scriptData(body: Uint8Array): void {
    const metadata = parseMetadata(body);
    if (metadata !== undefined) this.#publication.writeMetadata(metadata);
  }

  #writeVideoFrame(
    dtsMs: number,
    part: VideoBody,
    payload: Uint8Array,
    flvBody: Uint8Array | undefined,
  ): void {
    const codec = part.codec;
    if (codec === undefined || payload.length === 0) return;
    if (this.#video?.codec !== codec) this.#video = this.#writeTrack("video", codec);
    this.#publication.writeFrame({
      track: this.#video,
      dtsMs: dtsMs + part.timestampNanoOffset / 1e6,
      compositionTimeOffsetMs: part.compositionTimeOffset,
      isKeyFrame: part.frameType === VideoFrameType.KeyFrame,
      payload,
      flvBody,
    });
  }

  #writeAudioFrame(
    dtsMs: number,
    part: AudioBody,
    payload: Uint8Array,
    flvBody: Uint8Array | undefined,
  ): void {
    const codec = part.codec;
    if (codec === undefined || payload.length === 0) return;
    if (this.#audio?.codec !== codec) this.#audio = this.#writeTrack("audio", codec);
    this.#publication.writeFrame({
      track: this.#audio,
      dtsMs: dtsMs + part.timestampNanoOffset / 1e6,
      compositionTimeOffsetMs: 0,
      isKeyFrame: true,
      payload,
      flvBody,
    });
  }

  #writeTrack(
    kind: TrackKind,
    codec: Track["codec"],
    decoderConfigurationRecord?: Uint8Array,
    flvSequenceHeader?: Uint8Array,
  ): Track {
    return this.#publication.writeTrack({
      kind,
      codec,
      decoderConfigurationRecord,
      flvSequenceHeader,
      flvExtension: undefined,
    });
  }

  #extend(track: Track, flvExtension: Uint8Array | undefined): Track {
    return this.#publication.writeTrack({ ...track, flvExtension });
  }

  /** Counts on over the wrap of the wire's 32 bits. Audio and video share one count. */
  #unwrap(timestamp: number): number {
    const lastMs = this.#lastTimestampMs ?? timestamp >>> 0;
    const unwrappedMs = lastMs + ((timestamp - lastMs) | 0);
    this.#lastTimestampMs = unwrappedMs;
    return unwrappedMs;
  }
}

/** Whether `body` holds more than the one packet that players know how to take. */
function isWrapped(
  body: Uint8Array,
  part: { readonly isEnhanced: boolean },
  wrappingTypes: readonly number[],
): boolean {
  return part.isEnhanced && wrappingTypes.includes((body[0] ?? 0) & 0x0f);
}

/**
 * What goes on under a header of our own needs room for it: the header may be larger than the one that
 * the data came under, and both FLV and RTMP count 24 bits of size.
 */
function checkRoom(data: Uint8Array, headerSize: number): void {
  if (data.length + headerSize <= FLV_DATA_SIZE_MAX) return;
  throw new MalformedError(`Cannot send on a packet of ${data.length} bytes`, 0);
}
