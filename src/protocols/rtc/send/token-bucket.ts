/**
 * A rate that holds on average, with room for short bursts.
 *
 * @module
 */

/** Even the slowest bucket lets a packet pass. */
const DEPTH_MIN = 1_500;

export class TokenBucket {
  readonly #depthMs: number;
  #bytesPerMs: number;
  #depth: number;
  #tokens: number;
  #lastMs: number | undefined;

  /**
   * @param bitrate In bit/s.
   * @param depthMs How much may come at once, as time at the rate.
   */
  constructor(bitrate: number, depthMs: number) {
    this.#depthMs = depthMs;
    this.#bytesPerMs = bitrate / 8_000;
    this.#depth = Math.max(this.#bytesPerMs * depthMs, DEPTH_MIN);
    this.#tokens = this.#depth;
  }

  /** What was left stays as full as it was. */
  setBitrate(bitrate: number): void {
    const depth = this.#depth;
    this.#bytesPerMs = bitrate / 8_000;
    this.#depth = Math.max(this.#bytesPerMs * this.#depthMs, DEPTH_MIN);
    if (this.#tokens > 0) this.#tokens *= this.#depth / depth;
  }

  /** Takes so many bytes, if there is anything left; the last may overdraw. */
  take(size: number, nowMs: number): boolean {
    this.#fill(nowMs);
    if (this.#tokens <= 0) return false;
    this.#tokens -= size;
    return true;
  }

  #fill(nowMs: number): void {
    const elapsedMs = nowMs - (this.#lastMs ?? nowMs);
    this.#lastMs = nowMs;
    this.#tokens = Math.min(this.#tokens + elapsedMs * this.#bytesPerMs, this.#depth);
  }
}
