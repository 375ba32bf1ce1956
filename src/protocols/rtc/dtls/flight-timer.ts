/**
 * Sends a flight again until the peer's next one comes.
 *
 * Spec: RFC 6347, section 4.2.4; its first wait of one second is cut down for peers that are being
 * watched, as RFC 6347, section 4.2.4.1, lets applications do.
 *
 * @module
 */

import type { Clock, Timer } from "../../../base/clock.ts";

const FIRST_WAIT_MS = 150;
const WAIT_MS_MAX = 2_000;
/** Within some ten seconds. */
const SEND_COUNT_MAX = 9;

export class FlightTimer {
  readonly #clock: Pick<Clock, "setTimer">;
  #send: (() => void) | undefined;
  #timer: Timer | undefined;
  #sendCount = 0;
  #repeatCount = 0;

  constructor(clock: Pick<Clock, "setTimer">) {
    this.#clock = clock;
  }

  /** Sends now, and again until the next `start` or `stop`. @param isLast The peer answers nothing. */
  start(send: () => void, isLast: boolean): void {
    this.stop();
    this.#send = send;
    this.#sendCount = 0;
    this.#repeatCount = 0;
    if (isLast) send();
    else this.#sendAndWait();
  }

  /** The peer has sent again what we have answered: so has our answer been lost. Bounded. */
  repeat(): void {
    this.#repeatCount += 1;
    if (this.#repeatCount <= SEND_COUNT_MAX) this.#send?.();
  }

  /** The peer has what it waited for; it may still ask for the last flight to be repeated. */
  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  /** Nothing will be repeated any more. */
  forget(): void {
    this.stop();
    this.#send = undefined;
  }

  #sendAndWait(): void {
    this.#send?.();
    this.#sendCount += 1;
    if (this.#sendCount >= SEND_COUNT_MAX) return;
    const waitMs = Math.min(FIRST_WAIT_MS * 2 ** (this.#sendCount - 1), WAIT_MS_MAX);
    this.#timer = this.#clock.setTimer(waitMs, () => this.#sendAndWait());
  }
}
