/**
 * Places the times of one recording behind those of the one before: without a jump, and gaps are closed.
 *
 * @module
 */

import { unlessMalformed } from "../../base/errors.ts";
import type { Frame } from "../../live/frame.ts";
import type { TrackKind } from "../../live/track.ts";
import { describeAudio } from "../../remux/track/audio-details.ts";
import { firstTime, nextTime, stepOf, TIMES_MAX } from "./track-times.ts";

/** By so much the two tracks may differ in what the border is to be, and mean the same. */
const SAME_MS_MAX = 250;

/** What has been played of a track lately. */
interface Played {
  /** As they were placed. */
  readonly times: number[];
  /** How long a frame lasts, where the codec says so. */
  readonly stepMs: number | undefined;
}

export class BorderClock {
  readonly #played = new Map<TrackKind, Played>();
  #shiftMs = 0;

  /** The first recording begins. @param zeroMs The time of its file that is to be 0. */
  start(zeroMs: number): void {
    this.#shiftMs = -zeroMs;
  }

  /**
   * Another recording begins.
   *
   * @param frames Its first ones, with the times of its file; at least one.
   */
  begin(frames: readonly Frame[]): void {
    const video = this.#shiftOf("video", frames);
    const audio = this.#shiftOf("audio", frames);
    this.#shiftMs = this.#choose(video, audio, frames) ?? this.#endMs - (frames[0]?.dtsMs ?? 0);
  }

  /** @returns When the frame is to be played. */
  place(frame: Frame): number {
    const { kind } = frame.track;
    const ms = frame.dtsMs + this.#shiftMs;
    const played = this.#played.get(kind) ?? { times: [], stepMs: frameMs(frame) };
    this.#played.set(kind, played);
    played.times.push(ms);
    if (played.times.length > TIMES_MAX) played.times.shift();
    return ms;
  }

  #choose(
    video: number | undefined,
    audio: number | undefined,
    frames: readonly Frame[],
  ): number | undefined {
    if (video === undefined || audio === undefined) return video ?? audio;
    // How long a frame of sound lasts is known better than how long a picture does.
    const isSame = Math.abs(video - audio) <= SAME_MS_MAX && !this.#goesBack(frames, audio);
    return isSame ? audio : Math.max(video, audio);
  }

  /** What to add so that a track goes on evenly; `undefined` if it has not been there on both sides. */
  #shiftOf(kind: TrackKind, frames: readonly Frame[]): number | undefined {
    const played = this.#played.get(kind);
    const times = frames.filter(({ track }) => track.kind === kind).map(({ dtsMs }) => dtsMs);
    if (played === undefined || times.length === 0) return undefined;
    const stepMs = stepOf(played.times, played.stepMs);
    const first = times.slice(0, TIMES_MAX);
    const shiftMs = nextTime(played.times, stepMs) - firstTime(first, stepMs);
    // Where all count in whole milliseconds, so did who published.
    const isWhole = [...played.times, ...first].every(Number.isInteger);
    return isWhole ? Math.round(shiftMs) : shiftMs;
  }

  /** Whether a track would go back in time. */
  #goesBack(frames: readonly Frame[], shiftMs: number): boolean {
    return frames.some(({ track, dtsMs }) => {
      const lastMs = this.#played.get(track.kind)?.times.at(-1);
      return lastMs !== undefined && dtsMs + shiftMs <= lastMs;
    });
  }

  /** When all that has been played is over. */
  get #endMs(): number {
    let endMs = 0;
    for (const { times, stepMs } of this.#played.values()) {
      endMs = Math.max(endMs, nextTime(times, stepOf(times, stepMs)));
    }
    return endMs;
  }
}

/** How long a frame lasts, if its codec says so. */
function frameMs({ track, payload }: Frame): number | undefined {
  if (track.kind !== "audio") return undefined;
  return unlessMalformed(() => {
    const details = describeAudio(track, { payload });
    return details && (details.samplesPerFrame(payload) * 1_000) / details.sampleRate;
  });
}
