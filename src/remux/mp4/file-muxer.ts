/**
 * A stream as a fragmented MP4 file of all its tracks: what has been written can be played, wherever it
 * ends.
 *
 * ```text
 * frames -> held (until the next one says how long it lasts) -> samples -> a fragment for each track
 * | ftyp | moov | moof mdat (video) | moof mdat (audio) | moof mdat (video) | ...
 * ```
 *
 * @module
 */

import { ByteWriter } from "../../base/byte-writer.ts";
import { MalformedError } from "../../base/errors.ts";
import { Brand, writeFileType } from "../../codec/mp4/file-type.ts";
import { writeMovie } from "../../codec/mp4/movie.ts";
import type { Frame } from "../../live/frame.ts";
import type { StreamDescription, Track, TrackKind } from "../../live/track.ts";
import { type CmafSample, writeCmafChunk } from "../cmaf/chunk.ts";
import { type CmafTrack, createCmafTrack } from "../cmaf/cmaf-track.ts";
import { TrackClock } from "../cmaf/track-clock.ts";

const CAPACITY = 64 * 1024;
/** A track that has not shown by then what it is made of is left out: the others go on. */
const WAIT_MS = 2_000;
const WAIT_SIZE = 16 * 1024 * 1024;
/** What the only frame of a track lasts. */
const STEP_MS_DEFAULT = 40;
/** Ticks per second of the movie, in which nothing but the beginning of tracks is said. */
const MOVIE_TIMESCALE = 90_000;

class FileTrack {
  readonly trackId: number;
  readonly track: Track;
  cmaf: CmafTrack | undefined;
  readonly samples: CmafSample[] = [];
  #clock: TrackClock | undefined;
  #held: { readonly frame: Frame; readonly ticks: number; readonly offset: number } | undefined;
  #step = 0;
  /** Where the first of the samples is. */
  baseTicks = 0;
  pendingSize = 0;

  constructor(trackId: number, track: Track) {
    this.trackId = trackId;
    this.track = track;
    this.#prepare(undefined);
  }

  /** @returns Whether it was taken. */
  add(frame: Frame, dtsMs: number): boolean {
    const clock = this.#clock ?? this.#prepare(frame);
    if (clock === undefined) return false;
    const ticks = clock.place(frame, dtsMs);
    this.#complete(ticks);
    // Both times are rounded, not one of them and the distance: that would be off by a tick at times.
    const offset = clock.toTicks(dtsMs + frame.compositionTimeOffsetMs) - ticks;
    this.#held = { frame, ticks, offset: frame.track.kind === "audio" ? 0 : offset };
    this.pendingSize += frame.payload.length;
    return true;
  }

  /** Nothing follows: the last frame lasts as long as the one before. */
  end(): void {
    const [held, clock] = [this.#held, this.#clock];
    if (held === undefined || clock === undefined) return;
    const step = this.#step > 0 ? this.#step : clock.toTicks(STEP_MS_DEFAULT);
    this.#complete(held.ticks + Math.max(1, step));
  }

  /** Samples have been written. */
  taken(): void {
    this.samples.length = 0;
    this.pendingSize = this.#held?.frame.payload.length ?? 0;
  }

  #complete(endTicks: number): void {
    const held = this.#held;
    if (held === undefined) return;
    this.#held = undefined;
    const { frame, ticks, offset: compositionTimeOffset } = held;
    this.#step = endTicks - ticks;
    if (this.samples.length === 0) this.baseTicks = ticks;
    const { payload, isKeyFrame } = frame;
    this.samples.push({ payload, duration: this.#step, compositionTimeOffset, isKeyFrame });
  }

  #prepare(frame: Frame | undefined): TrackClock | undefined {
    if (frame !== undefined && !frame.isKeyFrame) return undefined;
    try {
      this.cmaf = createCmafTrack(this.track, frame);
    } catch (error) {
      if (!(error instanceof MalformedError)) throw error;
    }
    this.#clock = this.cmaf && new TrackClock(this.cmaf);
    return this.#clock;
  }
}

export class Mp4FileMuxer {
  readonly #tracks = new Map<TrackKind, FileTrack>();
  readonly #writer = new ByteWriter(CAPACITY);
  #hasHeader = false;
  #sequenceNumber = 0;
  #firstMs: number | undefined;
  #lastMs = 0;
  /** Frames that were not written: of tracks that cannot be described. */
  droppedFrames = 0;

  constructor({ video, audio }: StreamDescription) {
    const tracks = [video, audio].filter((track) => track !== undefined);
    for (const [index, track] of tracks.entries()) {
      this.#tracks.set(track.kind, new FileTrack(index + 1, track));
    }
  }

  get pendingSize(): number {
    let size = 0;
    for (const { pendingSize } of this.#tracks.values()) size += pendingSize;
    return size;
  }

  /** @param dtsMs Milliseconds of the file. */
  writeFrame(frame: Frame, dtsMs: number): void {
    this.#firstMs ??= dtsMs;
    this.#lastMs = dtsMs;
    const track = this.#tracks.get(frame.track.kind);
    if (track?.add(frame, dtsMs) !== true) this.droppedFrames += 1;
  }

  /** Gives away what is complete: a fragment for each track. */
  take(isLast: boolean): Uint8Array {
    if (isLast) for (const track of this.#tracks.values()) track.end();
    if (!this.#hasHeader && !this.#writeHeader(isLast)) return new Uint8Array(0);
    for (const track of this.#tracks.values()) this.#writeFragment(track);
    return this.#writer.take();
  }

  /** @returns Whether it is known what all tracks are. */
  #writeHeader(isLast: boolean): boolean {
    const waitedMs = this.#lastMs - (this.#firstMs ?? this.#lastMs);
    const isLate = isLast || waitedMs >= WAIT_MS || this.pendingSize >= WAIT_SIZE;
    const entries = [...this.#tracks];
    if (!isLate && entries.some(([, { cmaf }]) => cmaf === undefined)) return false;
    for (const [kind, { cmaf }] of entries) if (cmaf === undefined) this.#tracks.delete(kind);
    if (this.#tracks.size === 0) return false;
    this.#hasHeader = true;
    const tracks = [...this.#tracks.values()].flatMap(({ trackId, cmaf }) =>
      cmaf === undefined
        ? []
        : [{ trackId, timescale: cmaf.timescale, sampleEntry: cmaf.sampleEntry }],
    );
    const isAv1 = tracks.some(({ sampleEntry: { format } }) => format === "av01");
    const others = [Brand.Isom, Brand.Mp42, ...(isAv1 ? [Brand.Av1] : [])];
    writeFileType(this.#writer, Brand.Iso6, others);
    writeMovie(this.#writer, MOVIE_TIMESCALE, tracks);
    return true;
  }

  #writeFragment(track: FileTrack): void {
    const { trackId, cmaf, samples, baseTicks: baseDecodeTime } = track;
    if (cmaf === undefined || samples.length === 0) return;
    this.#sequenceNumber += 1;
    const sequenceNumber = this.#sequenceNumber;
    writeCmafChunk(this.#writer, cmaf, { trackId, sequenceNumber, baseDecodeTime, samples });
    track.taken();
  }
}
