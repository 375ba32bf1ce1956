/**
 * How long an Opus packet sounds: the only thing that must be known of its content to count time.
 *
 * Spec: RFC 6716, 3.1 (the TOC byte), 3.2.5 (code 3 packets).
 *
 * @module
 */

import { MalformedError } from "../../base/errors.ts";

/** Opus counts at this rate, whatever was encoded. */
export const OPUS_SAMPLE_RATE = 48_000;

/** 120 ms: no packet is longer (3.2.5, R5). */
const PACKET_SAMPLES_MAX = 5760;

/** Samples of one frame by the TOC's configuration number (table 2). */
// biome-ignore format: one mode a line
const FRAME_SAMPLES: readonly number[] = [
  480, 960, 1920, 2880,  480, 960, 1920, 2880,  480, 960, 1920, 2880, // SILK: 10, 20, 40, 60 ms
  480, 960,  480, 960,                                                // Hybrid: 10, 20 ms
  120, 240, 480, 960,  120, 240, 480, 960,                            // CELT: 2.5, 5, 10, 20 ms
  120, 240, 480, 960,  120, 240, 480, 960,
];

/**
 * Counts the samples at 48 kHz in a packet. Packets of several streams say it in their first.
 *
 * ```text
 * |configuration 5|stereo 1|code 2| code 0: one frame; 1, 2: two; 3: |VBR 1|padding 1|count 6|
 * ```
 *
 * @throws {MalformedError} If the packet is empty, or has no frames or too many.
 */
export function opusPacketSamples(packet: Uint8Array): number {
  const toc = packet[0];
  if (toc === undefined) throw new MalformedError("Cannot decode empty packet of Opus", 0);
  const code = toc & 0b11;
  const count = code === 0 ? 1 : code === 3 ? (packet[1] ?? 0) & 0b11_1111 : 2;
  const samples = count * (FRAME_SAMPLES[toc >>> 3] ?? 0);
  if (samples === 0 || samples > PACKET_SAMPLES_MAX) {
    throw new MalformedError(`Cannot decode packet of ${count} frames of Opus`, 1);
  }
  return samples;
}
