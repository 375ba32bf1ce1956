/**
 * Frames of an MP4 file out of the samples of its tracks, in the order of their times.
 *
 * @module
 */

import { MalformedError } from "../../../base/errors.ts";
import type { Frame } from "../../../live/frame.ts";
import { FileWindow } from "../file-window.ts";
import type { Mp4Sample, Mp4Samples } from "./mp4-sample.ts";
import { type Mp4Track, toMovieMs } from "./mp4-track.ts";

/** Frames that are given away at once. */
const BATCH_SIZE = 64 * 1024;
const BATCH_FRAMES = 256;
/** The largest pictures have some MiB. */
const SAMPLE_SIZE_MAX = 32 * 1024 * 1024;

export interface Mp4Source {
  readonly track: Mp4Track;
  readonly samples: Mp4Samples;
  /** Samples before it are passed over; in ticks of the track. */
  readonly startTicks: number;
}

interface Queue {
  readonly track: Mp4Track;
  readonly samples: Mp4Samples;
  readonly startTicks: number;
  /** Each track is read where it is, and may lie far from the other one. */
  readonly window: FileWindow;
  batch: readonly Mp4Sample[];
  next: number;
  isOver: boolean;
}

export class Mp4Merge {
  readonly #queues: readonly Queue[];
  readonly #firstMs: number;

  /** @param firstMs The time of the movie that is to be 0. */
  constructor(window: FileWindow, sources: readonly Mp4Source[], firstMs: number) {
    this.#firstMs = firstMs;
    this.#queues = sources.map((source) => ({
      ...source,
      window: new FileWindow(window.file, window.size),
      batch: [],
      next: 0,
      isOver: false,
    }));
  }

  /** @returns `undefined` at the end. @throws {MalformedError} @throws {SystemError} */
  async next(): Promise<readonly Frame[] | undefined> {
    const frames: Frame[] = [];
    let size = 0;
    while (size < BATCH_SIZE && frames.length < BATCH_FRAMES) {
      const frame = await this.#nextFrame();
      if (frame === undefined) break;
      frames.push(frame);
      size += frame.payload.length;
    }
    return frames.length > 0 ? frames : undefined;
  }

  async #nextFrame(): Promise<Frame | undefined> {
    for (;;) {
      let earliest: Queue | undefined;
      let earliestMs = Number.POSITIVE_INFINITY;
      for (const queue of this.#queues) {
        const sample = headOf(queue) ?? (await fill(queue));
        if (sample === undefined) continue;
        const ms = toMovieMs(queue.track, sample.decodeTime);
        if (earliest !== undefined && ms >= earliestMs) continue;
        earliest = queue;
        earliestMs = ms;
      }
      const sample = earliest && headOf(earliest);
      if (earliest === undefined || sample === undefined) return undefined;
      earliest.next += 1;
      if (sample.decodeTime < earliest.startTicks || sample.size === 0) continue;
      return this.#toFrame(earliest, sample, earliestMs);
    }
  }

  async #toFrame(
    { track: { track, info }, window }: Queue,
    { offset, size, isSync, compositionTimeOffset }: Mp4Sample,
    ms: number,
  ): Promise<Frame> {
    if (size > SAMPLE_SIZE_MAX) {
      throw new MalformedError(`Cannot read sample of ${size} bytes`, offset);
    }
    const bytes = window.peek(offset, size) ?? (await window.read(offset, size));
    return {
      track,
      dtsMs: ms - this.#firstMs,
      compositionTimeOffsetMs: (compositionTimeOffset * 1_000) / info.timescale,
      isKeyFrame: isSync || track.kind === "audio",
      payload: bytes,
      flvBody: undefined,
    };
  }
}

function headOf(queue: Queue): Mp4Sample | undefined {
  return queue.batch[queue.next];
}

async function fill(queue: Queue): Promise<Mp4Sample | undefined> {
  if (queue.isOver) return undefined;
  queue.next = 0;
  const batch = await queue.samples.next();
  queue.batch = batch ?? [];
  queue.isOver = batch === undefined;
  return headOf(queue);
}
