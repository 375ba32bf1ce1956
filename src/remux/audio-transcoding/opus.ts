/**
 * Opus as an end of a transcoding.
 *
 * @module
 */

import { assert } from "../../base/assert.ts";
import { OpusDecoder } from "../../codec/opus/opus-decoder.ts";
import { OPUS_FRAME_SAMPLES, OpusEncoder } from "../../codec/opus/opus-encoder.ts";
import { decodeOpusHead } from "../../codec/opus/opus-head.ts";
import type { OpusLibrary } from "../../codec/opus/opus-library.ts";
import { OPUS_SAMPLE_RATE } from "../../codec/opus/packet-duration.ts";
import type { AudioDecoder, AudioEncoder } from "./audio-samples.ts";
import { OPUS_PRE_SKIP, TARGET_CHANNEL_COUNT } from "./transcoding-target.ts";

/** Steps in which what is missing is made up for, and how much of it at most. */
const CONCEALED_STEP = 120;
const CONCEALED_MAX = 5760;

/**
 * Decodes packets of one stream of Opus.
 *
 * @param opusHead Absent over WebRTC.
 * @returns `undefined` if it has several streams, as for surround sound.
 * @throws {MalformedError} If it is no OpusHead.
 */
export function createOpusDecoder(
  library: OpusLibrary,
  opusHead: Uint8Array | undefined,
): AudioDecoder | undefined {
  const head = opusHead && decodeOpusHead(opusHead);
  if (head?.mapping !== undefined) return undefined;
  const decoder = new OpusDecoder(library, TARGET_CHANNEL_COUNT, head?.outputGain);
  return {
    isTimeExact: true,
    decode: (payload) => ({ sampleRate: OPUS_SAMPLE_RATE, channels: decoder.decode(payload) }),
    conceal: (sampleCount) => {
      if (sampleCount % CONCEALED_STEP !== 0 || sampleCount > CONCEALED_MAX) return undefined;
      return { sampleRate: OPUS_SAMPLE_RATE, channels: decoder.conceal(sampleCount) };
    },
    close: () => decoder.close(),
  };
}

/** @param bitrate In bit/s. */
export function createOpusEncoder(library: OpusLibrary, bitrate: number): AudioEncoder {
  const encoder = new OpusEncoder(library, { channelCount: TARGET_CHANNEL_COUNT, bitrate });
  assert(encoder.lookahead === OPUS_PRE_SKIP, "libopus looks ahead as far as OpusHead says");
  return {
    frameSamples: OPUS_FRAME_SAMPLES,
    sampleRate: OPUS_SAMPLE_RATE,
    channelCount: TARGET_CHANNEL_COUNT,
    delay: encoder.lookahead,
    encode: (channels) => encoder.encode(channels),
    close: () => encoder.close(),
  };
}
