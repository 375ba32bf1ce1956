/**
 * Frames of segments, which come many at once, played out one after another when they are due, so that
 * players get them as evenly as from an encoder.
 *
 * @module
 */

import type { Clock, Timer } from "../../../base/clock.ts";
import type { IncomingFrame } from "../../../live/frame.ts";
import type { Publication } from "../../../live/publication.ts";
import type { Track, TrackKind } from "../../../live/track.ts";

/** A frame so much earlier or later than the one before it belongs to another count of time. */
const JUMP_MS = 10_000;
/** What is due so long ago has come late: what follows is played out as much later. */
const LATE_MS = 500;
/** What a frame takes beside its payload. Bytes. */
const FRAME_OVERHEAD = 300;
/** How many places of a list may be empty before it is shortened. */
const EMPTY_PLACES_MAX = 1_024;
/** How much faster it is played out while more waits than should: nobody hears it. */
const CATCH_UP = 0.02;

interface Waiting {
  /** Counts up where timestamps begin anew. */
  readonly epoch: number;
  readonly frame: IncomingFrame;
}

/** What one playlist brings. */
export class PlayoutLane {
  /** All of it has come. */
  isEnded = false;
  readonly #changed: () => void;
  /** From `#head` on. */
  #waiting: Waiting[] = [];
  #head = 0;
  /** Where the latest epoch begins. */
  #epochStart = 0;
  #size = 0;

  /** @param changed Called when there is something new. */
  constructor(changed: () => void) {
    this.#changed = changed;
  }

