/**
 * Makes one stream of several simulcast layers: changes from one to another at its key frames.
 *
 * @module
 */

import type { LayerTarget, SimulcastLayers } from "./simulcast-layers.ts";

/** How often the choice is made anew; more often than that rates say little. */
const CHOICE_PERIOD_MS = 1_000;

/** Between the last frame of one layer and the first of the next, if their times cross. */
const STEP_MS = 1;

export class LayerSwitch {
  readonly #layers: SimulcastLayers;
  #target: LayerTarget = "highest";
  #current: string | undefined;
  #wanted: string | undefined;
  #chosenMs = Number.NEGATIVE_INFINITY;
  #timeMs = Number.NEGATIVE_INFINITY;

  constructor(layers: SimulcastLayers) {
    this.#layers = layers;
  }

  /** The layer whose frames are let pass. */
  get current(): string | undefined {
    return this.#current;
  }

  /** The layer that a key frame is waited for of, and has to be asked for; `undefined` for none. */
  get wanted(): string | undefined {
    return this.#wanted;
  }

  setTarget(target: LayerTarget): void {
    this.#target = target;
    this.#chosenMs = Number.NEGATIVE_INFINITY;
  }

  /** Chooses anew if it is time to: call it now and then. */
  tick(nowMs: number): void {
    const isGone = this.#current !== undefined && !this.#layers.isActive(this.#current, nowMs);
    if (!isGone && nowMs - this.#chosenMs < CHOICE_PERIOD_MS) return;
    this.#chosenMs = nowMs;
    const best = this.#layers.choose(this.#target, this.#current, nowMs);
    this.#wanted = best === this.#current ? undefined : best;
  }

  /**
   * Takes a frame of a layer.
   *
   * @param timeMs On the clock that all layers share (SenderClock).
   * @returns The time it has in the one stream, which grows; `undefined` if it is not part of it.
   */
  take(layer: string, isKeyFrame: boolean, timeMs: number): number | undefined {
    const isFirst = this.#current === undefined;
    if (isKeyFrame && (isFirst || layer === this.#wanted)) {
      this.#current = layer;
      if (this.#wanted === layer) this.#wanted = undefined;
    }
    if (layer !== this.#current) return undefined;
    this.#timeMs = timeMs > this.#timeMs ? timeMs : this.#timeMs + STEP_MS;
    return this.#timeMs;
  }
}
