/**
 * Slows down who guesses: an address that has shown so many wrong tokens and passwords has to wait
 * before it can show another, the longer the more follow.
 *
 * @module
 */

import type { Clock } from "../../base/clock.ts";
import { networksOf } from "./networks.ts";

export interface AttemptLimitOptions {
  readonly clock: Pick<Clock, "monotonicMs">;
  /** How many failures are free, at the moment of the question. 0: there is no limit. */
  readonly failuresMax: () => number;
  /** Called when an address has to wait, or to wait longer. */
  readonly onHeldOff?: (address: string, waitMs: number) => void;
}

const WAIT_MS_MIN = 1_000;
const WAIT_MS_MAX = 5 * 60_000;
/** Who has not failed for so long is a stranger again. Longer than any wait. */
const FORGET_MS = 10 * 60_000;
/** Some megabytes. With more addresses than this the longest silent one is forgotten. */
const ADDRESSES_MAX = 20_000;

interface Account {
  failures: number;
  lastMs: number;
  /** Until when it has to wait. */
  untilMs: number;
}

export class AttemptLimit {
  readonly #options: AttemptLimitOptions;
  /** By network, the longest silent one first. */
  readonly #accounts = new Map<string, Account>();

  constructor(options: AttemptLimitOptions) {
    this.#options = options;
  }

  /** How many addresses are remembered. */
  get size(): number {
    return this.#accounts.size;
  }

  /** Whether nothing that comes from there is to be looked at. */
  isHeldOff(address: string): boolean {
    const nowMs = this.#options.clock.monotonicMs();
    return networksOf(address).some(({ key }) => nowMs < (this.#accounts.get(key)?.untilMs ?? 0));
  }

  /** @returns Whether the address has to wait from now on. */
  failed(address: string): boolean {
    const failuresMax = this.#options.failuresMax();
    if (failuresMax === 0) return false;
    const waits = networksOf(address).map(({ key, factor }) =>
      this.#note(key, failuresMax * factor),
    );
    const waitMs = Math.max(...waits);
    if (waitMs > 0) this.#options.onHeldOff?.(address, waitMs);
    return waitMs > 0;
  }

  /** Call every second or so. */
  sweep(nowMs: number): void {
    for (const [key, { lastMs }] of this.#accounts) {
      if (nowMs - lastMs < FORGET_MS) return;
      this.#accounts.delete(key);
    }
  }

  /** @returns How long a network has to wait from now on. */
  #note(key: string, failuresMax: number): number {
    const nowMs = this.#options.clock.monotonicMs();
    const before = this.#accounts.get(key);
    this.#accounts.delete(key);
    const isKnown = before !== undefined && nowMs - before.lastMs < FORGET_MS;
    const failures = (isKnown ? before.failures : 0) + 1;
    const excess = failures - failuresMax;
    const waitMs = excess < 0 ? 0 : Math.min(WAIT_MS_MAX, WAIT_MS_MIN * 2 ** excess);
    this.#makeRoom();
    this.#accounts.set(key, { failures, lastMs: nowMs, untilMs: nowMs + waitMs });
    return waitMs;
  }

  #makeRoom(): void {
    if (this.#accounts.size < ADDRESSES_MAX) return;
    const [oldest] = this.#accounts.keys();
    if (oldest !== undefined) this.#accounts.delete(oldest);
  }
}
