/**
 * G.711 as RTP payloads of 20 ms, whatever the frames are like that it comes in.
 *
 * Spec: RFC 3551, 4.5.14 (PCMA and PCMU), 4.2 (20 ms are the default).
 *
 * @module
 */

import type { Frame } from "../../live/frame.ts";
import { AudioSampleClock } from "../audio-sample-clock.ts";
import type { RtpPacketizer } from "./packetizer.ts";
import type { RtpPayloadOutput } from "./rtp-payload.ts";

const SAMPLE_RATE = 8_000;
/** A sample is a byte. */
const PACKET_SIZE = 160;

export class G711Packetizer implements RtpPacketizer {
  readonly #clock = new AudioSampleClock(SAMPLE_RATE);
  /** What was too little for a packet, and where it starts. */
  #rest = new Uint8Array(0);
  #restStart = 0;
  /** Where the latest packet ended; `undefined` before the first. */
  #end: number | undefined;

  packetize({ payload, dtsMs }: Frame, output: RtpPayloadOutput): void {
    const start = this.#clock.next(dtsMs, payload.length);
    let samples = payload;
    let timestamp = start;
    if (this.#rest.length > 0 && this.#restStart + this.#rest.length === start) {
      samples = new Uint8Array(this.#rest.length + payload.length);
      samples.set(this.#rest);
      samples.set(payload, this.#rest.length);
      timestamp = this.#restStart;
    } else if (this.#rest.length > 0) {
      this.#write(output, this.#rest, this.#restStart);
    }
    let offset = 0;
    for (; offset + PACKET_SIZE <= samples.length; offset += PACKET_SIZE) {
      this.#write(output, samples.subarray(offset, offset + PACKET_SIZE), timestamp + offset);
    }
    this.#rest = samples.slice(offset);
    this.#restStart = timestamp + offset;
  }

  #write(output: RtpPayloadOutput, payload: Uint8Array, timestamp: number): void {
    const isMarked = timestamp !== this.#end;
    this.#end = timestamp + payload.length;
    output({ kind: "audio", payload, timestamp, isMarked, isKeyFrameStart: false });
  }
}
