/**
 * Brings the frames of two tracks into the order of their times, where a file has them beside each other.
 *
 * @module
 */

import type { Frame } from "../../live/frame.ts";
import type { TrackKind } from "../../live/track.ts";

/** A track that is silent for longer holds up the other one no more. */
const SPAN_MS_MAX = 1_000;
const FRAMES_MAX = 1_024;
const SIZE_MAX = 8 * 1024 * 1024;

export class Interleaver {
  readonly #queues: Readonly<Record<TrackKind, Frame[]>> = { video: [], audio: [] };
  readonly #kinds: readonly TrackKind[];
  #size = 0;

  /** @param kinds Which tracks there are. */
  constructor(kinds: readonly TrackKind[]) {
    this.#kinds = kinds;
  }

  push(frame: Frame): void {
    this.#queues[frame.track.kind].push(frame);
    this.#size += frame.payload.length;
  }

  /** The next one; `undefined` if it is not known as yet. @param isLast Nothing more will come. */
  take(isLast: boolean): Frame | undefined {
    const { video, audio } = this.#queues;
    const [picture, sound] = [video[0], audio[0]];
    const isWaiting = this.#kinds.some((kind) => this.#queues[kind].length === 0);
    if (isWaiting && !isLast && !this.#isFull()) return undefined;
    const isSound = picture === undefined || (sound !== undefined && sound.dtsMs < picture.dtsMs);
    const frame = isSound ? audio.shift() : video.shift();
    this.#size -= frame?.payload.length ?? 0;
    return frame;
  }

  #isFull(): boolean {
    return (["video", "audio"] as const).some((kind) => {
      const queue = this.#queues[kind];
      const spanMs = (queue.at(-1)?.dtsMs ?? 0) - (queue[0]?.dtsMs ?? 0);
      return queue.length > FRAMES_MAX || spanMs > SPAN_MS_MAX || this.#size > SIZE_MAX;
    });
  }
}
