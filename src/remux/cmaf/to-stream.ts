/**
 * From fragmented MP4 to the live core: an initialization segment, and segments of any number of
 * fragments.
 *
 * Spec: ISO/IEC 14496-12, 8.8 (movie fragments); ISO/IEC 23000-19 (CMAF), 7.3.
 *
 * @module
 */

import { MalformedError } from "../../base/errors.ts";
import { findBox, readBoxes } from "../../codec/mp4/box-reader.ts";
import {
  costOf,
  decodeMovieFragment,
  type SampleRunInfo,
} from "../../codec/mp4/fragment-reader.ts";
import { decodeMovie, type ReadMovie, type ReadMovieTrack } from "../../codec/mp4/movie-reader.ts";
import type { Track } from "../../live/track.ts";
import type { FlvOutput } from "../flv/to-stream.ts";
import { createMovieTrack } from "./movie-track.ts";

/** A track of the movie that is taken. */
interface TakenTrack {
  readonly info: ReadMovieTrack;
  readonly track: Track;
}

/** Of one segment: an hour of 30 pictures a second and as much sound would fit. */
const SAMPLES_MAX = 1 << 18;

/** Feeds a publication. Of the tracks the first of video and the first of audio that are known here. */
export class FragmentsToStream {
  readonly #output: FlvOutput;
  #movie: ReadMovie | undefined;
  /** By their ids. */
  readonly #taken = new Map<number, TakenTrack>();

  constructor(output: FlvOutput) {
    this.#output = output;
  }

  /** @param bytes A file up to its first fragment. @throws {MalformedError} If there is no movie in it. */
  initialize(bytes: Uint8Array): void {
    const moov = findBox(bytes, ["moov"]);
    if (moov === undefined) throw new MalformedError("Cannot find moov", 0);
    const movie = decodeMovie(moov.body.slice());
    this.#movie = movie;
    this.#taken.clear();
    const kinds = new Set<Track["kind"]>();
    for (const info of movie.tracks) {
      const track = info.sampleEntry && createMovieTrack(info.sampleEntry);
      if (track === undefined || kinds.has(track.kind)) continue;
      kinds.add(track.kind);
      this.#taken.set(info.trackId, { info, track: this.#output.writeTrack(track) });
    }
  }

  /** @param bytes A segment. @throws {MalformedError} If it is broken, or no movie has come before. */
  read(bytes: Uint8Array): void {
    const movie = this.#movie;
    if (movie === undefined) throw new MalformedError("Cannot read fragments: no moov", 0);
    let samplesMax = SAMPLES_MAX;
    let size = 0;
    for (const { type, body, offset } of readBoxes(bytes)) {
      if (type !== "moof") continue;
      const { defaults } = movie;
      const runs = decodeMovieFragment(body, { defaults, offset, samplesMax });
      for (const run of runs) {
        samplesMax = Math.max(0, samplesMax - costOf(run));
        size += run.samples.reduce((sum, sample) => sum + sample.size, 0);
        // Samples may lie anywhere, and so upon one another.
        if (size > bytes.length) throw new MalformedError("Cannot read samples: too large", offset);
        const taken = this.#taken.get(run.trackId);
        if (taken !== undefined) this.#readRun(bytes, offset, run, taken);
      }
    }
  }

  #readRun(
    bytes: Uint8Array,
    moofOffset: number,
    { baseDecodeTime, dataOffset, samples }: SampleRunInfo,
    { info: { timescale, shift }, track }: TakenTrack,
  ): void {
    let position = moofOffset + dataOffset;
    let ticks = baseDecodeTime - shift;
    for (const { duration, size, compositionTimeOffset, isSync } of samples) {
      if (position < 0 || position + size > bytes.length) {
        throw new MalformedError(`Cannot read sample of ${size} bytes: cut off`, position);
      }
      if (size > 0) {
        this.#output.writeFrame({
          track,
          dtsMs: (ticks * 1_000) / timescale,
          compositionTimeOffsetMs: (compositionTimeOffset * 1_000) / timescale,
          isKeyFrame: isSync || track.kind === "audio",
          payload: bytes.slice(position, position + size),
          flvBody: undefined,
        });
      }
      position += size;
      ticks += duration;
    }
  }
}
