/**
 * The server's clock as seen from here, for computers whose own is wrong.
 *
 * A response's `Date` is the second in which the server wrote it, and that was after the request left
 * and before the response came. Many of them narrow down by how much the clocks differ. Within what
 * they leave open, the own clock is believed: between clocks that are both right nothing changes. If it
 * must be wrong, the middle of what they leave open is off by half a second at most.
 *
 * @module
 */

const SECOND_MS = 1000;

export class ServerClock {
  /** The server's time minus ours lies between these. */
  #offsetMsMin = -Infinity;
  #offsetMsMax = Infinity;

  /** The server's time now, in milliseconds since 1970. */
  nowMs() {
    const isRight = this.#offsetMsMin <= 0 && this.#offsetMsMax >= 0;
    return Date.now() + (isRight ? 0 : (this.#offsetMsMin + this.#offsetMsMax) / 2);
  }

  /**
   * Learns from a response.
   *
   * @param {string | null} date The field `Date`.
   * @param {{ start: number, first: number }} sentAndAnswered On the clock of `performance.now()`.
   */
  observe(date, { start, first }) {
    const second = Date.parse(date ?? "");
    if (Number.isNaN(second)) return;
    const wallMs = Date.now() - performance.now();
    const offsetMsMin = second - (wallMs + first);
    const offsetMsMax = second + SECOND_MS - (wallMs + start);
    if (offsetMsMin > this.#offsetMsMax || offsetMsMax < this.#offsetMsMin) {
      // One of the clocks was set in between.
      this.#offsetMsMin = offsetMsMin;
      this.#offsetMsMax = offsetMsMax;
    } else {
      this.#offsetMsMin = Math.max(this.#offsetMsMin, offsetMsMin);
      this.#offsetMsMax = Math.min(this.#offsetMsMax, offsetMsMax);
    }
  }
}
