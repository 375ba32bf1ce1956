/**
 * The versions in which a publisher sends one picture at the same time (simulcast). The stream itself
 * has the best of them.
 *
 * @module
 */

import type { Frame } from "./frame.ts";

export interface VideoLayer {
  readonly name: string;
  readonly isActive: boolean;
  /** Bits per second. */
  readonly bitrate: number;
}

export interface VideoLayerListener {
  /** The next frame of a layer; its time is the publisher's, the same for all layers. */
  layerFrame(name: string, frame: Frame): void;
}

export interface VideoLayers {
  list(nowMs: number): readonly VideoLayer[];
  addListener(listener: VideoLayerListener): void;
  removeListener(listener: VideoLayerListener): void;
  /** Somebody wants to begin with that layer. May be called often. */
  requestKeyFrame(name: string): void;
}
