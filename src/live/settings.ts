/**
 * What the operator can set about a stream and its subscribers. `app` makes it from a vhost's
 * configuration.
 *
 * @module
 */

import type { GopCacheLimits } from "./gop-cache.ts";
import type { JitterMode } from "./timeline.ts";

export interface StreamSettings {
  readonly gopCache: GopCacheLimits;
  readonly jitterMode: JitterMode;
  /** Take the publisher's timestamps as absolute when its metadata has `bravo_atc: "true"`. */
  readonly isAtcByMetadata: boolean;
  /** Sort audio and video by time. */
  readonly isMixCorrected: boolean;
  /** Do not repeat a sequence header that is the same as the one before. */
  readonly isSequenceHeaderReduced: boolean;
  readonly flush: FlushSettings;
  readonly queue: QueueSettings;
  readonly publisher: PublisherSettings;
  /** Forget a stream without publisher and subscribers after this many milliseconds. */
  readonly idleMs: number;
}

/** Merged write: frames wait in a block until it is worth a system call per subscriber. */
export interface FlushSettings {
  /** How long the first frame of a block waits. 0: each frame is a block (realtime). */
  readonly windowMs: number;
  /** A block with no more frames than this waits for a second window. */
  readonly framesMin: number;
}

/** How far a subscriber may fall behind before it skips to a key frame. */
export interface QueueSettings {
  readonly durationMs: number;
  /** Bytes. */
  readonly sizeMax: number;
  /** A subscriber whose socket takes nothing for this long is closed. */
  readonly writeTimeoutMs: number;
}

export interface PublisherSettings {
  /** How long to wait for the first frame. */
  readonly firstFrameTimeoutMs: number;
  /** How long to wait for any later one. */
  readonly frameTimeoutMs: number;
  /** How long subscribers stay and the stream's name is kept after the publisher left. */
  readonly graceMs: number;
  /** Close the publisher when nobody has watched for this long. 0: never. */
  readonly kickoffIdleMs: number;
}
