/**
 * Frames of an MP4 file with fragments. Nothing says where they are: near the time by halving, where the
 * next `moof` is looked for by its form, and back to one with a sync sample.
 *
 * @module
 */

import { unlessMalformed } from "../../../base/errors.ts";
import { decodeMovieFragment } from "../../../codec/mp4/fragment-reader.ts";
import type { ReadMovie } from "../../../codec/mp4/movie-reader.ts";
import { FileWindow } from "../file-window.ts";
import { findBack, findPosition, type TimedPlace } from "../find-position.ts";
import type { FrameReader } from "../frame-reader.ts";
import { type Fragment, FragmentSamples, placeSamples, readFragments } from "./fragment-samples.ts";
import type { MovieLayout, PlacedBox } from "./movie-layout.ts";
import { Mp4Merge } from "./mp4-merge.ts";
import { chooseTracks, type Mp4Track, toMovieMs, toTrackTicks } from "./mp4-track.ts";

const SEARCH_SIZE = 128 * 1024;
/** `| size 32 | "moof" | size 32 = 16 | "mfhd" |` */
const FORM_SIZE = 16;
const MOOF_SIZE_MAX = 4 * 1024 * 1024;

/** A sync sample, and the fragment to begin with: sound of its time may be in the one before its own. */
interface Entry {
  readonly offset: number;
  readonly ms: number;
}

/** @param moov The fragments are behind it. @throws {MalformedError} @throws {SystemError} */
export async function openFragmentedFrames(
  window: FileWindow,
  moov: PlacedBox,
  { movie }: MovieLayout,
  startMs: number | undefined,
): Promise<FrameReader> {
  const tracks = chooseTracks(movie);
  const firstMs = await findFirstMs(window, movie, moov.end, tracks);
  const leading = tracks.find(({ track }) => track.kind === "video") ?? tracks[0];
  const entry =
    leading && startMs !== undefined
      ? await new Search(window, movie, moov.end, leading).find(firstMs + startMs)
      : undefined;
  const from = entry?.offset ?? moov.end;
  const samples = new FragmentSamples(
    readFragments(new FileWindow(window.file, window.size), movie, from),
    tracks.map(({ info }) => info.trackId),
  );
  const sources = tracks.map((track) => ({
    track,
    samples: samples.of(track.info.trackId),
    startTicks: entry === undefined ? Number.NEGATIVE_INFINITY : toTrackTicks(track, entry.ms),
  }));
  const merge = new Mp4Merge(window, sources, firstMs);
  return { isEntry: entry !== undefined, metadata: undefined, next: () => merge.next() };
}

/** When the earliest sample is: in the first fragments, one of each track. */
async function findFirstMs(
  window: FileWindow,
  movie: ReadMovie,
  from: number,
  tracks: readonly Mp4Track[],
): Promise<number> {
  let firstMs = Number.POSITIVE_INFINITY;
  let count = 0;
  for await (const { runs } of readFragments(window, movie, from)) {
    for (const { trackId, baseDecodeTime } of runs) {
      const track = tracks.find(({ info }) => info.trackId === trackId);
      if (track !== undefined) firstMs = Math.min(firstMs, toMovieMs(track, baseDecodeTime));
    }
    count += 1;
    if (count >= tracks.length) break;
  }
  return Number.isFinite(firstMs) ? firstMs : 0;
}

class Search {
  readonly #window: FileWindow;
  readonly #movie: ReadMovie;
  readonly #start: number;
  readonly #track: Mp4Track;

  constructor(window: FileWindow, movie: ReadMovie, start: number, track: Mp4Track) {
    this.#window = new FileWindow(window.file, window.size);
    this.#movie = movie;
    this.#start = start;
    this.#track = track;
  }

  /** @param untilMs Of the movie. @returns `undefined` if there is no sync sample up to then. */
  async find(untilMs: number): Promise<Entry | undefined> {
    const start = this.#start;
    const size = this.#window.size - start;
    const position = await findPosition(size, untilMs, async (offset, end) => {
      const place = await this.#timeAt(start + offset, start + end);
      return place && { ...place, offset: place.offset - start };
    });
    return findBack(position, async (back) => {
      const from = back === 0 ? start : await this.#findMoof(start + back, this.#window.size);
      return from === undefined ? undefined : this.#findLast(from, untilMs);
    });
  }

  /** The first fragment of the track behind an offset. */
  async #timeAt(offset: number, end: number): Promise<TimedPlace | undefined> {
    const from = await this.#findMoof(offset, end);
    if (from === undefined) return undefined;
    for await (const fragment of readFragments(this.#window, this.#movie, from)) {
      if (fragment.offset >= end) return undefined;
      const run = fragment.runs.find(({ trackId }) => trackId === this.#track.info.trackId);
      if (run === undefined) continue;
      return { offset: fragment.offset, ms: toMovieMs(this.#track, run.baseDecodeTime) };
    }
    return undefined;
  }

  async #findLast(from: number, untilMs: number): Promise<Entry | undefined> {
    let found: Entry | undefined;
    let before: Fragment | undefined;
    for await (const fragment of readFragments(this.#window, this.#movie, from)) {
      for (const run of fragment.runs) {
        if (run.trackId !== this.#track.info.trackId) continue;
        if (toMovieMs(this.#track, run.baseDecodeTime) > untilMs) return found;
        for (const { decodeTime, isSync } of placeSamples(fragment, run)) {
          const ms = toMovieMs(this.#track, decodeTime);
          if (isSync && ms <= untilMs) found = { offset: (before ?? fragment).offset, ms };
        }
      }
      before = fragment;
    }
    return found;
  }

  /** The first `moof` at or behind an offset that can be read. */
  async #findMoof(offset: number, end: number): Promise<number | undefined> {
    for (let at = offset; at + FORM_SIZE < end; at += SEARCH_SIZE - FORM_SIZE) {
      const bytes = await this.#window.readSome(at, SEARCH_SIZE);
      for (let i = 0; i + FORM_SIZE <= bytes.length; i++) {
        if (bytes[i + 4] !== 0x6d || !isMoof(bytes, i)) continue;
        if (await this.#canBeRead(at + i, bytes, i)) return at + i;
      }
    }
    return undefined;
  }

  /** Media may hold anything, also what looks like it. */
  async #canBeRead(offset: number, bytes: Uint8Array, i: number): Promise<boolean> {
    const size = new DataView(bytes.buffer, bytes.byteOffset).getUint32(i);
    if (size < FORM_SIZE || size > MOOF_SIZE_MAX) return false;
    const box = await this.#window.readSome(offset, size);
    const { defaults } = this.#movie;
    const runs = unlessMalformed(() => decodeMovieFragment(box.subarray(8), { defaults, offset }));
    return runs !== undefined && runs.length > 0;
  }
}

function isMoof(bytes: Uint8Array, i: number): boolean {
  const view = new DataView(bytes.buffer, bytes.byteOffset + i, FORM_SIZE);
  const isNamed = view.getUint32(4) === 0x6d6f_6f66 && view.getUint32(12) === 0x6d66_6864;
  return isNamed && view.getUint32(8) === FORM_SIZE;
}
