/**
 * Opus as RTP payloads: one packet of Opus each.
 *
 * Spec: RFC 7587, 4.2 (payload structure) and 4.1 (the clock counts at 48 kHz whatever was encoded).
 *
 * @module
 */

import { MalformedError } from "../../base/errors.ts";
import { decodeOpusHead } from "../../codec/opus/opus-head.ts";
import { OPUS_SAMPLE_RATE, opusPacketSamples } from "../../codec/opus/packet-duration.ts";
import type { Frame } from "../../live/frame.ts";
import type { Track } from "../../live/track.ts";
import { AudioSampleClock } from "../audio-sample-clock.ts";
import type { RtpPacketizer } from "./packetizer.ts";
import type { RtpPayloadOutput } from "./rtp-payload.ts";

/** @throws {MalformedError} If it has more than two channels, for which there is no payload format. */
export function createOpusPacketizer({ decoderConfigurationRecord: record }: Track): RtpPacketizer {
  const channelCount = record === undefined ? 2 : decodeOpusHead(record).channelCount;
  if (channelCount > 2) {
    throw new MalformedError(`Cannot send Opus of ${channelCount} channels by RTP`, 9);
  }
  return new OpusPacketizer();
}

class OpusPacketizer implements RtpPacketizer {
  /** Receivers count samples, and hear the milliseconds to which other protocols round. */
  readonly #clock = new AudioSampleClock(OPUS_SAMPLE_RATE);
  #end: number | undefined;

  packetize({ payload, dtsMs }: Frame, output: RtpPayloadOutput): void {
    const sampleCount = opusPacketSamples(payload);
    const timestamp = this.#clock.next(dtsMs, sampleCount);
    const isMarked = timestamp !== this.#end;
    this.#end = timestamp + sampleCount;
    output({ kind: "audio", payload, timestamp, isMarked, isKeyFrameStart: false });
  }
}
