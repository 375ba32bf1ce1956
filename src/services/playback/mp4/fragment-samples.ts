/**
 * Samples of all tracks of an MP4 file with fragments, which are read one after the other.
 *
 * @module
 */

import { MalformedError } from "../../../base/errors.ts";
import { decodeMovieFragment, type SampleRunInfo } from "../../../codec/mp4/fragment-reader.ts";
import type { ReadMovie } from "../../../codec/mp4/movie-reader.ts";
import type { FileWindow } from "../file-window.ts";
import { type PlacedBox, readBoxAt } from "./movie-layout.ts";
import type { Mp4Sample, Mp4Samples } from "./mp4-sample.ts";

/** That of a second has some kB. */
const FRAGMENT_SIZE_MAX = 4 * 1024 * 1024;
/** Samples of the one track that are held until the other one has some. */
const HELD_SAMPLES_MAX = 100_000;

export interface Fragment {
  readonly offset: number;
  readonly runs: readonly SampleRunInfo[];
}

/** Yields the fragments from a box on. @throws {MalformedError} @throws {SystemError} */
export async function* readFragments(
  window: FileWindow,
  { defaults }: ReadMovie,
  from: number,
): AsyncGenerator<Fragment, void, undefined> {
  for (let box = await readBoxAt(window, from, window.size); box !== undefined; ) {
    if (box.type === "moof") yield await readFragment(window, box, defaults);
    box = await readBoxAt(window, box.end, window.size);
  }
}

async function readFragment(
  window: FileWindow,
  { offset, bodyOffset, end }: PlacedBox,
  defaults: ReadMovie["defaults"],
): Promise<Fragment> {
  const size = end - bodyOffset;
  if (size > FRAGMENT_SIZE_MAX) {
    throw new MalformedError(`Cannot read moof of ${size} bytes`, offset);
  }
  const body = await window.read(bodyOffset, size);
  const runs = decodeMovieFragment(body, { defaults, offset });
  // Offsets count from the beginning of the box, and its body was given.
  return { offset, runs };
}

/** The samples of a run, where they are in the file. */
export function placeSamples(
  { offset }: Fragment,
  { dataOffset, baseDecodeTime, samples }: SampleRunInfo,
): Mp4Sample[] {
  let at = offset + dataOffset;
  let decodeTime = baseDecodeTime;
  return samples.map(({ size, duration, compositionTimeOffset, isSync }) => {
    const sample = { offset: at, size, decodeTime, compositionTimeOffset, isSync };
    at += size;
    decodeTime += duration;
    return sample;
  });
}

/** Deals the samples of fragments out to their tracks. */
export class FragmentSamples {
  readonly #fragments: AsyncGenerator<Fragment, void, undefined>;
  readonly #held = new Map<number, Mp4Sample[]>();
  #heldCount = 0;
  #isOver = false;

  /** @param trackIds The tracks that are wanted. */
  constructor(fragments: AsyncGenerator<Fragment, void, undefined>, trackIds: readonly number[]) {
    this.#fragments = fragments;
    for (const trackId of trackIds) this.#held.set(trackId, []);
  }

  of(trackId: number): Mp4Samples {
    return { next: () => this.#next(trackId) };
  }

  async #next(trackId: number): Promise<readonly Mp4Sample[] | undefined> {
    for (;;) {
      const held = this.#held.get(trackId) ?? [];
      if (held.length > 0) {
        this.#held.set(trackId, []);
        this.#heldCount -= held.length;
        return held;
      }
      if (this.#isOver || !(await this.#pull())) return undefined;
    }
  }

  async #pull(): Promise<boolean> {
    const result = await this.#fragments.next();
    this.#isOver = result.done === true;
    if (result.done === true) return false;
    for (const run of result.value.runs) {
      const held = this.#held.get(run.trackId);
      if (held === undefined) continue;
      for (const sample of placeSamples(result.value, run)) held.push(sample);
      this.#heldCount += run.samples.length;
    }
    if (this.#heldCount > HELD_SAMPLES_MAX) {
      throw new MalformedError("Cannot read fragments: a track is far behind", result.value.offset);
    }
    return true;
  }
}
