/**
 * Whether a stream has closed captions, which playlists and manifests must tell.
 *
 * @module
 */

import type { Frame } from "../../live/frame.ts";
import type { Track } from "../../live/track.ts";
import { CaptionScanner } from "../../remux/track/captions.ts";

/** Captions come with every picture, or every few of them. */
const PICTURES_MIN = 25;

/** `unknown`: nothing can be said of the codec, or too few pictures have come. */
export type CaptionState = "present" | "absent" | "unknown";

export class CaptionWatch {
  #track: Track | undefined;
  #scanner: CaptionScanner | undefined;
  #isFound = false;
  #pictureCount = 0;

  /** Of all pictures of the publisher that it has been shown. */
  get state(): CaptionState {
    if (this.#isFound) return "present";
    const isKnown = this.#scanner !== undefined && this.#pictureCount >= PICTURES_MIN;
    return isKnown ? "absent" : "unknown";
  }

  /** Another publisher begins. */
  reset(): void {
    this.#track = undefined;
    this.#scanner = undefined;
    this.#isFound = false;
    this.#pictureCount = 0;
  }

  frame(frame: Frame): void {
    if (this.#isFound || frame.track.kind !== "video") return;
    if (frame.track !== this.#track) {
      this.#track = frame.track;
      this.#scanner = CaptionScanner.of(frame.track);
    }
    this.#pictureCount += 1;
    if (this.#scanner?.hasCaptions(frame)) this.#isFound = true;
  }
}
