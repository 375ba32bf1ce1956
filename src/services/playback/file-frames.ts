/**
 * Frames of one recording, in the order of their times, with what has been read ahead.
 *
 * @module
 */

import type { Frame } from "../../live/frame.ts";
import type { TrackKind } from "../../live/track.ts";
import { Interleaver } from "./interleaver.ts";
import type { OpenRecording } from "./open-recording.ts";
import type { PlayableRecording } from "./recordings.ts";
import { TIMES_MAX } from "./track-times.ts";

/** What is read ahead, to know of what a recording is made and where its tracks begin. */
const AHEAD_MS_MAX = 2_000;
const AHEAD_SIZE_MAX = 16 * 1024 * 1024;
const AHEAD_FRAMES_MAX = 2_048;
/** What has no key frame for so long has none at all, as with intra refresh: any place is one to begin. */
const KEY_FRAME_WAIT_MS = 15_000;

export class FileFrames {
  readonly recording: PlayableRecording;
  readonly #open: OpenRecording;
  readonly #interleaver: Interleaver;
  readonly #kinds: readonly TrackKind[];
  #ahead: Frame[] = [];
  #isReadUp = false;
  #isStarted: boolean;
  #startMs = Number.NEGATIVE_INFINITY;
  #waitingSinceMs: number | undefined;

  /** @param isContinued What came before it has been played: it need not begin with a key frame. */
  constructor(open: OpenRecording, isContinued: boolean) {
    this.recording = open.recording;
    this.#isStarted = isContinued;
    this.#open = open;
    const kinds = new Set(open.recording.tracks.map(({ kind }) => kind));
    this.#kinds = kinds.size === 0 ? ["video", "audio"] : [...kinds];
    this.#interleaver = new Interleaver(this.#kinds);
  }

  get frames(): OpenRecording["frames"] {
    return this.#open.frames;
  }

  /**
   * Reads ahead until each track has shown its first frames, or is not expected any more.
   *
   * @returns What has been read, which stays to be taken. Empty: there is nothing in the file.
   */
  async readAhead(): Promise<readonly Frame[]> {
    const counts = new Map<TrackKind, number>();
    let size = 0;
    for (;;) {
      const [first] = this.#ahead;
      const spanMs = (this.#ahead.at(-1)?.dtsMs ?? 0) - (first?.dtsMs ?? 0);
      const isEnough = this.#kinds.every((kind) => (counts.get(kind) ?? 0) >= TIMES_MAX);
      const isMuch = size > AHEAD_SIZE_MAX || this.#ahead.length > AHEAD_FRAMES_MAX;
      if (isEnough || isMuch || spanMs > AHEAD_MS_MAX) return this.#ahead;
      const frame = await this.#read();
      if (frame === undefined) return this.#ahead;
      this.#ahead.push(frame);
      counts.set(frame.track.kind, (counts.get(frame.track.kind) ?? 0) + 1);
      size += frame.payload.length;
    }
  }

  /** The next frame; `undefined` at the end. @throws {MalformedError} @throws {SystemError} */
  next(): Promise<Frame | undefined> | Frame | undefined {
    return this.#ahead.shift() ?? this.#read();
  }

  close(): Promise<void> {
    return this.#open.close();
  }

  /** What could not be decoded is passed over: pictures before the first key frame, sound before that. */
  async #read(): Promise<Frame | undefined> {
    for (;;) {
      const frame = await this.#readAny();
      if (frame === undefined || this.#isPlayable(frame)) return frame;
    }
  }

  async #readAny(): Promise<Frame | undefined> {
    for (;;) {
      const frame = this.#interleaver.take(this.#isReadUp);
      if (frame !== undefined || this.#isReadUp) return frame;
      const frames = await this.frames.next();
      this.#isReadUp = frames === undefined;
      for (const next of frames ?? []) this.#interleaver.push(next);
    }
  }

  #isPlayable({ track, isKeyFrame, dtsMs }: Frame): boolean {
    if (this.#isStarted) return track.kind === "video" || dtsMs >= this.#startMs;
    this.#waitingSinceMs ??= dtsMs;
    const isAwaited = this.#kinds.includes("video") && !(track.kind === "video" && isKeyFrame);
    if (isAwaited && dtsMs - this.#waitingSinceMs < KEY_FRAME_WAIT_MS) return false;
    this.#isStarted = true;
    this.#startMs = dtsMs;
    return true;
  }
}
