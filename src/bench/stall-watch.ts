/**
 * Whether media of one kind keeps coming.
 *
 * @module
 */

/** No media for longer than this is a stall: what a viewer with a second of buffer sees. */
export const STALL_MS = 1_000;

export class StallWatch {
  /** Whether it stands still, as far as that has been looked at. */
  isStalled = false;
  /** When the last came; -1 before the first, until which nothing is expected. */
  #lastMs = -1;

  /** Media has come. */
  came(nowMs: number): void {
    this.#lastMs = nowMs;
    this.isStalled = false;
  }

  /** Whether what has come just now was the first in too long. */
  isLate(nowMs: number): boolean {
    return this.#lastMs >= 0 && nowMs - this.#lastMs > STALL_MS;
  }

  /** Since when nothing has come, in milliseconds; 0 if that is no stall. */
  silentMs(nowMs: number): number {
    return this.isLate(nowMs) ? nowMs - this.#lastMs : 0;
  }
}
