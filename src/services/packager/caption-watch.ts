/**
 * Whether a stream has closed captions, which playlists and manifests must tell.
 *
 * @module
 */

import type { Frame } from "../../live/frame.ts";
import type { Track } from "../../live/track.ts";
import { CaptionScanner } from "../../remux/track/captions.ts";

/** `unknown`: nothing can be said of the codec, or no picture has come. */
export type CaptionState = "present" | "absent" | "unknown";

export class CaptionWatch {
  #track: Track | undefined;
  #scanner: CaptionScanner | undefined;
  #isFound = false;

  /** Of all pictures of the publisher so far. */
  get state(): CaptionState {
    if (this.#isFound) return "present";
    return this.#scanner === undefined ? "unknown" : "absent";
  }

  /** Another publisher begins. */
  reset(): void {
    this.#track = undefined;
    this.#scanner = undefined;
    this.#isFound = false;
  }

  frame(frame: Frame): void {
    if (this.#isFound || frame.track.kind !== "video") return;
    if (frame.track !== this.#track) {
      this.#track = frame.track;
      this.#scanner = CaptionScanner.of(frame.track);
    }
    if (this.#scanner?.hasCaptions(frame)) this.#isFound = true;
  }
}
