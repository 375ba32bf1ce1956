/**
 * The rate that loss allows.
 *
 * Spec: draft-ietf-rmcat-gcc-02 section 6.
 *
 * @module
 */

/** Up to this nothing was lost by congestion; from the other on something was. */
const LOSS_LOW = 0.02;
const LOSS_HIGH = 0.1;
const INCREASE = 1.05;
/** How often the rate changes: what was sent before a change must have been reported on. */
const PERIOD_MS = 200;
/** Where packets are rare, the rate makes up for so many changes that were not possible. */
const PERIOD_COUNT_MAX = 10;
/** Of fewer packets the loss is chance. */
const COUNT_MIN = 20;

export class LossBasedRate {
  #bitrate: number;
  #receivedCount = 0;
  #lostCount = 0;
  #changedMs: number | undefined;
  #lossFraction = 0;

  /** @param bitrate To begin with, in bit/s. */
  constructor(bitrate: number) {
    this.#bitrate = bitrate;
  }

  /** In bit/s. */
  get bitrate(): number {
    return this.#bitrate;
  }

  /** Of the latest packets that were reported on, from 0 to 1. */
  get lossFraction(): number {
    return this.#lossFraction;
  }

  /** Packets have been reported on; what was counted as lost may come later (-1). */
  count(receivedCount: number, lostCount: number): void {
    this.#receivedCount += receivedCount;
    this.#lostCount += lostCount;
  }

  update(roundTripMs: number, nowMs: number): void {
    const count = this.#receivedCount + this.#lostCount;
    this.#changedMs ??= nowMs;
    const periods = (nowMs - this.#changedMs) / (PERIOD_MS + roundTripMs);
    if (count < COUNT_MIN || periods < 1) return;
    this.#changedMs = nowMs;
    this.#lossFraction = Math.min(Math.max(this.#lostCount / count, 0), 1);
    this.#receivedCount = 0;
    this.#lostCount = 0;
    if (this.#lossFraction > LOSS_HIGH) this.#bitrate *= 1 - 0.5 * this.#lossFraction;
    else if (this.#lossFraction < LOSS_LOW) {
      this.#bitrate *= INCREASE ** Math.min(periods, PERIOD_COUNT_MAX);
    }
  }

  /** The network was seen to carry so much, which counts where little is lost. */
  probed(bitrate: number): void {
    if (this.#lossFraction < LOSS_LOW) this.#bitrate = Math.max(this.#bitrate, bitrate);
  }

  setBounds(bitrateMin: number, bitrateMax: number): void {
    this.#bitrate = Math.min(Math.max(this.#bitrate, bitrateMin), bitrateMax);
  }
}
