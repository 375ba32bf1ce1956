/**
 * AAC as an end of a transcoding.
 *
 * @module
 */

import { decodeAudioSpecificConfig } from "../../codec/aac/audio-specific-config.ts";
import { AacDecoder, canDecodeAac } from "../../codec/aac/decoder/aac-decoder.ts";
import { AAC_ENCODER_DELAY, AacEncoder } from "../../codec/aac/encoder/aac-encoder.ts";
import type { AudioDecoder, AudioEncoder } from "./audio-samples.ts";
import { TARGET_CHANNEL_COUNT, TARGET_SAMPLE_RATE } from "./transcoding-target.ts";

/** Samples of an access unit for each channel. */
const ACCESS_UNIT_SAMPLES = 1024;

/**
 * Decodes AAC-LC, and the core of HE-AAC.
 *
 * @returns `undefined` for what is coded otherwise, or has no AudioSpecificConfig.
 * @throws {MalformedError} If the AudioSpecificConfig is none.
 */
export function createAacDecoder(
  audioSpecificConfig: Uint8Array | undefined,
): AudioDecoder | undefined {
  const config = audioSpecificConfig && decodeAudioSpecificConfig(audioSpecificConfig);
  if (config === undefined || !canDecodeAac(config)) return undefined;
  const decoder = new AacDecoder(config);
  return {
    isTimeExact: false,
    decode: (payload) => ({
      sampleRate: decoder.sampleRate,
      channels: decoder.decode(payload),
    }),
    conceal: () => undefined,
    close: () => undefined,
  };
}

/** @param bitrate In bit/s. */
export function createAacEncoder(bitrate: number): AudioEncoder {
  const encoder = new AacEncoder({
    sampleRate: TARGET_SAMPLE_RATE,
    channelCount: TARGET_CHANNEL_COUNT,
    bitrate,
  });
  return {
    sampleRate: TARGET_SAMPLE_RATE,
    channelCount: TARGET_CHANNEL_COUNT,
    frameSamples: ACCESS_UNIT_SAMPLES,
    // It looks ahead for what begins suddenly: an access unit comes out with the frame after its own.
    delay: AAC_ENCODER_DELAY + ACCESS_UNIT_SAMPLES,
    encode: (channels) => {
      const [accessUnit] = encoder.encode(channels);
      return accessUnit && new Uint8Array(accessUnit);
    },
    close: () => undefined,
  };
}
