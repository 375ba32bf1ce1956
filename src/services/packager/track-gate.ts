/**
 * Between a stream and its packagers: begins with a picture that can be decoded, and lets a change of
 * tracks take effect at the next one.
 *
 * ```text
 * frames -> waiting for both tracks and a key frame -> begin(tracks) -> frame, frame, ...
 *                                                          ^                   |
 *                                                          +-- tracks changed -+
 * ```
 *
 * @module
 */

import type { Frame } from "../../live/frame.ts";
import { EMPTY_DESCRIPTION, type StreamDescription, type Track } from "../../live/track.ts";

/** What packages a stream. Between two calls of `begin` its tracks stay the same. */
export interface FrameSink {
  /**
   * What follows may have nothing to do with what was before: a discontinuity.
   *
   * @param ageMs How much older `first` is than the newest frame that has come.
   */
  begin(description: StreamDescription, first: Frame, ageMs: number): void;
  frame(frame: Frame): void;
  /** The publisher has left. What has been begun is complete. */
  end(): void;
}

/** What has come before it is known what the stream is made of: that takes a second. */
const EARLY_FRAMES_MAX = 4_096;
const EARLY_SIZE_MAX = 32 * 1024 * 1024;

/**
 * Encoders make a key frame every few seconds, some every ten. Who has waited for so long has a source
 * without key frames, such as one with intra refresh, which can be decoded from anywhere.
 */
const KEY_FRAME_WAIT_MS = 15_000;

export class TrackGate {
  readonly #sink: FrameSink;
  /** Which tracks can be packaged at all. */
  readonly #canCarry: (track: Track) => boolean;
  /** Told once that there is no key frame to begin with. */
  readonly #keyFrameMissing: () => void;
  #known: StreamDescription = EMPTY_DESCRIPTION;
  /** What the frames that are let through are of; `undefined` before the first. */
  #current: StreamDescription | undefined;
  #isReady = false;
  #early: Frame[] = [];
  #earlySize = 0;
  /** The time of the newest frame that has come, while older ones are handed on. */
  #newestMs: number | undefined;
  #isChanged = false;
  /** When waiting for a key frame began, in milliseconds of the stream. */
  #waitingSinceMs: number | undefined;
  /** Frames that were let go because nothing could be done with them. */
  droppedFrames = 0;

  constructor(
    sink: FrameSink,
    canCarry: (track: Track) => boolean,
    keyFrameMissing: () => void = () => undefined,
  ) {
    this.#sink = sink;
    this.#canCarry = canCarry;
    this.#keyFrameMissing = keyFrameMissing;
  }

  /** Frames are going through. */
  get isOpen(): boolean {
    return this.#current !== undefined;
  }

  track(track: Track): void {
    const usable = this.#canCarry(track) ? track : undefined;
    if (this.#known[track.kind] === usable) return; // Sequence headers are repeated.
    this.#known = { ...this.#known, [track.kind]: usable };
    if (this.#current !== undefined) this.#isChanged = true;
  }

  /** It is known what the stream is made of. */
  ready(): void {
    if (this.#isReady) return;
    this.#isReady = true;
    const frames = this.#early;
    this.#early = [];
    this.#earlySize = 0;
    this.#newestMs = frames.at(-1)?.dtsMs;
    for (const frame of frames) this.#pass(frame);
    this.#newestMs = undefined;
  }

  frame(frame: Frame): void {
    if (this.#isReady) this.#pass(frame);
    else this.#keepEarly(frame);
  }

  /** The publisher has left: another may follow. */
  end(): void {
    this.ready(); // A publisher who stays for less than it takes to be sure has sent all there is.
    if (this.#current !== undefined) this.#sink.end();
    this.#current = undefined;
    this.#known = EMPTY_DESCRIPTION;
    this.#isReady = false;
    this.#isChanged = false;
    this.#waitingSinceMs = undefined;
  }

  #keepEarly(frame: Frame): void {
    this.#early.push(frame);
    this.#earlySize += frame.payload.length;
    if (this.#early.length > EARLY_FRAMES_MAX || this.#earlySize > EARLY_SIZE_MAX) this.ready();
  }

  #pass(frame: Frame): void {
    const current = this.#current;
    const isCurrent = current !== undefined && current[frame.track.kind] === frame.track;
    if (isCurrent && !this.#isChanged) {
      this.#sink.frame(frame);
      return;
    }
    if (this.#mayBegin(frame)) {
      this.#begin(frame);
    } else if (isCurrent) {
      this.#sink.frame(frame);
    } else {
      this.droppedFrames += 1;
    }
  }

  /** Whether the tracks that are known can take effect with this frame. */
  #mayBegin(frame: Frame): boolean {
    if (this.#known[frame.track.kind] !== frame.track) return false;
    if (this.#known.video === undefined) return true;
    if (frame.track.kind === "video" && frame.isKeyFrame) return true;
    this.#waitingSinceMs ??= frame.dtsMs;
    // Frames of two tracks come a little out of order, and timestamps may begin anew.
    const waitedMs = Math.abs(frame.dtsMs - this.#waitingSinceMs);
    if (waitedMs < KEY_FRAME_WAIT_MS) return false;
    this.#keyFrameMissing();
    return true;
  }

  #begin(frame: Frame): void {
    this.#isChanged = false;
    this.#waitingSinceMs = undefined;
    this.#current = this.#known;
    const ageMs = Math.max(0, (this.#newestMs ?? frame.dtsMs) - frame.dtsMs);
    this.#sink.begin(this.#known, frame, ageMs);
    this.#sink.frame(frame);
  }
}
