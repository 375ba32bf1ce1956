/**
 * What a stream is made of: one video and one audio track at most.
 *
 * @module
 */

import { isSameBytes } from "../base/bytes.ts";
import type { AudioCodec, VideoCodec } from "../codec/flv/codec-id.ts";

export type TrackKind = "audio" | "video";

/** Immutable: a change of codec or of configuration in mid-stream makes a new Track. */
export interface Track {
  readonly kind: TrackKind;
  readonly codec: AudioCodec | VideoCodec;
  /** avcC, hvcC, av1C, AudioSpecificConfig, OpusHead; absent where the codec needs none (MP3). */
  readonly decoderConfigurationRecord: Uint8Array | undefined;
  /** The FLV body of the sequence header as an RTMP publisher sent it. */
  readonly flvSequenceHeader: Uint8Array | undefined;
  /** The FLV body that completes it: colour information, or the layout of many channels. */
  readonly flvExtension: Uint8Array | undefined;
}

/** A track whose frames come from elsewhere than FLV and RTMP. */
export function createTrack(
  kind: TrackKind,
  codec: Track["codec"],
  decoderConfigurationRecord: Uint8Array | undefined,
): Track {
  return {
    kind,
    codec,
    decoderConfigurationRecord,
    flvSequenceHeader: undefined,
    flvExtension: undefined,
  };
}

/** What onMetaData said of the stream. */
export interface StreamMetadata {
  /** The AMF0 script data, from the name `onMetaData` on, ready for FLV and RTMP. */
  readonly scriptData: Uint8Array;
  /** Its fields, as far as they are numbers, strings and booleans. */
  readonly fields: ReadonlyMap<string, number | string | boolean>;
}

/** The tracks and the metadata as they were at some point of a stream. Immutable. */
export interface StreamDescription {
  readonly video: Track | undefined;
  readonly audio: Track | undefined;
  readonly metadata: StreamMetadata | undefined;
}

export const EMPTY_DESCRIPTION: StreamDescription = {
  video: undefined,
  audio: undefined,
  metadata: undefined,
};

/** A track of which no more is known than that it will come. */
export type AnnouncedTrack = Pick<Track, "kind" | "codec">;

/** Whether players that know the one need not be told of the other. */
export function isSameTrack(before: Track, after: Track): boolean {
  return (
    before.codec === after.codec &&
    isSameBytes(before.decoderConfigurationRecord, after.decoderConfigurationRecord) &&
    isSameBytes(before.flvExtension, after.flvExtension)
  );
}