  /** The frames of a segment, in any order. @param epoch Whose timestamps go on. */
  add(epoch: number, frames: readonly IncomingFrame[]): void {
    const sorted = [...frames].sort((a, b) => a.dtsMs - b.dtsMs);
    if (this.#waiting.at(-1)?.epoch !== epoch) this.#epochStart = this.#waiting.length;
    for (const frame of sorted) {
      this.#waiting.push({ epoch, frame });
      this.#size += sizeOf(frame);
    }
    this.#changed();
  }

  end(): void {
    this.isEnded = true;
    this.#changed();
  }

  get first(): Waiting | undefined {
    return this.#waiting[this.#head];
  }

  /** Bytes that wait, with what they take besides. */
  get size(): number {
    return this.#size;
  }

  /** How much time waits, as far as the timestamps tell. Milliseconds. */
  get durationMs(): number {
    const first = this.#waiting[Math.max(this.#head, this.#epochStart)];
    return first === undefined
      ? 0
      : (this.#waiting.at(-1) ?? first).frame.dtsMs - first.frame.dtsMs;
  }

  shift(): void {
    const { first } = this;
    if (first === undefined) return;
    this.#size -= sizeOf(first.frame);
    this.#head += 1;
    if (this.#head < this.#waiting.length && this.#head < EMPTY_PLACES_MAX) return;
    this.#waiting = this.#waiting.slice(this.#head);
    this.#epochStart = Math.max(0, this.#epochStart - this.#head);
    this.#head = 0;
  }
}

export interface PlayoutOptions {
  readonly clock: Clock;
  /** There is something to be played out: call `start`. */
  readonly onReady: () => void;
  /** More than that need not wait. Milliseconds. */
  readonly wantedMs: () => number;
}

export class Playout {
  readonly #options: PlayoutOptions;
  readonly #lanes: PlayoutLane[] = [];
  #output: Publication | undefined;
  #isReady = false;
  /** What the publication calls the tracks, by what they are called here. */
  readonly #tracks = new Map<TrackKind, { readonly given: Track; readonly written: Track }>();
  /** When the frame of `#baseDtsMs` is due. */
  #baseMs = 0;
  #baseDtsMs = 0;
  #last: Waiting | undefined;
  #timer: Timer | undefined;
  #isStopped = false;
  #resolveEnd: (() => void) | undefined;

  constructor(options: PlayoutOptions) {
    this.#options = options;
  }

  /** Before the first frame. */
  createLane(): PlayoutLane {
    const lane = new PlayoutLane(() => this.#changed());
    this.#lanes.push(lane);
    return lane;
  }

  /** Once. */
  start(output: Publication): void {
    this.#output = output;
    this.#play();
  }

  /** Resolves when all lanes have ended, and the last frame has been played out. */
  ended(): Promise<void> {
    return new Promise((resolve) => {
      this.#resolveEnd = resolve;
      this.#play();
    });
  }

  stop(): void {
    this.#isStopped = true;
    this.#timer?.cancel();
  }

  #changed(): void {
    if (!this.#isReady && this.#next() !== undefined) {
      this.#isReady = true;
      this.#options.onReady();
    }
    this.#play();
  }

  #play(): void {
    const output = this.#output;
    this.#timer?.cancel();
    if (this.#isStopped) return;
    const { clock } = this.#options;
    for (;;) {
      const lane = this.#next();
      const first = lane?.first;
      if (lane === undefined || first === undefined) break;
      if (output === undefined) return;
      const nowMs = clock.monotonicMs();
      const dueMs = this.#dueMs(first, nowMs);
      if (dueMs > nowMs) {
        this.#timer = clock.setTimer(Math.ceil(dueMs - nowMs), () => this.#play());
        return;
      }
      this.#advance(first, dueMs, nowMs);
      lane.shift();
      this.#write(output, first.frame);
      if (this.#isStopped) return; // The publication had it closed.
    }
    if (this.#lanes.every((one) => one.isEnded && one.first === undefined)) this.#resolveEnd?.();
  }

  /** The lane whose frame comes first; `undefined` while one may still come that is earlier. */
  #next(): PlayoutLane | undefined {
    let earliest: PlayoutLane | undefined;
    for (const lane of this.#lanes) {
      const { first, isEnded } = lane;
      if (first === undefined) {
        if (isEnded) continue;
        return undefined;
      }
      const other = earliest?.first;
      if (other === undefined || isEarlier(first, other)) earliest = lane;
    }
    return earliest;
  }

  /** What does not go on from the frame before it follows at once. */
  #dueMs(next: Waiting, nowMs: number): number {
    return this.#isJump(next) ? nowMs : this.#baseMs + next.frame.dtsMs - this.#baseDtsMs;
  }

  #advance(next: Waiting, dueMs: number, nowMs: number): void {
    const { dtsMs } = next.frame;
    if (this.#isJump(next)) {
      this.#baseMs = nowMs;
      this.#baseDtsMs = dtsMs;
    } else if (nowMs - dueMs > LATE_MS) this.#baseMs += nowMs - dueMs;
    else if (this.#isTooFull) {
      const stepMs = Math.max(0, dtsMs - (this.#last?.frame.dtsMs ?? dtsMs));
      this.#baseMs -= stepMs * CATCH_UP;
    }
    this.#last = next;
  }

  #isJump({ epoch, frame: { dtsMs } }: Waiting): boolean {
    const last = this.#last;
    if (last === undefined || last.epoch !== epoch) return true;
    return Math.abs(dtsMs - last.frame.dtsMs) > JUMP_MS;
  }

  get #isTooFull(): boolean {
    const wantedMs = this.#options.wantedMs();
    return this.#lanes.every(({ durationMs }) => durationMs > wantedMs);
  }

  #write(output: Publication, frame: IncomingFrame): void {
    const { kind } = frame.track;
    let track = this.#tracks.get(kind);
    if (track?.given !== frame.track) {
      track = { given: frame.track, written: output.writeTrack(frame.track) };
      this.#tracks.set(kind, track);
    }
    output.writeFrame({ ...frame, track: track.written });
  }
}

function sizeOf({ payload }: IncomingFrame): number {
  return payload.length + FRAME_OVERHEAD;
}

function isEarlier(a: Waiting, b: Waiting): boolean {
  return a.epoch === b.epoch ? a.frame.dtsMs < b.frame.dtsMs : a.epoch < b.epoch;
}
