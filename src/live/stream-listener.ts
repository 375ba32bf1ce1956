/**
 * Who listens to a stream.
 *
 * @module
 */

import type { Frame } from "./frame.ts";
import type { StreamMetadata, Track } from "./track.ts";

/** Whoever wants a stream's frames as such: packagers, recorders. Broadcasts are served directly. */
export interface StreamListener {
  /** It serves viewers of its own: the stream is played for as long as it listens. */
  readonly isViewer?: boolean;
  /** It listens only to know when it will be needed: frames are of no use to it now. */
  readonly isIdle?: boolean;
  onMetadata(metadata: StreamMetadata): void;
  onTrack(track: Track): void;
  onFrame(frame: Frame): void;
  /** The publisher is gone and its grace period over. */
  onEnd(): void;
  /** One of the above threw. The listener has been removed; the stream goes on without it. */
  fail(error: unknown): void;
}
