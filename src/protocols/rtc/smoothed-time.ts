/**
 * Mean and variation of a time that is measured again and again.
 *
 * Spec: RFC 6298 section 2 (as TCP smooths its round trip).
 *
 * @module
 */

export class SmoothedTime {
  #meanMs: number;
  #variationMs = 0;
  #isMeasured = false;

  /** @param initialMs What it is taken for before the first measurement. */
  constructor(initialMs: number) {
    this.#meanMs = initialMs;
  }

  get meanMs(): number {
    return this.#meanMs;
  }

  get variationMs(): number {
    return this.#variationMs;
  }

  /** Whether there was a measurement. */
  get isMeasured(): boolean {
    return this.#isMeasured;
  }

  add(sampleMs: number): void {
    if (!this.#isMeasured) {
      this.#isMeasured = true;
      this.#meanMs = sampleMs;
      this.#variationMs = sampleMs / 2;
      return;
    }
    const errorMs = sampleMs - this.#meanMs;
    this.#variationMs += (Math.abs(errorMs) - this.#variationMs) / 4;
    this.#meanMs += errorMs / 8;
  }
}
