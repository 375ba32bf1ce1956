/**
 * One track of a stream as CMAF segments and parts.
 *
 * ```text
 * frames -> held (until the next one says how long it lasts) -> open part -> open segment -> segments
 *                                                                  |             |
 *                                       its target duration is reached     a cut is passed
 * ```
 *
 * @module
 */

import { ByteWriter } from "../../../base/byte-writer.ts";
import { MalformedError } from "../../../base/errors.ts";
import type { Frame } from "../../../live/frame.ts";
import type { Track, TrackKind } from "../../../live/track.ts";
import {
  type CmafSample,
  writeCmafChunk,
  writeCmafSegmentType,
} from "../../../remux/cmaf/chunk.ts";
import { createCmafTrack } from "../../../remux/cmaf/cmaf-track.ts";
import { TrackClock } from "../../../remux/cmaf/track-clock.ts";
import type { CmafNames } from "./cmaf-names.ts";
import {
  type CmafInitialization,
  type CmafPart,
  type CmafSegment,
  type FinishedSegment,
  isGap,
} from "./cmaf-segment.ts";
import { PartTarget } from "./part-target.ts";

/**
 * How far another track may be past a cut before this one is taken to be silent. Encoders hold audio
 * and video some hundred milliseconds apart; who is later is waited for longer the next time.
 */
const SILENCE_MS = 1_500;
const SILENCE_MS_MAX = 10_000;
const SILENCE_MARGIN = 1.5;
/** Timestamps that do not advance pass no cut. */
const CUTS_MAX = 3;
/** A longer hole between two segments is told of. Audio is never cut to the millisecond. */
const HOLE_MS = 50;
const NO_BYTES = new Uint8Array(0);
/** A frame that lasts longer than so many of the ones before, and a second, has a gap behind it. */
const GAP_STEPS = 4;
const GAP_MS = 1_000;
/** Frames by which segments differ: audio is cut where video has its key frames, or one frame later. */
const FRAME_SLACK: Readonly<Record<TrackKind, number>> = { video: 0, audio: 1 };
/** How long before a cut sound may be that goes to the segment behind it, for want of any other. */
const TAKEN_ALONG_MS = 200;
const CHUNK_CAPACITY = 64 * 1024;

/** Where one segment ends and the next begins, for all tracks. */
export interface Cut {
  readonly msn: number;
  /** In milliseconds since the Unix epoch. */
  readonly atMs: number;
  readonly isDiscontinuous: boolean;
  readonly discontinuity: number;
  /** When that began, likewise. */
  readonly discontinuityMs: number;
  /** What the track is from there on; `undefined` if the stream has none of this kind. */
  readonly track: Track | undefined;
}

export interface TrackPackagerOptions {
  readonly kind: TrackKind;
  readonly names: CmafNames;
  /** The media sequence number of its first segment. */
  readonly firstMsn: number;
  /** Milliseconds. Infinite: segments have one part. */
  readonly partTargetMs: number;
  /** There is something new. */
  readonly onChange: () => void;
  /** The track cannot be packaged. */
  readonly onUnusable: (error: MalformedError) => void;
}

/** Of the segment that is being made. */
interface OpenSegment extends CmafSegment {
  readonly parts: CmafPart[];
  /** How long there was nothing in front of its first frame. */
  readonly holeTicks: number;
}

export class TrackPackager {
  readonly kind: TrackKind;
  /** The media sequence number of its first segment. */
  readonly firstMsn: number;
  readonly #options: TrackPackagerOptions;
  readonly #segments: FinishedSegment[] = [];
  readonly #cuts: Cut[] = [];
  readonly #writer = new ByteWriter(CHUNK_CAPACITY);
  #track: Track | undefined;
  #clock: TrackClock | undefined;
  #initialization: CmafInitialization | undefined;
  #initializationCount = 0;
  /** Those that a listed segment may name. */
  readonly #initializations = new Map<number, CmafInitialization>();
  #isUnusable = false;
  #open: OpenSegment | undefined;
  #cut: Cut | undefined;
  /** There is nothing more to come, unless `cutAt` is called again. */
  #isEnding = false;
  /** Gaps at the end, which are told of once something follows: players cannot go on from them. */
  readonly #lateGaps: FinishedSegment[] = [];
  #samples: CmafSample[] = [];
  #partStart = 0;
  #held: { readonly frame: Frame; readonly ticks: number } | undefined;
  /** The duration of the latest frame that has one, in ticks. */
  #step = 0;
  #sequenceNumber = 0;
  readonly #partTarget: PartTarget;
  /** In the open segment. */
  #frameCount = 0;
  /** What comes earlier belongs to no segment. */
  #notBeforeMs = Number.NEGATIVE_INFINITY;
  /** How far the others are. */
  #otherMs = Number.NEGATIVE_INFINITY;
  #silenceMs = SILENCE_MS;
  #endMs = Number.NEGATIVE_INFINITY;
  /** Bytes of all finished segments that are held. */
  heldSize = 0;

