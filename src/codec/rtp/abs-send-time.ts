/**
 * When a packet was sent, by the sender's clock: what a receiver estimates the bandwidth from.
 *
 * Spec: http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time (seconds as a fixed-point number
 * with 6 bits of whole seconds and 18 of their fraction).
 *
 * @module
 */

import { getUint24 } from "../../base/bytes.ts";
import { MalformedError } from "../../base/errors.ts";

/** Its name in SDP. */
export const ABS_SEND_TIME_URI = "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time";
/** In bytes. */
export const ABS_SEND_TIME_SIZE = 3;
/** After this time it begins at 0 again. */
export const ABS_SEND_TIME_WRAP_MS = 64_000;

const TICKS_PER_SECOND = 0x4_0000;
const TICKS_PER_WRAP = 0x100_0000;

/**
 * @returns Milliseconds, 0 to before 64,000, to within 4 microseconds.
 * @throws {MalformedError} If the value is not of three bytes.
 */
export function decodeAbsSendTime(value: Uint8Array): number {
  if (value.length !== ABS_SEND_TIME_SIZE) {
    throw new MalformedError(`Cannot read abs-send-time of ${value.length} bytes`, 0);
  }
  const view = new DataView(value.buffer, value.byteOffset, value.byteLength);
  return (getUint24(view, 0) * 1000) / TICKS_PER_SECOND;
}

/** Writes the three bytes at `offset`. */
export function writeAbsSendTime(target: Uint8Array, offset: number, timeMs: number): void {
  const ticks = Math.floor((timeMs * TICKS_PER_SECOND) / 1000) % TICKS_PER_WRAP;
  target[offset] = ticks >> 16;
  target[offset + 1] = ticks >> 8;
  target[offset + 2] = ticks;
}
