/**
 * The recordings of a stream one after the other, from a time on. They are looked up as they are needed:
 * what is completed meanwhile is among them.
 *
 * @module
 */

import type { StreamName } from "../../base/stream-name.ts";
import type { PlayableRecording, RecordingFilter, Recordings } from "./recordings.ts";

/** Looked up at once. */
const PAGE_COUNT = 64;
/** Recordings that are looked into for a key frame in front of a time. */
const CANDIDATES_MAX = 16;
/** A time that is in no recording may yet be in a group of pictures that began in the one before. */
const LOOK_BACK_MS = 60_000;
/**
 * One recording ends where the next begins if they are no farther apart: when a recording began is known
 * by when its first frame came, and frames never come quite evenly.
 */
const BORDER_MS_MAX = 2_000;

export interface SequenceQuery {
  readonly name: StreamName;
  /** In milliseconds since the Unix epoch, as `endMs`, at which nothing begins any more. */
  readonly fromMs: number;
  readonly endMs: number;
}

export class RecordingSequence {
  readonly #recordings: Recordings;
  readonly #query: SequenceQuery;
  #page: readonly PlayableRecording[] = [];
  #next = 0;
  #last: PlayableRecording | undefined;

  constructor(recordings: Recordings, query: SequenceQuery) {
    this.#recordings = recordings;
    this.#query = query;
  }

  /**
   * Recordings to begin with, the best first: the one that the time is in, and those in front of it as
   * long as one ends where the next begins.
   *
   * @throws {SystemError}
   */
  async candidates(): Promise<PlayableRecording[]> {
    const { name, fromMs } = this.#query;
    const found = await this.#recordings.find({
      name,
      fromWallMs: Math.max(0, fromMs - LOOK_BACK_MS),
      toWallMs: fromMs,
      order: "newest_first",
      start: 0,
      limit: CANDIDATES_MAX,
    });
    const candidates: PlayableRecording[] = [];
    let next: Pick<PlayableRecording, "startedWallMs"> = { startedWallMs: fromMs };
    for (const recording of found) {
      if (!isFollowedBy(recording, next)) break;
      candidates.push(recording);
      next = recording;
    }
    return candidates;
  }

  /** What is played first: `next` goes on behind it. */
  begin(recording: PlayableRecording): void {
    this.#last = recording;
  }

  /** The next one that begins; `undefined` if there is none. @throws {SystemError} */
  async next(): Promise<PlayableRecording | undefined> {
    if (this.#next >= this.#page.length) {
      this.#page = await this.#findPage();
      this.#next = 0;
    }
    const recording = this.#page[this.#next];
    this.#next += 1;
    if (recording !== undefined) this.#last = recording;
    return recording;
  }

  async #findPage(): Promise<readonly PlayableRecording[]> {
    const { name, fromMs, endMs } = this.#query;
    const lastMs = this.#last?.startedWallMs;
    const filter: Omit<RecordingFilter, "start"> = {
      name,
      fromWallMs: lastMs ?? fromMs,
      toWallMs: Number.isFinite(endMs) ? endMs : undefined,
      order: "oldest_first",
      limit: PAGE_COUNT,
    };
    for (let start = 0; ; start += PAGE_COUNT) {
      const found = await this.#recordings.find({ ...filter, start });
      // Those that began earlier may end later all the same.
      const page = found.filter(({ startedWallMs }) =>
        lastMs === undefined ? startedWallMs >= fromMs : startedWallMs > lastMs,
      );
      if (page.length > 0 || found.length < PAGE_COUNT) return page;
    }
  }
}

/** Whether one recording ends where another begins. */
export function isFollowedBy(
  { startedWallMs, durationMs }: PlayableRecording,
  next: Pick<PlayableRecording, "startedWallMs">,
): boolean {
  return startedWallMs + durationMs >= next.startedWallMs - BORDER_MS_MAX;
}
