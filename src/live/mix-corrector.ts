/**
 * Sorts the audio and video of a publisher that sends them out of step (`mix_correct`).
 *
 * @module
 */

import type { Frame } from "./frame.ts";

/** With so many frames of one kind waiting, the other kind is taken to be absent. As in SRS. */
const PURE_RUN_MAX = 10;

export class MixCorrector {
  /** Ordered by time. */
  #waiting: Frame[] = [];
  #audioCount = 0;
  #videoCount = 0;

  /** Takes a frame in and yields those whose turn has come. */
  *add(frame: Frame): Generator<Frame> {
    let index = this.#waiting.length;
    while (index > 0 && (this.#waiting[index - 1]?.dtsMs ?? 0) > frame.dtsMs) index -= 1;
    this.#waiting.splice(index, 0, frame);
    this.#count(frame, 1);
    while (this.#isReady()) yield* this.#takeFirst();
  }

  /** Yields all that waits. */
  *drain(): Generator<Frame> {
    while (this.#waiting.length > 0) yield* this.#takeFirst();
  }

  #isReady(): boolean {
    const isMixed = this.#audioCount > 0 && this.#videoCount > 0;
    return isMixed || this.#audioCount >= PURE_RUN_MAX || this.#videoCount >= PURE_RUN_MAX;
  }

  *#takeFirst(): Generator<Frame> {
    const first = this.#waiting.shift();
    if (first === undefined) return;
    this.#count(first, -1);
    yield first;
  }

  #count(frame: Frame, change: number): void {
    if (frame.track.kind === "audio") this.#audioCount += change;
    else this.#videoCount += change;
  }
}
