/**
 * What packaging must know of an audio track, beyond its codec's name.
 *
 * @module
 */

import { MalformedError } from "../../base/errors.ts";
import {
  type AudioSpecificConfig,
  decodeAudioSpecificConfig,
} from "../../codec/aac/audio-specific-config.ts";
import { formatAacCodecString } from "../../codec/aac/codec-string.ts";
import { decodeMp3FrameHeader } from "../../codec/mp3/frame-header.ts";
import { decodeOpusHead, type OpusHead } from "../../codec/opus/opus-head.ts";
import { OPUS_SAMPLE_RATE, opusPacketSamples } from "../../codec/opus/packet-duration.ts";
import type { Frame } from "../../live/frame.ts";
import type { Track } from "../../live/track.ts";

/** Audio object types 32 to 34 are the three layers of MPEG audio: MP3 is the last. */
const LAYER_I_OBJECT_TYPE = 32;

/**
 * Rates of AAC in Hz: no index stands for a lower one, and SBR doubles the highest. The rate itself, 24
 * bits of it, may be said in place of an index: of 16 MHz a track's ticks since 1970, in which CMAF
 * counts, would be more than a number can hold, and of 1 Hz no two frames would be apart.
 */
const AAC_SAMPLE_RATE_MIN = 7_350;
const AAC_SAMPLE_RATE_MAX = 192_000;

export type AudioDetails = AacDetails | Mp3Details | OpusDetails;

interface CommonDetails {
  /** For playlists, manifests and MediaSource (RFC 6381). */
  readonly codecString: string;
  /** Of what is heard, in Hz, and the unit in which its time is counted. */
  readonly sampleRate: number;
  readonly channelCount: number;
  /**
   * How long a frame sounds, in samples at `sampleRate`.
   *
   * @throws {MalformedError} If the frame does not say.
   */
  samplesPerFrame(payload: Uint8Array): number;
}

export interface AacDetails extends CommonDetails {
  readonly codec: "aac";
  readonly audioSpecificConfig: AudioSpecificConfig;
}

export interface Mp3Details extends CommonDetails {
  readonly codec: "mp3";
}

export interface OpusDetails extends CommonDetails {
  readonly codec: "opus";
  readonly opusHead: OpusHead;
}

/**
 * Describes a track.
 *
 * @param firstFrame Needed for MP3, which has no other configuration.
 * @returns `undefined` if the configuration is missing, or the codec cannot be packaged.
 * @throws {MalformedError} If the configuration is broken, or says what cannot be.
 */
export function describeAudio(
  track: Pick<Track, "codec" | "decoderConfigurationRecord">,
  firstFrame?: Pick<Frame, "payload">,
): AudioDetails | undefined {
  const record = track.decoderConfigurationRecord;
  switch (track.codec) {
    case "aac":
      return record && describeAac(record);
    case "opus":
      return record && describeOpus(decodeOpusHead(record));
    case "mp3":
      return firstFrame && describeMp3(firstFrame.payload);
    default:
      return undefined;
  }
}

function describeAac(record: Uint8Array): AacDetails | undefined {
  const config = decodeAudioSpecificConfig(record);
  if (config === undefined) return undefined;
  // SBR, where it is signalled, makes more samples of each frame at a higher rate.
  const sampleRate = config.extensionSampleRate ?? config.sampleRate;
  if (sampleRate < AAC_SAMPLE_RATE_MIN || sampleRate > AAC_SAMPLE_RATE_MAX) {
    throw new MalformedError(`Cannot take AAC of ${sampleRate} Hz`, 0);
  }
  const samplesPerFrame = config.samplesPerFrame * (sampleRate / config.sampleRate);
  return {
    codec: "aac",
    codecString: formatAacCodecString(config),
    sampleRate,
    channelCount: config.hasParametricStereo ? 2 : config.channelCount,
    samplesPerFrame: () => samplesPerFrame,
    audioSpecificConfig: config,
  };
}

function describeOpus(opusHead: OpusHead): OpusDetails {
  return {
    codec: "opus",
    codecString: "opus",
    sampleRate: OPUS_SAMPLE_RATE,
    channelCount: opusHead.channelCount,
    samplesPerFrame: opusPacketSamples,
    opusHead,
  };
}

function describeMp3(payload: Uint8Array): Mp3Details {
  const header = decodeMp3FrameHeader(payload, 0);
  if (header === undefined) throw new MalformedError("Cannot find header of MPEG audio", 0);
  return {
    codec: "mp3",
    codecString: `mp4a.40.${LAYER_I_OBJECT_TYPE - 1 + header.layer}`,
    sampleRate: header.sampleRate,
    channelCount: header.channelCount,
    samplesPerFrame: countMp3Samples,
  };
}

/** Most publishers send one frame at a time; what holds several sounds as long as all of them. */
function countMp3Samples(payload: Uint8Array): number {
  let samples = 0;
  let offset = 0;
  while (offset < payload.length) {
    const header = decodeMp3FrameHeader(payload, offset);
    if (header === undefined) break;
    samples += header.samplesPerFrame;
    if (header.frameSize === undefined) break;
    offset += header.frameSize;
  }
  if (samples === 0) throw new MalformedError("Cannot find header of MPEG audio", 0);
  return samples;
}
