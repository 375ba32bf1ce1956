/**
 * Where decoded sound belongs on the time line.
 *
 * Publishers round times to milliseconds, jitter, lose frames, and have clocks that are not quite as
 * fast as their samples. Samples are counted, since whatever is put in or left out is heard, and the
 * count follows the given times where it would else be off by more than lips may be.
 *
 * @module
 */

/** A longer step is a gap, and stays one. */
export const AUDIO_GAP_MS_MAX = 100;

/** How far the count may be off in the long run: half of what lip sync has room for. */
const DRIFT_MS_MAX = 20;

/** Over how many frames, or so, a deviation has to last to be more than jitter: about a second. */
const DRIFT_FRAMES = 32;

/** The shortest frame of Opus: what is missing of a track with exact times is a multiple of it. */
const MISSING_MS_MIN = 2.5;

export type Placement =
  /** The frame begins at its own time: the first one, or one behind a gap. */
  | { readonly kind: "start" }
  /** It follows the one before. */
  | { readonly kind: "follow" }
  /** Before it, so many samples have to be made up. */
  | { readonly kind: "insert"; readonly sampleCount: number }
  /** So many samples at its beginning have to be left out. */
  | { readonly kind: "drop"; readonly sampleCount: number };

const START: Placement = { kind: "start" };
const FOLLOW: Placement = { kind: "follow" };

export class SampleClock {
  readonly #isTimeExact: boolean;
  /** When the next frame has to begin; `undefined` before the first. */
  #nextMs: number | undefined;
  #lastMs = 0;
  /** By how much given times are later than counted ones, averaged. */
  #driftMs = 0;

  /** @param isTimeExact Times are neither rounded nor do they jitter: a step is a missing frame. */
  constructor(isTimeExact: boolean) {
    this.#isTimeExact = isTimeExact;
  }

  /**
   * Takes the next frame.
   *
   * @param sampleRate Of its samples, in Hz.
   */
  place(dtsMs: number, sampleCount: number, sampleRate: number): Placement {
    const durationMs = (sampleCount * 1000) / sampleRate;
    const hasGoneBack = dtsMs < this.#lastMs - AUDIO_GAP_MS_MAX;
    this.#lastMs = dtsMs;
    const nextMs = this.#nextMs;
    if (nextMs === undefined || hasGoneBack || dtsMs - nextMs > AUDIO_GAP_MS_MAX) {
      this.#nextMs = dtsMs + durationMs;
      this.#driftMs = 0;
      return START;
    }
    const deviationMs = dtsMs - nextMs;
    // Frames that come faster than they sound have no place at all.
    if (deviationMs < -AUDIO_GAP_MS_MAX) return { kind: "drop", sampleCount };
    const count = this.#correction(deviationMs, sampleRate);
    const correctionMs = (Math.max(count, -sampleCount) * 1000) / sampleRate;
    this.#nextMs = nextMs + durationMs + correctionMs;
    if (count === 0) return FOLLOW;
    this.#driftMs = this.#isTimeExact ? deviationMs - correctionMs : 0;
    if (count > 0) return { kind: "insert", sampleCount: count };
    return { kind: "drop", sampleCount: Math.min(sampleCount, -count) };
  }

  /** How many samples to put in; negative: to leave out. */
  #correction(deviationMs: number, sampleRate: number): number {
    if (this.#isTimeExact && deviationMs >= MISSING_MS_MIN) {
      const missingMs = Math.floor(deviationMs / MISSING_MS_MIN) * MISSING_MS_MIN;
      return Math.round((missingMs * sampleRate) / 1000);
    }
    this.#driftMs += (deviationMs - this.#driftMs) / DRIFT_FRAMES;
    if (Math.abs(this.#driftMs) <= DRIFT_MS_MAX) return 0;
    return Math.round((this.#driftMs * sampleRate) / 1000);
  }
}
