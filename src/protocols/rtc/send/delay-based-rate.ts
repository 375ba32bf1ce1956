/**
 * The rate that delays allow: up step by step, down at once when the link is overused.
 *
 * Spec: draft-ietf-rmcat-gcc-02 sections 5.5 and 5.6.
 *
 * @module
 */

import type { LinkUse } from "./overuse-detector.ts";

/** beta: what is left of the measured rate after overuse. */
const DECREASE = 0.85;
/** eta: how much the rate grows in a second while the link's capacity is not known. */
const INCREASE_PER_SECOND = 1.08;
/** The rate is at most so much more than what arrives: beyond that nothing is known. */
const MEASURED_FACTOR = 1.5;
const FRAMES_PER_SECOND = 30;
const PACKET_BITS = 1_200 * 8;
/** At the least the rate grows by so much in a response time, in bit/s. */
const INCREASE_MIN = 1_000;
/** response_time is a round trip and this. */
const RESPONSE_MS = 100;
/** How fast the mean of the rates at which the link was full follows. */
const CAPACITY_SMOOTHING = 0.95;
/** Relative variance at first, and its limits, in kbit/s. */
const VARIANCE = 0.4;
const VARIANCE_MAX = 2.5;

/** What the link was found to carry, in bit/s, each time it was full. */
class LinkCapacity {
  #mean: number | undefined;
  #variance = VARIANCE;

  add(bitrate: number): void {
    const mean = this.#mean ?? bitrate;
    this.#mean = CAPACITY_SMOOTHING * mean + (1 - CAPACITY_SMOOTHING) * bitrate;
    const error = (bitrate - this.#mean) ** 2 / (Math.max(this.#mean, 1) * 1_000);
    const variance = CAPACITY_SMOOTHING * this.#variance + (1 - CAPACITY_SMOOTHING) * error;
    this.#variance = Math.min(Math.max(variance, VARIANCE), VARIANCE_MAX);
  }

  /** @returns How many standard deviations `bitrate` is away; `undefined` if nothing is known. */
  deviations(bitrate: number): number | undefined {
    if (this.#mean === undefined) return undefined;
    return (bitrate - this.#mean) / Math.sqrt(this.#variance * this.#mean * 1_000);
  }

  forget(): void {
    this.#mean = undefined;
    this.#variance = VARIANCE;
  }
}

/** "Close to the capacity" is within so many standard deviations. */
const NEAR_DEVIATIONS = 3;

export class DelayBasedRate {
  readonly #capacity = new LinkCapacity();
  #bitrate: number;
  #isIncreasing = true;
  #updatedMs: number | undefined;
  #decreasedMs = Number.NEGATIVE_INFINITY;

  /** @param bitrate To begin with, in bit/s. */
  constructor(bitrate: number) {
    this.#bitrate = bitrate;
  }

  /** In bit/s. */
  get bitrate(): number {
    return this.#bitrate;
  }

  /**
   * @param measured What arrives at present, in bit/s.
   * @param roundTripMs In milliseconds.
   */
  update(use: LinkUse, measured: number, roundTripMs: number, nowMs: number): void {
    const elapsedMs = Math.min(nowMs - (this.#updatedMs ?? nowMs), 1_000);
    this.#updatedMs = nowMs;
    if (use === "overuse") {
      this.#decrease(measured, roundTripMs, nowMs);
      return;
    }
    // After overuse the queue drains first: underuse holds, and normal use lets it grow again.
    if (use === "underuse") this.#isIncreasing = false;
    else if (this.#isIncreasing) this.#increase(measured, roundTripMs, elapsedMs);
    else this.#isIncreasing = true;
  }

  /** Whoever reports nothing may have a link that carries nothing. */
  scale(factor: number): void {
    this.#bitrate *= factor;
  }

  /** The network was seen to carry so much. */
  probed(bitrate: number): void {
    this.#bitrate = Math.max(this.#bitrate, bitrate);
  }

  setBounds(bitrateMin: number, bitrateMax: number): void {
    this.#bitrate = Math.min(Math.max(this.#bitrate, bitrateMin), bitrateMax);
  }

  #decrease(measured: number, roundTripMs: number, nowMs: number): void {
    this.#isIncreasing = false;
    // What was sent before the last decrease still fills the queue.
    if (nowMs - this.#decreasedMs < RESPONSE_MS + roundTripMs) return;
    const deviations = this.#capacity.deviations(measured);
    if (deviations !== undefined && Math.abs(deviations) > NEAR_DEVIATIONS) this.#capacity.forget();
    this.#capacity.add(measured);
    this.#bitrate = Math.min(this.#bitrate, DECREASE * measured);
    this.#decreasedMs = nowMs;
  }

  #increase(measured: number, roundTripMs: number, elapsedMs: number): void {
    const limit = measured * MEASURED_FACTOR;
    if (this.#bitrate >= limit) return;
    const deviations = this.#capacity.deviations(measured);
    if (deviations !== undefined && deviations > NEAR_DEVIATIONS) this.#capacity.forget();
    const isNear = deviations !== undefined && Math.abs(deviations) <= NEAR_DEVIATIONS;
    const grown = isNear
      ? this.#bitrate + this.#addition(roundTripMs, elapsedMs)
      : this.#bitrate * INCREASE_PER_SECOND ** (elapsedMs / 1_000);
    this.#bitrate = Math.min(grown, limit);
  }

  /** About half a packet in a response time. */
  #addition(roundTripMs: number, elapsedMs: number): number {
    const bitsPerFrame = this.#bitrate / FRAMES_PER_SECOND;
    const packetsPerFrame = Math.ceil(bitsPerFrame / PACKET_BITS);
    const share = 0.5 * Math.min(elapsedMs / (RESPONSE_MS + roundTripMs), 1);
    return Math.max(
      (INCREASE_MIN * elapsedMs) / (RESPONSE_MS + roundTripMs),
      (share * bitsPerFrame) / packetsPerFrame,
    );
  }
}
