/**
 * Puts video and transcoded audio in the order of their times. Audio takes some time in its thread, so
 * video waits for it, but no longer than viewers should notice.
 *
 * @module
 */

import type { Clock, Timer } from "../../base/clock.ts";
import type { IncomingFrame } from "../../live/frame.ts";

/** How long video waits for the audio of its time. */
const WAIT_MS_MAX = 200;

/** Audio that has not come for so long is not waited for. */
const SILENCE_MS_MAX = 1_000;

export class TimeOrder {
  readonly #clock: Clock;
  readonly #write: (frame: IncomingFrame) => void;
  #waiting: { readonly frame: IncomingFrame; readonly sinceMs: number }[] = [];
  #timer: Timer | undefined;
  /** When audio last came, and its time. */
  #audioCameMs = Number.NEGATIVE_INFINITY;
  #audioDtsMs = Number.NEGATIVE_INFINITY;

  constructor(clock: Clock, write: (frame: IncomingFrame) => void) {
    this.#clock = clock;
    this.#write = write;
  }

  /** Audio is on its way: video waits from now on. */
  expectAudio(): void {
    this.#audioCameMs = this.#clock.monotonicMs();
  }

  addVideo(frame: IncomingFrame): void {
    const nowMs = this.#clock.monotonicMs();
    const isSilent = nowMs - this.#audioCameMs > SILENCE_MS_MAX;
    if (this.#waiting.length === 0 && (isSilent || frame.dtsMs <= this.#audioDtsMs)) {
      this.#write(frame);
      return;
    }
    this.#waiting.push({ frame, sinceMs: nowMs });
    this.#arm(WAIT_MS_MAX);
  }

  addAudio(frame: IncomingFrame): void {
    this.#audioCameMs = this.#clock.monotonicMs();
    this.#audioDtsMs = frame.dtsMs;
    this.#release((waiting) => waiting.frame.dtsMs <= frame.dtsMs);
    this.#write(frame);
  }

  /** Audio does not come any more: what waits goes on. */
  forgetAudio(): void {
    this.#audioCameMs = Number.NEGATIVE_INFINITY;
    this.#audioDtsMs = Number.NEGATIVE_INFINITY;
    this.#release(() => true);
  }

  #release(isDue: (waiting: { frame: IncomingFrame; sinceMs: number }) => boolean): void {
    for (let next = this.#waiting[0]; next !== undefined && isDue(next); next = this.#waiting[0]) {
      this.#waiting.shift();
      this.#write(next.frame);
    }
    if (this.#waiting.length > 0) return;
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #arm(delayMs: number): void {
    this.#timer ??= this.#clock.setTimer(delayMs, () => {
      this.#timer = undefined;
      const nowMs = this.#clock.monotonicMs();
      this.#release(({ sinceMs }) => nowMs - sinceMs >= WAIT_MS_MAX);
      const [first] = this.#waiting;
      if (first !== undefined) this.#arm(Math.max(1, first.sinceMs + WAIT_MS_MAX - nowMs));
    });
  }
}
