/**
 * Does something again and again, but not while nobody looks, and never for more than a small part of
 * the time: long lists are work for the server too.
 *
 * @module
 */

/** Between the ends and the beginnings of two rounds. */
const INTERVAL_MS = 2_000;
/** The pause is that many times as long as the round took. */
const PAUSE_PER_ROUND = 9;

/** @param {number} roundMs How long the last round took. */
export function pauseAfter(roundMs) {
  return Math.max(INTERVAL_MS, PAUSE_PER_ROUND * roundMs);
}

export class Poller {
  #round;
  #document;
  #timer;
  #isRunning = false;
  #isPaused = false;
  /** No more rounds by itself until it is asked. */
  #isWaiting = false;

  /**
   * @param {() => Promise<boolean>} round Resolves to whether to go on unasked.
   * @param {Pick<Document, "hidden" | "addEventListener">} document Whose eyes it works for.
   */
  constructor(round, document) {
    this.#round = round;
    this.#document = document;
    document.addEventListener("visibilitychange", () => this.#resume());
  }

  get isPaused() {
    return this.#isPaused;
  }

  set isPaused(isPaused) {
    this.#isPaused = isPaused;
    this.#resume();
  }

  /** At once, whatever it waits for. */
  async ask() {
    if (this.#isRunning) return;
    clearTimeout(this.#timer);
    this.#isRunning = true;
    const startMs = performance.now();
    try {
      this.#isWaiting = !(await this.#round());
    } finally {
      this.#isRunning = false;
    }
    this.#plan(pauseAfter(performance.now() - startMs));
  }

  #resume() {
    clearTimeout(this.#timer);
    if (!this.#isRunning) this.#plan(0);
  }

  #plan(delayMs) {
    if (this.#isPaused || this.#isWaiting || this.#document.hidden) return;
    this.#timer = setTimeout(() => this.ask(), delayMs);
  }
}
