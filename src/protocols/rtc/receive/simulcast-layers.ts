/**
 * The layers in which a sender sends one picture (simulcast): which of them come, and how large.
 *
 * Spec: RFC 8853 (layers by rid), RFC 5576 section 4.2 (`ssrc-group:SIM`).
 *
 * @module
 */

import { BitrateMeter } from "../bitrate-meter.ts";

/** Browsers send three; a peer that names ever new ones is not listened to. */
const LAYER_COUNT_MAX = 8;

/** A layer that is silent for so long has been switched off: at 5 frames a second five are due. */
const SILENCE_MS_MAX = 1_000;
const RATE_WINDOW_MS = 1_000;

/** Rates vary: a layer has to be so much larger than the present one to be the higher one. */
const HIGHER_FACTOR = 1.2;

/** What to send on: the layer of most bits, or the one that comes next to so many bit/s from below. */
export type LayerTarget = "highest" | number;

export interface SimulcastLayer {
  /** Its rid, or its SSRC as text. */
  readonly name: string;
  readonly isActive: boolean;
  /** In bit/s, of the last second. */
  readonly bitrate: number;
}

interface Measured {
  readonly meter: BitrateMeter;
  lastMs: number;
}

export class SimulcastLayers {
  readonly #layers = new Map<string, Measured>();

  /** Whether there is a layer of that name, or may be. */
  admits(name: string): boolean {
    return this.#layers.has(name) || this.#layers.size < LAYER_COUNT_MAX;
  }

  /** Counts a packet of a layer. */
  packetReceived(name: string, size: number, nowMs: number): void {
    let layer = this.#layers.get(name);
    if (layer === undefined) {
      if (!this.admits(name)) return;
      layer = { meter: new BitrateMeter(RATE_WINDOW_MS), lastMs: nowMs };
      this.#layers.set(name, layer);
    }
    layer.meter.add(size, nowMs);
    layer.lastMs = nowMs;
  }

  /** All that have ever come. */
  layers(nowMs: number): SimulcastLayer[] {
    return Array.from(this.#layers, ([name, { meter, lastMs }]) => ({
      name,
      isActive: nowMs - lastMs < SILENCE_MS_MAX,
      bitrate: meter.bitrate(nowMs),
    }));
  }

  isActive(name: string, nowMs: number): boolean {
    const layer = this.#layers.get(name);
    return layer !== undefined && nowMs - layer.lastMs < SILENCE_MS_MAX;
  }

  /**
   * Chooses a layer.
   *
   * @param current The one that is sent on now: it stays if another one is hardly better.
   * @returns `undefined` if none is active.
   */
  choose(target: LayerTarget, current: string | undefined, nowMs: number): string | undefined {
    const active = this.layers(nowMs).filter((layer) => layer.isActive);
    active.sort((a, b) => a.bitrate - b.bitrate);
    const bitrateMax = target === "highest" ? Number.POSITIVE_INFINITY : target;
    const best = active.findLast((layer) => layer.bitrate <= bitrateMax) ?? active[0];
    const present = active.find((layer) => layer.name === current);
    if (best === undefined || present === undefined) return best?.name;
    const isAllowed = present.bitrate <= bitrateMax * HIGHER_FACTOR;
    const isBetter = best.bitrate > present.bitrate * HIGHER_FACTOR;
    return isAllowed && !isBetter ? present.name : best.name;
  }
}
