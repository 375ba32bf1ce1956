/**
 * The versions in which one picture is to be had at the same time: the layers that a publisher sends
 * (simulcast), of which the stream itself has the best, or the rungs of a ladder, which are streams
 * beside it.
 *
 * @module
 */

import type { Frame } from "./frame.ts";
import type { Track } from "./track.ts";

export interface VideoLayer {
  readonly name: string;
  /** By what it may be asked for too. */
  readonly aliases?: readonly string[];
  readonly isActive: boolean;
  /** Bits per second. */
  readonly bitrate: number;
  /** By how much later than the stream's its frames come at most, in milliseconds; default 0. */
  readonly latenessMs?: number;
  /** What its frames are coded as; absent where that is the same for all layers. */
  readonly track?: Track | undefined;
}

export interface VideoLayerListener {
  /** The next frame of a layer; its time is of a clock that is the same for all layers. */
  layerFrame(name: string, frame: Frame): void;
  /** What comes next of a layer does not go on from what was before: its times are others. */
  layerRestarted(name: string): void;
}

export interface VideoLayers {
  /**
   * Of a ladder: the name, among the layers, of what the stream itself has. Its frames are not told
   * of, and the times of the others are the stream's. Absent: all are layers of the publisher, and on
   * its clock.
   */
  readonly ownName?: string;
  list(nowMs: number): readonly VideoLayer[];
  addListener(listener: VideoLayerListener): void;
  removeListener(listener: VideoLayerListener): void;
  /**
   * Somebody wants to begin with that layer. May be called often.
   *
   * @returns False if there is no way to ask for a key frame.
   */
  requestKeyFrame(name: string): boolean;
}