  constructor(options: TrackPackagerOptions) {
    this.#options = options;
    this.kind = options.kind;
    this.firstMsn = options.firstMsn;
    this.#partTarget = new PartTarget(options.partTargetMs);
  }

  get segments(): readonly FinishedSegment[] {
    return this.#segments;
  }

  /** The segment that is being made, once it has a frame. */
  get open(): CmafSegment | undefined {
    return this.#open;
  }

  /** No part is longer, but one whose single frame is. In milliseconds. */
  get partTargetMs(): number {
    return this.#partTarget.ms;
  }

  /** When the last of its segments is over, in milliseconds since the Unix epoch. */
  get endMs(): number {
    return this.#endMs;
  }

  /** Of the latest frames. */
  get initialization(): CmafInitialization | undefined {
    return this.#initialization;
  }

  initializationAt(index: number): CmafInitialization | undefined {
    return this.#initializations.get(index);
  }

  /** Frames from `cut` on belong to the next segment. */
  cutAt(cut: Cut): void {
    this.#isEnding = false;
    this.#tellLateGaps();
    if (this.#cut === undefined) {
      this.#enter(cut);
      this.#notBeforeMs = cut.atMs;
    } else {
      this.#cuts.push(cut);
    }
    if (this.#track === undefined) this.#passCuts(Number.POSITIVE_INFINITY);
    if (this.#cuts.length > CUTS_MAX) this.#passCut(undefined);
  }

  #tellLateGaps(): void {
    if (this.#lateGaps.length === 0) return;
    this.#segments.push(...this.#lateGaps.splice(0));
    this.#options.onChange();
  }

  /** @param mediaMs The frame's DTS in milliseconds since the Unix epoch. */
  add(frame: Frame, mediaMs: number): void {
    if (mediaMs < this.#notBeforeMs) return;
    this.#noteDelay(mediaMs);
    const placed = this.#isContinuedAt(mediaMs, frame)
      ? this.#clock?.place(frame, mediaMs)
      : undefined;
    this.#passCuts(mediaMs, placed);
    if (frame.track !== this.#track || this.#isUnusable) return;
    const clock = this.#clock ?? this.#prepare(frame);
    if (clock === undefined) return;
    const ticks = placed ?? clock.place(frame, mediaMs);
    this.#complete(ticks);
    if (this.#open === undefined) this.#start(frame, ticks);
    this.#held = { frame, ticks };
  }

  /** Another track has come to `mediaMs`: who is far behind is silent. */
  otherAt(mediaMs: number): void {
    this.#otherMs = mediaMs;
    while (this.#cuts[0] !== undefined && mediaMs - this.#cuts[0].atMs > this.#silenceMs) {
      this.#passCut(undefined);
    }
  }

  /** Nothing will follow what there is: all that has been begun is finished at `endMs`. */
  end(endMs: number): void {
    this.#isEnding = true;
    while (this.#cuts.length > 0) if (!this.#takeAlong()) this.#passCut(undefined);
    this.#finish(undefined, endMs, false);
    this.#cut = undefined;
    this.#track = undefined;
  }

  /**
   * Whoever breaks off right behind a cut has often sent a picture of the last segment and no sound
   * yet. Players report a segment without any as an error: it gets the last sound of the one before.
   */
  #takeAlong(): boolean {
    const held = this.#held;
    const [next, ...others] = this.#cuts;
    if (held === undefined || next === undefined || others.length > 0) return false;
    const isAlike = next.track === this.#track && !next.isDiscontinuous;
    const isLate = next.atMs - this.#toMs(held.ticks) > TAKEN_ALONG_MS;
    if (this.kind !== "audio" || !isAlike || isLate || this.#frameCount === 0) return false;
    this.#held = undefined;
    this.#passCut(held.ticks);
    this.#start(held.frame, held.ticks);
    this.#held = held;
    return true;
  }

  /** Lets go of segments before `msn`. */
  dropBefore(msn: number): void {
    while (this.#segments[0] !== undefined && this.#segments[0].msn < msn) {
      const dropped = this.#segments.shift();
      this.heldSize -= dropped?.bytes.length ?? 0;
    }
    if (this.#initializations.size < 2) return;
    const used = new Set(this.#segments.map(({ initialization }) => initialization));
    used.add(this.#initialization);
    for (const [index, initialization] of this.#initializations) {
      if (!used.has(initialization)) this.#initializations.delete(index);
    }
  }

  // Frames ------------------------------------------------------------------------------------------

  #prepare(frame: Frame): TrackClock | undefined {
    try {
      const track = createCmafTrack(frame.track, frame);
      if (track === undefined) return undefined;
      const index = this.#initializationCount;
      const { kind, names } = this.#options;
      this.#initialization = { name: names.initialization(kind, index), track };
      this.#initializations.set(index, this.#initialization);
      this.#initializationCount += 1;
      this.#clock = new TrackClock(track);
      return this.#clock;
    } catch (error) {
      if (!(error instanceof MalformedError)) throw error;
      this.#isUnusable = true;
      this.#options.onUnusable(error);
      return undefined;
    }
  }

  /** Gives the frame that is held its duration, now that its end is known. */
  #complete(endTicks: number): void {
    const held = this.#held;
    if (held === undefined) return;
    this.#held = undefined;
    const { frame, ticks } = held;
    const lastMs = this.#toMs(endTicks - ticks);
    const isGap = lastMs > GAP_MS && this.#step > 0 && endTicks - ticks > GAP_STEPS * this.#step;
    const duration = isGap ? this.#step : Math.max(1, endTicks - ticks);
    this.#step = duration;
    this.#partTarget.framesLast(this.#toMs(duration));
    const partMs = this.#toMs(ticks + duration - this.#partStart);
    if (this.#samples.length > 0 && this.#partTarget.isExceededBy(partMs)) this.#closePart(ticks);
    this.#samples.push({
      payload: frame.payload,
      duration,
      compositionTimeOffset: this.#clock?.toTicks(frame.compositionTimeOffsetMs) ?? 0,
      isKeyFrame: frame.isKeyFrame,
    });
    this.#frameCount += 1;
    const end = ticks + duration;
    const frameMs = this.#toMs(duration);
    const isFull = this.#partTarget.isFull(this.#toMs(end - this.#partStart), frameMs);
    if (isGap || isFull) this.#closePart(end);
    if (isGap) this.#fill(endTicks);
  }

  /** Frames that come when they have been given up show how long to wait for them. */
  #noteDelay(mediaMs: number): void {
    if (this.#cut === undefined || mediaMs >= this.#cut.atMs) return;
    const delayMs = (this.#otherMs - mediaMs) * SILENCE_MARGIN;
    this.#silenceMs = Math.min(SILENCE_MS_MAX, Math.max(this.#silenceMs, delayMs));
  }

  /** Whether a frame goes on where the one before it ends, in the same segment or the next. */
  #isContinuedAt(mediaMs: number, frame: Frame): boolean {
    const [first, second] = this.#cuts;
    if (first !== undefined && first.atMs <= mediaMs) {
      if (first.isDiscontinuous) return false;
      if (second !== undefined && second.atMs <= mediaMs) return false;
    }
    return frame.track === this.#track;
  }

  #start(frame: Frame, ticks: number): void {
    const cut = this.#cut;
    if (cut === undefined) return;
    const { kind, names } = this.#options;
    const holeMs = cut.isDiscontinuous ? 0 : this.#toMs(ticks) - this.#endMs;
    const hasHole = holeMs > HOLE_MS && Number.isFinite(holeMs);
    const holeTicks = hasHole ? (this.#clock?.toTicks(holeMs) ?? 0) : 0;
    this.#open = {
      msn: cut.msn,
      name: names.segment(kind, ticks),
      isDiscontinuous: cut.isDiscontinuous,
      discontinuity: cut.discontinuity,
      discontinuityMs: cut.discontinuityMs,
      initialization: this.#initialization,
      startTicks: ticks,
      holeTicks,
      startMs: this.#toMs(ticks - holeTicks),
      isIndependent: frame.isKeyFrame,
      parts: [],
    };
    this.#partStart = ticks - holeTicks;
    this.#fill(ticks);
  }

  /** Says of a hole in a segment that there is nothing to have, so that its parts add up to it. */
  #fill(endTicks: number): void {
    const open = this.#open;
    const stepTicks = this.#clock?.toTicks(this.#partTarget.ms) ?? Number.POSITIVE_INFINITY;
    while (open !== undefined && this.#partStart < endTicks) {
      const end = Math.min(endTicks, this.#partStart + Math.max(1, stepTicks));
      open.parts.push({
        name: this.#options.names.part(this.kind, open.startTicks, open.parts.length),
        durationMs: this.#toMs(end - this.#partStart),
        isIndependent: false,
        isGap: true,
        bytes: NO_BYTES,
      });
      this.#partStart = end;
    }
  }

  #closePart(endTicks: number): void {
    const open = this.#open;
    const [first] = this.#samples;
    if (open?.initialization === undefined || first === undefined) return;
    if (open.parts.every(({ isGap }) => isGap)) writeCmafSegmentType(this.#writer);
    this.#sequenceNumber += 1;
    writeCmafChunk(this.#writer, open.initialization.track, {
      sequenceNumber: this.#sequenceNumber,
      baseDecodeTime: this.#partStart,
      samples: this.#samples,
    });
    const durationMs = this.#toMs(endTicks - this.#partStart);
    open.parts.push({
      name: this.#options.names.part(this.kind, open.startTicks, open.parts.length),
      durationMs,
      isIndependent: first.isKeyFrame,
      isGap: false,
      bytes: this.#writer.take(),
    });
    this.#partTarget.partLasted(durationMs);
    this.#samples = [];
    this.#partStart = endTicks;
    this.#options.onChange();
  }

  // Segments ----------------------------------------------------------------------------------------

  /** @param ticks Where the frame behind the cut is, if it goes on where the one before it ends. */
  #passCuts(mediaMs: number, ticks?: number): void {
    for (let [cut] = this.#cuts; cut !== undefined && cut.atMs <= mediaMs; [cut] = this.#cuts) {
      this.#passCut(ticks);
    }
  }

  #passCut(ticks: number | undefined): void {
    const next = this.#cuts.shift();
    if (next === undefined) return;
    this.#finish(ticks, next.atMs, !next.isDiscontinuous);
    this.#enter(next);
  }

  /**
   * Finishes the segment that is being made: where the frame begins that follows it without a break,
   * or else when its last frame is over.
   *
   * @param isContinued What follows has to begin at `atMs`, so that a hole in front of it is this one's.
   */
  #finish(ticks: number | undefined, atMs: number, isContinued: boolean): void {
    const cut = this.#cut;
    if (cut === undefined) return;
    const held = this.#held;
    if (held !== undefined) this.#complete(ticks ?? held.ticks + Math.max(1, this.#step));
    const samplesTicks = this.#samples.reduce((sum, { duration }) => sum + duration, 0);
    this.#closePart(this.#partStart + samplesTicks);
    const atTicks = this.#clock?.toTicks(atMs) ?? 0;
    const hasHole = this.#toMs(atTicks - this.#partStart) > HOLE_MS;
    if (ticks === undefined && isContinued && hasHole) this.#fill(atTicks);
    const open = this.#open;
    this.#open = undefined;
    const finished = open === undefined ? this.#gap(cut, atMs) : this.#join(open);
    const isLate = this.#isEnding && isGap(finished) && this.#segments.length > 0;
    (isLate ? this.#lateGaps : this.#segments).push(finished);
    // One that broke off says nothing of the others.
    if (isContinued) {
      const slackCount = FRAME_SLACK[this.kind];
      this.#partTarget.segmentLasted(finished.durationMs, this.#frameCount, slackCount);
    }
    this.#frameCount = 0;
    this.#endMs = finished.startMs + finished.durationMs;
    this.#options.onChange();
  }

  #join(open: OpenSegment): FinishedSegment {
    const size = open.parts.reduce((sum, { bytes }) => sum + bytes.length, 0);
    const bytes = new Uint8Array(size);
    let offset = 0;
    for (const part of open.parts) {
      bytes.set(part.bytes, offset);
      const end = offset + part.bytes.length;
      part.bytes = bytes.subarray(offset, end);
      offset = end;
    }
    this.heldSize += size;
    const { holeTicks, ...segment } = open;
    const durationTicks = this.#partStart - open.startTicks;
    const durationMs = this.#toMs(holeTicks + durationTicks);
    return { ...segment, durationTicks, durationMs, bytes };
  }

  #gap(cut: Cut, endMs: number): FinishedSegment {
    const { kind, names } = this.#options;
    return {
      msn: cut.msn,
      name: names.segment(kind, `gap${cut.msn}`),
      isDiscontinuous: cut.isDiscontinuous,
      discontinuity: cut.discontinuity,
      discontinuityMs: cut.discontinuityMs,
      initialization: undefined,
      startTicks: 0,
      startMs: cut.atMs,
      isIndependent: true,
      parts: [],
      durationTicks: 0,
      durationMs: Math.max(0, endMs - cut.atMs),
      bytes: NO_BYTES,
    };
  }

  /** Begins the segment behind a cut. */
  #enter(cut: Cut): void {
    this.#cut = cut;
    if (cut.track === this.#track && !cut.isDiscontinuous) return;
    this.#track = cut.track;
    this.#clock = undefined;
    this.#isUnusable = false;
    this.#samples = [];
  }

  #toMs(ticks: number): number {
    return this.#clock?.toMs(ticks) ?? 0;
  }
}
