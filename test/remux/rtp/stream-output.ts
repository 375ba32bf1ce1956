/**
 * Where tests let frames go.
 *
 * @module
 */

import type { IncomingFrame } from "../../../src/live/frame.ts";
import { createTrack, type Track } from "../../../src/live/track.ts";
import { StreamToRtp } from "../../../src/remux/rtp/from-stream.ts";
import type { RtpPacketizerOptions } from "../../../src/remux/rtp/packetizer.ts";
import type { RtpInput } from "../../../src/remux/rtp/rtp-input.ts";
import type { RtpPayload } from "../../../src/remux/rtp/rtp-payload.ts";

/** Keeps what would go to a publication. */
export class StreamOutput {
  readonly tracks: Track[] = [];
  readonly frames: IncomingFrame[] = [];
  writeMetadata(): void {
    throw new Error("RTP has none");
  }
  writeTrack(track: Track): Track {
    this.tracks.push(track);
    return track;
  }
  writeFrame(frame: IncomingFrame): void {
    this.frames.push(frame);
  }
}

/** The payloads of frames. */
export function packetize(
  frames: readonly IncomingFrame[],
  options: Partial<RtpPacketizerOptions> = {},
): RtpPayload[] {
  const payloads: RtpPayload[] = [];
  const rtp = new StreamToRtp((payload) => payloads.push(payload), options);
  for (const frame of frames) rtp.frame(frame);
  return payloads;
}

/** Feeds payloads in order, without a gap but before those of `afterGaps`. */
export function feed(
  input: RtpInput,
  payloads: readonly RtpPayload[],
  afterGaps: ReadonlySet<RtpPayload> = new Set(),
): void {
  for (const packet of payloads) {
    input.take(packet.payload, packet.timestamp, packet.isMarked, afterGaps.has(packet));
  }
  input.flush();
}

export function toHex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}

export function videoFrame(
  track: Track,
  dtsMs: number,
  payload: Uint8Array,
  more: Partial<IncomingFrame> = {},
): IncomingFrame {
  return {
    track,
    dtsMs,
    compositionTimeOffsetMs: 0,
    isKeyFrame: false,
    payload,
    flvBody: undefined,
    ...more,
  };
}

export function audioTrack(codec: Track["codec"], record?: Uint8Array): Track {
  return createTrack("audio", codec, record);
}
