/**
 * Parts of transcodings whose sound can be looked at.
 *
 * @module
 */

import { MalformedError } from "../../src/base/errors.ts";
import { OpusDecoder } from "../../src/codec/opus/opus-decoder.ts";
import { createAacDecoder } from "../../src/remux/audio-transcoding/aac.ts";
import type {
  AudioDecoder,
  AudioEncoder,
} from "../../src/remux/audio-transcoding/audio-samples.ts";
import type { TranscodedFrame } from "../../src/remux/audio-transcoding/audio-transcoding.ts";
import { targetTrack } from "../../src/remux/audio-transcoding/transcoding-target.ts";
import { loadOpusLibrary } from "./audio-fixtures.ts";

/** Sound on a time line of 48,000 samples a second; silence where there is none. */
export type Recorded = Float32Array<ArrayBuffer>;

/** Packs samples of one channel as the payload of a frame that is not coded. */
export function toPlainPayload(samples: Float32Array): Uint8Array<ArrayBuffer> {
  return new Uint8Array(samples.slice().buffer);
}

/** "Decodes" such payloads; others are malformed. */
export function createPlainDecoder(sampleRate: number, isTimeExact = false): AudioDecoder {
  return {
    isTimeExact,
    decode: (payload) => {
      if (payload.length % 4 !== 0) throw new MalformedError("Cannot decode", 0);
      return { sampleRate, channels: [new Float32Array(payload.slice().buffer)] };
    },
    conceal: () => undefined,
    close: () => undefined,
  };
}

/** An encoder of 48 kHz and one channel that codes nothing, and so has no delay. */
export function createPlainEncoder(): AudioEncoder {
  return {
    sampleRate: 48_000,
    channelCount: 1,
    frameSamples: 960,
    delay: 0,
    encode: ([samples = new Float32Array()]) => toPlainPayload(samples),
    close: () => undefined,
  };
}

/** Puts what is in frames of Opus where their times say, as a player does; its left channel. */
export function recordOpus(frames: readonly TranscodedFrame[], durationMs: number): Recorded {
  const decoder = new OpusDecoder(loadOpusLibrary(), 2);
  const decode = (payload: Uint8Array): Float32Array | undefined => decoder.decode(payload)[0];
  const recorded = record(frames, 0, durationMs, decode);
  decoder.close();
  return recorded;
}

/** The same of access units of AAC. */
export function recordAac(frames: readonly TranscodedFrame[], durationMs: number): Recorded {
  const config = targetTrack("aac").decoderConfigurationRecord;
  const decoder = createAacDecoder(config);
  if (decoder === undefined) throw new Error("there is a decoder for what is encoded");
  return record(frames, 0, durationMs, (payload) => decoder.decode(payload)?.channels[0]);
}

/** The same of what `createPlainEncoder` gave, from `startMs` on. */
export function recordPlain(
  frames: readonly TranscodedFrame[],
  startMs: number,
  durationMs: number,
): Recorded {
  const plain = createPlainDecoder(48_000);
  return record(frames, startMs, durationMs, (payload) => plain.decode(payload)?.channels[0]);
}

function record(
  frames: readonly TranscodedFrame[],
  startMs: number,
  durationMs: number,
  decode: (payload: Uint8Array) => Float32Array | undefined,
): Recorded {
  const recorded = new Float32Array(durationMs * 48);
  for (const { dtsMs, payload } of frames) {
    const samples = decode(payload) ?? new Float32Array();
    const at = Math.round((dtsMs - startMs) * 48);
    recorded.set(samples.subarray(0, Math.max(0, recorded.length - at)), at);
  }
  return recorded;
}

/** By how many samples `later` has to be moved back so that it is most like `earlier`; at most `lagMax`. */
export function findLag(earlier: Float32Array, later: Float32Array, lagMax: number): number {
  let [best, bestLag] = [Number.NEGATIVE_INFINITY, Number.NaN];
  for (let lag = -lagMax; lag <= lagMax; lag++) {
    let likeness = 0;
    for (let i = lagMax; i < earlier.length - lagMax; i += 3) {
      likeness += (earlier[i] ?? 0) * (later[i + lag] ?? 0);
    }
    if (likeness > best) [best, bestLag] = [likeness, lag];
  }
  return bestLag;
}
