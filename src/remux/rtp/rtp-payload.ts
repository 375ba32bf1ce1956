/**
 * What goes into RTP packets, and which codecs of the live core there is a payload format for.
 *
 * Spec: RFC 3550, 5.1 (timestamp, marker); RFC 3551, 4.1 (the marker of audio); the payload formats are
 * named where they are written.
 *
 * @module
 */

import type { Track, TrackKind } from "../../live/track.ts";

/** What goes into one RTP packet; the same bytes for every viewer. */
export interface RtpPayload {
  readonly kind: TrackKind;
  /** Never changes; it may be a view into the frame. */
  readonly payload: Uint8Array;
  /** In ticks of the clock rate, unwrapped: it grows beyond 32 bits. Starts where the stream's time says. */
  readonly timestamp: number;
  /** The last of its frame (video), the first after silence or a gap (audio). */
  readonly isMarked: boolean;
  /** The first packet of a key frame, which is one with its parameter sets. */
  readonly isKeyFrameStart: boolean;
}

export type RtpPayloadOutput = (payload: RtpPayload) => void;

/**
 * Bytes of a payload: with the headers of IPv6, UDP, TURN and SRTP around it, it is less than the 1,280
 * that every path of IPv6 carries.
 */
export const RTP_PAYLOAD_SIZE_MAX = 1200;

/**
 * More than this in one packet is sent by nobody: sound is not split, and what is protected for many at
 * once has a place of its size. Some sixty milliseconds of Opus at 256 kbit/s are as large.
 */
export const RTP_PAYLOAD_SIZE_LIMIT = 1_900;

/** In Hz, by the payload formats of all video codecs. */
export const VIDEO_CLOCK_RATE = 90_000;

const CLOCK_RATES: { readonly [codec in Track["codec"]]?: number } = {
  h264: VIDEO_CLOCK_RATE,
  hevc: VIDEO_CLOCK_RATE,
  av1: VIDEO_CLOCK_RATE,
  vp8: VIDEO_CLOCK_RATE,
  vp9: VIDEO_CLOCK_RATE,
  opus: 48_000,
  g711a: 8_000,
  g711u: 8_000,
};

/** Those with a payload format here. */
export type RtpCodec = "h264" | "hevc" | "av1" | "vp8" | "vp9" | "opus" | "g711a" | "g711u";

/** Ticks a second of the timestamps of `codec`. */
export function rtpClockRate(codec: RtpCodec): number {
  return CLOCK_RATES[codec] ?? VIDEO_CLOCK_RATE;
}
