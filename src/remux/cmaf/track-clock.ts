/**
 * From a track's milliseconds to its ticks.
 *
 * @module
 */

import { MalformedError } from "../../base/errors.ts";
import type { Frame } from "../../live/frame.ts";
import { AudioSampleClock } from "../audio-sample-clock.ts";
import type { CmafTrack } from "./cmaf-track.ts";

export class TrackClock {
  readonly #track: CmafTrack;
  readonly #samples: AudioSampleClock | undefined;
  #lastTicks = Number.NEGATIVE_INFINITY;

  constructor(track: CmafTrack) {
    this.#track = track;
    if (track.kind === "audio") this.#samples = new AudioSampleClock(track.timescale);
  }

  /** Places a frame: audio by its samples, so that there is no gap of a fraction of a millisecond. */
  place(frame: Frame, mediaMs: number): number {
    const ticks = this.#placeAudio(frame, mediaMs) ?? this.toTicks(mediaMs);
    // Two frames at the same time are one tick apart, since a sample lasts at least that.
    this.#lastTicks = Math.max(ticks, this.#lastTicks + 1);
    return this.#lastTicks;
  }

  toTicks(ms: number): number {
    return Math.round((ms * this.#track.timescale) / 1_000);
  }

  toMs(ticks: number): number {
    return (ticks * 1_000) / this.#track.timescale;
  }

  #placeAudio(frame: Frame, mediaMs: number): number | undefined {
    const track = this.#track;
    if (track.kind === "video" || this.#samples === undefined) return undefined;
    try {
      return this.#samples.next(mediaMs, track.samplesPerFrame(frame.payload));
    } catch (error) {
      if (error instanceof MalformedError) return undefined;
      throw error;
    }
  }
}
