/**
 * The unit that flows through the live core.
 *
 * @module
 */

import type { Track } from "./track.ts";

/**
 * One coded picture (access unit, temporal unit) or one audio packet. Once published it never
 * changes, and all subscribers share its bytes.
 */
export interface Frame {
  readonly track: Track;
  /** Decoding time in milliseconds, with a fraction where the source has a finer clock. */
  readonly dtsMs: number;
  /** The same as the publisher counts, before it was placed on the stream's timeline; set by LiveStream. */
  readonly publisherDtsMs?: number;
  /** PTS - DTS in milliseconds; may be negative. 0 for audio. */
  readonly compositionTimeOffsetMs: number;
  /** A decoder can start here. Every audio frame is one. */
  readonly isKeyFrame: boolean;
  /** The coded bytes; for H.264 and HEVC length-prefixed NAL units. */
  readonly payload: Uint8Array;
  /** The FLV body in which an RTMP publisher sent it, so that FLV and RTMP players get the same. */
  readonly flvBody: Uint8Array | undefined;
}

/** A frame on its way in: its `dtsMs`, as yet the publisher's, is set once more by LiveStream. */
export interface IncomingFrame extends Frame {
  dtsMs: number;
  publisherDtsMs?: number;
}
