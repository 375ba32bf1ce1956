/**
 * Between a stream and its recordings: begins when it is known what the stream is made of and there is
 * something that can be decoded, and says when a file cannot go on because a track has become another
 * one. All that comes is recorded, but pictures that nobody could decode.
 *
 * ```text
 * frames -> waiting for both tracks -> begin(tracks) -> frame, frame, ...
 *                                          ^                 |
 *                                          +- a track is new +
 * ```
 *
 * @module
 */

import type { Frame } from "../../live/frame.ts";
import { EMPTY_DESCRIPTION, type StreamDescription, type Track } from "../../live/track.ts";

/** What records. Between two calls of `begin` its tracks stay those that one file can hold. */
export interface RecordingSink {
  canCarry(track: Track): boolean;
  /** Whether a file goes on when a track of it becomes another one, or when there is a new one. */
  canSwitch(before: Track | undefined, after: Track): boolean;
  /** What follows belongs to a file that holds these tracks. */
  begin(description: StreamDescription): void;
  /** A track goes on in the same file. */
  track(track: Track): void;
  /** @param agoMs How long it has been held back. */
  frame(frame: Frame, agoMs: number): void;
}

/** What has come before it is known what the stream is made of: that takes a second. */
const EARLY_FRAMES_MAX = 4_096;
const EARLY_SIZE_MAX = 32 * 1024 * 1024;
/** Sound of a new track, until there is a key frame to begin its file with. */
const WAITING_FRAMES_MAX = 2_048;
const WAITING_SIZE_MAX = 8 * 1024 * 1024;
/**
 * Who has waited for a key frame for so long has a source without any, such as one with intra refresh,
 * which can be decoded from anywhere.
 */
export const KEY_FRAME_WAIT_MS = 15_000;

export class RecordingGate {
  readonly #sink: RecordingSink;
  #given: StreamDescription = EMPTY_DESCRIPTION;
  /** Of those the ones that can be carried. */
  #known: StreamDescription = EMPTY_DESCRIPTION;
  /** What the file holds; `undefined` before the first frame. */
  #current: StreamDescription | undefined;
  #isReady = false;
  #early: Frame[] = [];
  #earlySize = 0;
  #waiting: Frame[] = [];
  #waitingSize = 0;
  /** When waiting for a key frame began, in milliseconds of the stream. */
  #waitingSinceMs: number | undefined;
  /** The video track of which a key frame has come, or is not waited for any more. */
  #decodable: Track | undefined;

  constructor(sink: RecordingSink) {
    this.#sink = sink;
  }

  metadata(metadata: StreamDescription["metadata"]): void {
    this.#known = { ...this.#known, metadata };
  }

  track(track: Track): void {
    if (this.#given[track.kind] === track) return; // Sequence headers are repeated.
    this.#given = { ...this.#given, [track.kind]: track };
    this.#consider(track);
  }

  /** What can be carried is another thing from now on. */
  reconsider(): void {
    const { video, audio } = this.#given;
    if (video !== undefined) this.#consider(video);
    if (audio !== undefined) this.#consider(audio);
  }

  /** It is known what the stream is made of. */
  ready(): void {
    if (this.#isReady) return;
    this.#isReady = true;
    const frames = this.#early;
    this.#early = [];
    this.#earlySize = 0;
    const newestMs = frames.reduce((ms, { dtsMs }) => Math.max(ms, dtsMs), 0);
    for (const frame of frames) this.#pass(frame, Math.max(0, newestMs - frame.dtsMs));
  }

  frame(frame: Frame): void {
    if (this.#isReady) {
      this.#pass(frame);
      return;
    }
    this.#early.push(frame);
    this.#earlySize += frame.payload.length;
    if (this.#early.length > EARLY_FRAMES_MAX || this.#earlySize > EARLY_SIZE_MAX) this.ready();
  }

  /** Nothing follows. A publisher who stays for less than it takes to be sure has sent all there is. */
  end(): void {
    this.ready();
    this.#flushWaiting();
  }

  #consider(track: Track): void {
    const usable = this.#sink.canCarry(track) ? track : undefined;
    this.#known = { ...this.#known, [track.kind]: usable };
  }

  #pass(frame: Frame, agoMs = 0): void {
    const { track } = frame;
    const current = this.#current;
    const isVideo = track.kind === "video";
    if (isVideo && !this.#isUsable(frame)) return;
    if (current?.[track.kind] === track) {
      if (isVideo && frame.isKeyFrame && this.#waiting.length > 0) this.#flushWaiting();
      this.#sink.frame(frame, agoMs);
      return;
    }
    if (this.#known[track.kind] !== track) return; // What no file can hold, or what is over.
    if (current === undefined) {
      this.#begin();
      this.#sink.frame(frame, agoMs);
      return;
    }
    if (this.#sink.canSwitch(current[track.kind], track)) {
      this.#current = { ...current, [track.kind]: track };
      this.#sink.track(track);
      this.#sink.frame(frame, agoMs);
    } else if (isVideo || current.video === undefined) {
      this.#begin();
      this.#sink.frame(frame, agoMs);
    } else {
      this.#waiting.push(frame);
      this.#waitingSize += frame.payload.length;
      const isFull = this.#waitingSize > WAITING_SIZE_MAX;
      if (isFull || this.#waiting.length >= WAITING_FRAMES_MAX) this.#flushWaiting();
    }
  }

  /** Whether a picture can be decoded, as those before it are there. */
  #isUsable({ track, isKeyFrame, dtsMs }: Frame): boolean {
    if (this.#decodable === track) return true;
    this.#waitingSinceMs ??= dtsMs;
    // Timestamps may begin anew.
    const isMissing = Math.abs(dtsMs - this.#waitingSinceMs) >= KEY_FRAME_WAIT_MS;
    if (!isKeyFrame && !isMissing) return false;
    this.#decodable = track;
    this.#waitingSinceMs = undefined;
    return true;
  }

  #begin(): void {
    this.#current = this.#known;
    this.#sink.begin(this.#known);
    this.#passWaiting();
  }

  /** Begins a file with the sound that has waited for it. */
  #flushWaiting(): void {
    if (this.#waiting.length > 0) this.#begin();
  }

  #passWaiting(): void {
    const frames = this.#waiting;
    this.#waiting = [];
    this.#waitingSize = 0;
    for (const frame of frames) {
      if (frame.track === this.#current?.audio) this.#sink.frame(frame, 0);
    }
  }
}
