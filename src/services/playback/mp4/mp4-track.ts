/**
 * A track of an MP4 file that is played.
 *
 * @module
 */

import type { ReadMovie, ReadMovieTrack } from "../../../codec/mp4/movie-reader.ts";
import type { Track, TrackKind } from "../../../live/track.ts";
import { createMovieTrack } from "../../../remux/cmaf/movie-track.ts";

/** Ticks: what a time loses on its way to milliseconds and back. */
const ROUNDING = 1e-3;

export interface Mp4Track {
  readonly info: ReadMovieTrack;
  readonly track: Track;
  /** Its place among the tracks of the movie. */
  readonly index: number;
}

/** The first track of video and the first of audio that are known here. @throws {MalformedError} */
export function chooseTracks(movie: ReadMovie): Mp4Track[] {
  const kinds = new Set<TrackKind>();
  return movie.tracks.flatMap((info, index) => {
    const track = info.sampleEntry && createMovieTrack(info.sampleEntry);
    if (track === undefined || kinds.has(track.kind)) return [];
    kinds.add(track.kind);
    return [{ info, track, index }];
  });
}

/** From the ticks of a track's samples to milliseconds of the movie. */
export function toMovieMs({ info: { shift, timescale } }: Mp4Track, ticks: number): number {
  return ((ticks - shift) * 1_000) / timescale;
}

/** The reverse. */
export function toTrackTicks({ info: { shift, timescale } }: Mp4Track, ms: number): number {
  return Math.floor((ms * timescale) / 1_000 + ROUNDING) + shift;
}
