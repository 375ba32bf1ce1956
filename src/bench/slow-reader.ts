/**
 * Holds a player to a tenth of what the others read.
 *
 * @module
 */

import type { Player } from "./player.ts";
import type { PlayerMeter } from "./player-meter.ts";

/** What slow players read of what healthy ones do. */
export const SLOW_SHARE = 0.1;

/** Pauses after every read, and goes on once what was read would have been allowed. */
export class SlowReader {
  readonly #player: Player;
  readonly #meter: PlayerMeter;
  /** What a healthy player and this one had received when this one began to be slow. */
  #healthyBase = -1;
  #ownBase = 0;
  #isPaused = false;

  constructor(player: Player, meter: PlayerMeter) {
    this.#player = player;
    this.#meter = meter;
    meter.onReceived = () => this.#pause();
  }

  /** Several times a second. @param healthySize What a healthy player has received by now. */
  check(healthySize: number): void {
    if (!this.#meter.hasFirstFrame) return;
    if (this.#healthyBase < 0) {
      this.#healthyBase = healthySize;
      this.#ownBase = this.#meter.receivedSize;
    }
    const allowedSize = (healthySize - this.#healthyBase) * SLOW_SHARE;
    if (!this.#isPaused || this.#meter.receivedSize - this.#ownBase > allowedSize) return;
    this.#isPaused = false;
    this.#player.resume();
  }

  /** A socket that is read until it is empty would give in one moment all that the kernel holds. */
  #pause(): void {
    if (!this.#meter.hasFirstFrame || this.#isPaused) return;
    this.#isPaused = true;
    this.#player.pause();
  }
}
