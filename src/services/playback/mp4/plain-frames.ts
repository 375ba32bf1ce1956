/**
 * Frames of an MP4 file with sample tables.
 *
 * @module
 */

import type { FileWindow } from "../file-window.ts";
import type { FrameReader } from "../frame-reader.ts";
import type { MovieLayout } from "./movie-layout.ts";
import { Mp4Merge, type Mp4Source } from "./mp4-merge.ts";
import { chooseTracks, type Mp4Track, toMovieMs, toTrackTicks } from "./mp4-track.ts";
import { PlainSamples } from "./plain-samples.ts";

interface OpenTrack {
  readonly track: Mp4Track;
  readonly samples: PlainSamples;
}

/** @throws {MalformedError} @throws {SystemError} */
export async function openPlainFrames(
  window: FileWindow,
  { movie, tables }: MovieLayout,
  startMs: number | undefined,
): Promise<FrameReader> {
  const tracks: OpenTrack[] = [];
  for (const track of chooseTracks(movie)) {
    const samples = await PlainSamples.open(window, tables[track.index] ?? {});
    tracks.push({ track, samples });
  }
  // `stts` counts from 0; what begins later has an edit list.
  const firstMs = Math.min(...tracks.map(({ track }) => toMovieMs(track, 0)));
  const leading = tracks.find(({ track: { track } }) => track.kind === "video") ?? tracks[0];
  const entryMs =
    leading && startMs !== undefined ? await findEntry(leading, firstMs + startMs) : undefined;
  const sources: Mp4Source[] = [];
  for (const { track, samples } of tracks) {
    const ticks = entryMs === undefined ? 0 : toTrackTicks(track, entryMs);
    await samples.seek(await samples.findByTime(Math.max(0, ticks)));
    sources.push({ track, samples, startTicks: ticks });
  }
  const merge = new Mp4Merge(window, sources, firstMs);
  return { isEntry: entryMs !== undefined, metadata: undefined, next: () => merge.next() };
}

/** When the last sync sample at or before a time is, of the movie; `undefined` if there is none. */
async function findEntry(
  { track, samples }: OpenTrack,
  untilMs: number,
): Promise<number | undefined> {
  const ticks = toTrackTicks(track, untilMs);
  if (ticks < 0) return undefined;
  const sync = await samples.findSync(await samples.findByTime(ticks));
  return sync === undefined ? undefined : toMovieMs(track, await samples.timeOf(sync));
}
