/**
 * Whether packets take longer and longer: the slope of the delay that has built up.
 *
 * The draft estimates the gradient with a Kalman filter; a straight line through the last points
 * does the same with less to tune.
 *
 * Spec: draft-ietf-rmcat-gcc-02 section 5.3 (m(i), the estimate of the one-way delay gradient).
 *
 * @module
 */

/** Points on the line: 20 groups are a tenth of a second or more. */
const POINT_COUNT = 20;
/** So much of the smoothed delay stays with each point. */
const SMOOTHING = 0.9;
/** The slope is in ms per ms; times these it is comparable with thresholds of some milliseconds. */
const GAIN = 4;
const WEIGHT_MAX = 60;

export class DelayTrend {
  readonly #timesMs = new Float64Array(POINT_COUNT);
  readonly #delaysMs = new Float64Array(POINT_COUNT);
  #count = 0;
  #accumulatedMs = 0;
  #smoothedMs = 0;
  #startMs: number | undefined;

  /**
   * @param variationMs By how much longer a group took than the one before.
   * @param arrivalMs When it arrived.
   * @returns The estimate m, in ms: above 0 while queues build up, below 0 while they drain.
   */
  add(variationMs: number, arrivalMs: number): number {
    this.#startMs ??= arrivalMs;
    this.#accumulatedMs += variationMs;
    this.#smoothedMs = SMOOTHING * this.#smoothedMs + (1 - SMOOTHING) * this.#accumulatedMs;
    const slot = this.#count++ % POINT_COUNT;
    this.#timesMs[slot] = arrivalMs - this.#startMs;
    this.#delaysMs[slot] = this.#smoothedMs;
    if (this.#count < POINT_COUNT) return 0;
    return this.#slope() * Math.min(this.#count, WEIGHT_MAX) * GAIN;
  }

  reset(): void {
    this.#count = 0;
    this.#accumulatedMs = 0;
    this.#smoothedMs = 0;
    this.#startMs = undefined;
  }

  /** Of the line of least squares. */
  #slope(): number {
    let timeSum = 0;
    let delaySum = 0;
    for (let point = 0; point < POINT_COUNT; point++) {
      timeSum += this.#timesMs[point] ?? 0;
      delaySum += this.#delaysMs[point] ?? 0;
    }
    let numerator = 0;
    let denominator = 0;
    for (let point = 0; point < POINT_COUNT; point++) {
      const time = (this.#timesMs[point] ?? 0) - timeSum / POINT_COUNT;
      numerator += time * ((this.#delaysMs[point] ?? 0) - delaySum / POINT_COUNT);
      denominator += time * time;
    }
    return denominator === 0 ? 0 : numerator / denominator;
  }
}
