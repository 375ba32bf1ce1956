/**
 * The bytes of an answer, made as they are asked for.
 *
 * @module
 */

import type { StreamDescription, Track, TrackKind } from "../../live/track.ts";
import type { AnswerFormat, AnswerMuxer } from "./answer-format.ts";
import type { JoinedFrames } from "./joined-frames.ts";

/** So much is given away at once, however short it is. */
const PIECE_SIZE = 1 << 20;

export class RecordedAnswer {
  readonly #frames: JoinedFrames;
  readonly #format: AnswerFormat;
  readonly #muxer: AnswerMuxer;
  readonly #written = new Map<TrackKind, Track>();
  #takenMs = 0;
  #isOver = false;

  /** @param description What of the recording the format can carry. */
  constructor(frames: JoinedFrames, format: AnswerFormat, description: StreamDescription) {
    this.#frames = frames;
    this.#format = format;
    const { video, audio } = description;
    for (const track of [video, audio]) if (track) this.#written.set(track.kind, track);
    this.#muxer = format.createMuxer(description);
    frames.canSwitch = (before, after) =>
      // What is left out may become what it likes.
      !format.canCarry(after) || format.canSwitch(before, after);
  }

  /** The next bytes; `undefined` at the end. */
  async next(): Promise<Uint8Array | undefined> {
    while (!this.#isOver) {
      const frames = await this.#frames.next();
      let lastMs = this.#takenMs;
      for (const frame of frames ?? []) {
        const { track, dtsMs } = frame;
        if (!this.#writeTrack(track, dtsMs)) continue;
        this.#muxer.writeFrame(frame, dtsMs);
        lastMs = Math.max(lastMs, dtsMs);
      }
      this.#isOver = frames === undefined;
      const isLong = lastMs - this.#takenMs >= this.#format.pieceMs;
      if (!this.#isOver && !isLong && this.#muxer.pendingSize < PIECE_SIZE) continue;
      this.#takenMs = lastMs;
      const bytes = this.#muxer.take(this.#isOver);
      if (bytes.length > 0) return bytes;
    }
    return undefined;
  }

  /** @returns Whether frames of the track are sent. */
  #writeTrack(track: Track, dtsMs: number): boolean {
    if (this.#written.get(track.kind) === track) return true;
    if (!this.#format.canCarry(track)) return false;
    this.#written.set(track.kind, track);
    this.#muxer.writeTrack(track, dtsMs);
    return true;
  }
}
