/**
 * Holds a player to a tenth of what the others read.
 *
 * @module
 */

import type { Player } from "./player.ts";
import type { PlayerMeter } from "./player-meter.ts";

/** What slow players read of what healthy ones do. */
export const SLOW_SHARE = 0.1;

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
  }

  /** Several times a second. @param healthySize What a healthy player has received by now. */
  check(healthySize: number): void {
    if (!this.#meter.hasFirstFrame) return;
    if (this.#healthyBase < 0) {
      this.#healthyBase = healthySize;
      this.#ownBase = this.#meter.receivedSize;
    }
    const allowedSize = (healthySize - this.#healthyBase) * SLOW_SHARE;
    const isAhead = this.#meter.receivedSize - this.#ownBase > allowedSize;
    if (isAhead === this.#isPaused) return;
    this.#isPaused = isAhead;
    if (isAhead) this.#player.pause();
    else this.#player.resume();
  }
}
