/**
 * Tells from the trend of delays whether a link is used beyond what it carries.
 *
 * Spec: draft-ietf-rmcat-gcc-02 section 5.4.
 *
 * @module
 */

export type LinkUse = "normal" | "overuse" | "underuse";

/** del_var_th(0), and its limits, in ms. */
const THRESHOLD_MS = 12.5;
const THRESHOLD_MS_MIN = 6;
const THRESHOLD_MS_MAX = 600;
/** K_u and K_d: how fast the threshold follows the trend up and down. */
const GAIN_UP = 0.01;
const GAIN_DOWN = 0.000_18;
/** A spike beyond the threshold by this much does not move it. */
const SPIKE_MS = 15;
/** The threshold does not learn more from a pause than from so long. */
const STEP_MS_MAX = 100;
/** overuse_time_th: how long the trend has to be beyond the threshold. */
const OVERUSE_MS = 10;

export class OveruseDetector {
  #thresholdMs = THRESHOLD_MS;
  #overuseMs = 0;
  #overuseCount = 0;
  #trendBefore = 0;
  #updatedMs: number | undefined;
  #use: LinkUse = "normal";

  get use(): LinkUse {
    return this.#use;
  }

  /**
   * @param trend As DelayTrend gives it.
   * @param sendDeltaMs Between the last two groups when they were sent.
   * @param nowMs Any clock.
   */
  update(trend: number, sendDeltaMs: number, nowMs: number): LinkUse {
    if (trend > this.#thresholdMs) {
      this.#overuseMs += sendDeltaMs;
      this.#overuseCount++;
      const isLong = this.#overuseMs > OVERUSE_MS && this.#overuseCount > 1;
      if (isLong && trend >= this.#trendBefore) this.#use = "overuse";
    } else {
      this.#overuseMs = 0;
      this.#overuseCount = 0;
      this.#use = trend < -this.#thresholdMs ? "underuse" : "normal";
    }
    this.#trendBefore = trend;
    this.#adapt(Math.abs(trend), nowMs);
    return this.#use;
  }

  reset(): void {
    this.#overuseMs = 0;
    this.#overuseCount = 0;
    this.#trendBefore = 0;
    this.#updatedMs = undefined;
    this.#use = "normal";
  }

  /** So that flows that fill queues (TCP) do not starve this one. */
  #adapt(trend: number, nowMs: number): void {
    const stepMs = Math.min(nowMs - (this.#updatedMs ?? nowMs), STEP_MS_MAX);
    this.#updatedMs = nowMs;
    const distance = trend - this.#thresholdMs;
    if (distance > SPIKE_MS) return;
    const threshold = this.#thresholdMs + stepMs * (distance > 0 ? GAIN_UP : GAIN_DOWN) * distance;
    this.#thresholdMs = Math.min(Math.max(threshold, THRESHOLD_MS_MIN), THRESHOLD_MS_MAX);
  }
}
