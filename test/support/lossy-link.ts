/**
 * A one-way link in virtual time that loses, delays, reorders and repeats what is sent, the same on
 * every run; with a bottleneck if it has a bitrate.
 *
 * @module
 */

import { createRandom } from "./seeded-random.ts";

export interface LinkOptions {
  readonly seed: number;
  /** One way. */
  readonly delayMs: number;
  /** Delays vary by up to so much, which reorders. */
  readonly jitterMs?: number;
  readonly lossPercent?: number;
  readonly duplicatePercent?: number;
  /** In bit/s; no limit without. */
  readonly bitrate?: number;
  /** What the bottleneck's queue holds, as time at its bitrate; what is beyond is lost. */
  readonly queueMsMax?: number;
}

interface Sent<Item> {
  readonly item: Item;
  readonly dueMs: number;
}

export class LossyLink<Item> {
  readonly #random: (limit: number) => number;
  readonly #options: LinkOptions;
  /** Sorted by when they are due. */
  readonly #sent: Sent<Item>[] = [];
  /** Until when the bottleneck is busy. */
  #busyMs = 0;
  /** In bit/s; may be changed. */
  bitrate: number | undefined;
  lossPercent: number;
  /** One way; may be changed. */
  delayMs: number;

  constructor(options: LinkOptions) {
    this.#random = createRandom(options.seed);
    this.#options = options;
    this.bitrate = options.bitrate;
    this.lossPercent = options.lossPercent ?? 0;
    this.delayMs = options.delayMs;
  }

  send(item: Item, size: number, nowMs: number): void {
    if (this.#random(10_000) < this.lossPercent * 100) return;
    const passedMs = this.#pass(size, nowMs);
    if (passedMs === undefined) return;
    this.#add(item, passedMs);
    const { duplicatePercent = 0 } = this.#options;
    if (this.#random(10_000) < duplicatePercent * 100) this.#add(item, passedMs);
  }

  /** What has arrived by now, in the order of arrival. */
  *receive(nowMs: number): Generator<{ item: Item; arrivalMs: number }> {
    for (;;) {
      const first = this.#sent[0];
      if (first === undefined || first.dueMs > nowMs) return;
      this.#sent.shift();
      yield { item: first.item, arrivalMs: first.dueMs };
    }
  }

  /** @returns When it leaves the bottleneck. */
  #pass(size: number, nowMs: number): number | undefined {
    if (this.bitrate === undefined) return nowMs;
    const startMs = Math.max(this.#busyMs, nowMs);
    if (startMs - nowMs > (this.#options.queueMsMax ?? 300)) return undefined;
    this.#busyMs = startMs + (size * 8_000) / this.bitrate;
    return this.#busyMs;
  }

  #add(item: Item, passedMs: number): void {
    const { jitterMs = 0 } = this.#options;
    const dueMs = passedMs + this.delayMs + (this.#random(1_000) * jitterMs) / 1_000;
    let index = this.#sent.length;
    while (index > 0 && (this.#sent[index - 1]?.dueMs ?? 0) > dueMs) index--;
    this.#sent.splice(index, 0, { item, dueMs });
  }
}
