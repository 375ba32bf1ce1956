/**
 * Sound out of RTP: every packet is a frame.
 *
 * Spec: RFC 7587, 4.2 (Opus); RFC 3551, 4.5.14 (PCMA and PCMU).
 *
 * @module
 */

import { unlessMalformed } from "../../base/errors.ts";
import { encodeOpusHead } from "../../codec/opus/opus-head.ts";
import { OPUS_SAMPLE_RATE, opusPacketSamples } from "../../codec/opus/packet-duration.ts";
import { createTrack, type Track } from "../../live/track.ts";
import type { FlvOutput } from "../flv/to-stream.ts";
import type { RtpInput } from "./rtp-input.ts";
import { rtpClockRate } from "./rtp-payload.ts";

type AudioRtpCodec = "opus" | "g711a" | "g711u";

/**
 * The payload format is for two channels, and what is mono is decoded to both (RFC 7587, 7). Nothing is
 * to be dropped at the start: timestamps are those of what is heard.
 */
const OPUS_HEAD = encodeOpusHead({
  channelCount: 2,
  preSkip: 0,
  inputSampleRate: OPUS_SAMPLE_RATE,
  outputGain: 0,
  mapping: undefined,
});

export class AudioInput implements RtpInput {
  droppedCount = 0;
  readonly needsKeyFrame = false;
  readonly #codec: AudioRtpCodec;
  readonly #output: FlvOutput;
  #track: Track | undefined;

  constructor(codec: AudioRtpCodec, output: FlvOutput) {
    this.#codec = codec;
    this.#output = output;
  }

  take(payload: Uint8Array, timestamp: number): void {
    if (payload.length === 0) return;
    if (this.#codec === "opus" && unlessMalformed(() => opusPacketSamples(payload)) === undefined) {
      this.droppedCount += 1;
      return;
    }
    const record = this.#codec === "opus" ? OPUS_HEAD : undefined;
    this.#track ??= this.#output.writeTrack(createTrack("audio", this.#codec, record));
    this.#output.writeFrame({
      track: this.#track,
      dtsMs: (timestamp * 1000) / rtpClockRate(this.#codec),
      compositionTimeOffsetMs: 0,
      isKeyFrame: true,
      payload,
      flvBody: undefined,
    });
  }

  flush(): void {
    // Each packet has been written when it came.
  }
}
