/**
 * Which of several versions of a stream a viewer gets: simulcast layers, or rungs of a ladder.
 *
 * @module
 */

/** What is known of the network to the viewer. */
export interface NetworkState {
  /** In bit/s. */
  readonly estimate: number;
  /** Whether the link is overused at present. */
  readonly isOverused: boolean;
  /** From 0 to 1. */
  readonly lossFraction: number;
  /** Whether more might get through than the estimate says, as no more was sent. */
  readonly isLimitedBySending: boolean;
}

/** A version may take so much of the estimate: sound, repairs and its own peaks need room too. */
export const SHARE_MAX = 0.9;
/** Up only when there was room for so long; nobody likes a picture that changes back and forth. */
const STABLE_MS = 4_000;
/** A step up that fails within this time was a wrong guess. */
const TRIAL_MS = 20_000;
/** After a wrong guess the next one waits, each time twice as long. */
const PAUSE_MS = 10_000;
const PAUSE_MS_MAX = 160_000;
/** With so much lost nothing larger is tried, and with so much a smaller one is taken. */
const LOSS_UP_MAX = 0.02;
const LOSS_DOWN = 0.1;
/** A guess goes no further than this beyond the estimate. */
const GUESS_FACTOR = 2.5;
/** So long an estimate may take to grow to what is sent: 8 percent a second, from a guess on. */
const GUESS_MS = 15_000;

interface Present {
  readonly index: number;
  /** What the estimate has room for. */
  readonly fitting: number;
  /** Whether the present one was a guess that may still turn out right. */
  readonly isGuess: boolean;
}

/** One per viewer. Versions are given by their bitrates, from small to large. */
export class LayerSelector {
  #index: number | undefined;
  #roomSinceMs: number | undefined;
  #steppedUpMs = Number.NEGATIVE_INFINITY;
  #steppedDownMs = Number.NEGATIVE_INFINITY;
  #pauseMs = 0;
  /** Until when the estimate need not cover what is sent, as that was a guess. */
  #guessUntilMs = Number.NEGATIVE_INFINITY;

  /**
   * Other versions have come or gone.
   *
   * @param index Where the chosen one is now; `undefined` if it is gone.
   */
  moved(index: number | undefined): void {
    this.#index = index;
  }

  /**
   * @param bitrates In bit/s, from small to large, at least one. They may change from call to call.
   * @returns The index of the version to send. Call it with each new estimate, or every 100 ms.
   */
  select(bitrates: readonly number[], network: NetworkState, nowMs: number): number {
    const last = bitrates.length - 1;
    const fitting = Math.max(
      bitrates.findLastIndex((bitrate) => bitrate <= network.estimate * SHARE_MAX),
      0,
    );
    this.#index = this.#index === undefined ? fitting : Math.min(this.#index, last);
    const isGuess = nowMs < this.#guessUntilMs && fitting < this.#index;
    const target = this.#choose({ index: this.#index, fitting, isGuess }, bitrates, network);
    if (target < this.#index) this.#stepDown(target, nowMs);
    else if (target > this.#index) this.#considerUp(target, target > fitting, network, nowMs);
    else this.#roomSinceMs = undefined;
    return this.#index;
  }

  #choose(
    { index, fitting, isGuess }: Present,
    bitrates: readonly number[],
    network: NetworkState,
  ): number {
    const isTooMuch = network.estimate < (bitrates[index] ?? 0) && !isGuess;
    const isInTrouble = network.isOverused || network.lossFraction > LOSS_DOWN;
    if (isTooMuch && fitting < index) return fitting;
    if (isInTrouble) return fitting < index ? Math.max(index - 1, 0) : index;
    if (fitting > index) return fitting;
    const next = bitrates[index + 1];
    if (next === undefined || isGuess || !network.isLimitedBySending) return index;
    return next <= network.estimate * GUESS_FACTOR ? index + 1 : index;
  }

  #stepDown(target: number, nowMs: number): void {
    if (nowMs - this.#steppedUpMs < TRIAL_MS) {
      this.#pauseMs = Math.min(Math.max(this.#pauseMs * 2, PAUSE_MS), PAUSE_MS_MAX);
    }
    this.#steppedUpMs = Number.NEGATIVE_INFINITY;
    this.#guessUntilMs = Number.NEGATIVE_INFINITY;
    this.#steppedDownMs = nowMs;
    this.#roomSinceMs = undefined;
    this.#index = target;
  }

  #considerUp(target: number, isGuess: boolean, network: NetworkState, nowMs: number): void {
    if (network.lossFraction > LOSS_UP_MAX) {
      this.#roomSinceMs = undefined;
      return;
    }
    this.#roomSinceMs ??= nowMs;
    if (nowMs - this.#steppedUpMs >= TRIAL_MS && Number.isFinite(this.#steppedUpMs)) {
      this.#pauseMs = 0;
    }
    if (nowMs - this.#roomSinceMs < STABLE_MS) return;
    if (nowMs - this.#steppedDownMs < this.#pauseMs) return;
    this.#index = target;
    this.#steppedUpMs = nowMs;
    if (isGuess) this.#guessUntilMs = nowMs + GUESS_MS;
    this.#roomSinceMs = undefined;
  }
}
