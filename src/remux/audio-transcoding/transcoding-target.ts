/**
 * What sound is transcoded to: the track is known before anything is encoded.
 *
 * @module
 */

import {
  AudioObjectType,
  encodeAudioSpecificConfig,
} from "../../codec/aac/audio-specific-config.ts";
import { encodeOpusHead } from "../../codec/opus/opus-head.ts";
import { createTrack, type Track } from "../../live/track.ts";

export type TargetCodec = "aac" | "opus";

/** Both codecs: Opus has no other rate, and with the same one nothing is resampled between them. */
export const TARGET_SAMPLE_RATE = 48_000;
/** As SRS does; the encoders spend next to nothing on a channel that is the same as the other. */
export const TARGET_CHANNEL_COUNT = 2;

/** The lookahead of libopus at 48 kHz, which OpusHead hands on: 2.5 ms, and 4 ms of delay. */
export const OPUS_PRE_SKIP = 312;

/** The track that what is transcoded belongs to. */
export function targetTrack(codec: TargetCodec): Track {
  return createTrack("audio", codec, codec === "aac" ? audioSpecificConfig() : opusHead());
}

function audioSpecificConfig(): Uint8Array {
  return encodeAudioSpecificConfig({
    objectType: AudioObjectType.AacLc,
    sampleRate: TARGET_SAMPLE_RATE,
    channelConfiguration: TARGET_CHANNEL_COUNT,
    samplesPerFrame: 1024,
    extensionSampleRate: undefined,
    hasParametricStereo: false,
  });
}

function opusHead(): Uint8Array {
  return encodeOpusHead({
    channelCount: TARGET_CHANNEL_COUNT,
    preSkip: OPUS_PRE_SKIP,
    inputSampleRate: TARGET_SAMPLE_RATE,
    outputGain: 0,
    mapping: undefined,
  });
}
