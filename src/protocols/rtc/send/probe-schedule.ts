/**
 * When to find out whether a network carries more than is sent: packets that were sent are sent again,
 * as fast as the next version of the picture would need it, for a moment.
 *
 * Spec: RFC 4588 (what is sent again comes in a stream of its own, and is dropped where it is known).
 *
 * @module
 */

/** A probe is sent so much faster than what is wanted: what is measured of it is a little less. */
const RATE_FACTOR = 1.4;
export const PROBE_MS = 30;
/** By then feedback has told what became of a probe. */
const ANSWER_MS = 1_000;
/** After a probe that has found nothing the next one waits, each time twice as long. */
const PERIOD_MS = 4_000;
const PERIOD_MS_MAX = 20_000;
/** What is sent has changed: it is to be seen first how that fares. */
const REST_MS = 5_000;
/** With so much lost the network is full, and is not to be filled more. */
const LOSS_MAX = 0.02;

/** What is known of the network, see NetworkState. */
export interface ProbedNetwork {
  readonly estimate: number;
  readonly isOverused: boolean;
  readonly lossFraction: number;
}

export class ProbeSchedule {
  #periodMs = ANSWER_MS;
  #sentMs = Number.NEGATIVE_INFINITY;
  #restUntilMs = Number.NEGATIVE_INFINITY;
  /** Of the probe that has not been judged. */
  #wanted: number | undefined;

  /**
   * Call it with each new estimate, or now and then.
   *
   * @param wanted What the estimate would have to be for something better, in bit/s.
   * @returns The rate to send at for PROBE_MS, in bit/s; `undefined` for no probe.
   */
  next(wanted: number, network: ProbedNetwork, nowMs: number): number | undefined {
    this.#judge(network.estimate, nowMs);
    const isFull = network.isOverused || network.lossFraction > LOSS_MAX;
    if (network.estimate >= wanted || isFull) return undefined;
    if (nowMs < this.#restUntilMs || nowMs - this.#sentMs < this.#periodMs) return undefined;
    this.#sentMs = nowMs;
    this.#wanted = wanted;
    return wanted * RATE_FACTOR;
  }

  /** Another version is sent from now on. */
  rest(nowMs: number): void {
    this.#restUntilMs = nowMs + REST_MS;
  }

  #judge(estimate: number, nowMs: number): void {
    if (this.#wanted === undefined || nowMs - this.#sentMs < ANSWER_MS) return;
    const isFound = estimate >= this.#wanted;
    const longerMs = Math.max(PERIOD_MS, Math.min(this.#periodMs * 2, PERIOD_MS_MAX));
    this.#periodMs = isFound ? ANSWER_MS : longerMs;
    this.#wanted = undefined;
  }
}
