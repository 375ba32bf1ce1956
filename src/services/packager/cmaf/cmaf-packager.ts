/**
 * A stream as CMAF: each of its tracks in segments that begin and end together, for HLS and DASH.
 *
 * The leading track, video if there is any, says where segments are cut. Media times count from the
 * Unix epoch, by the time at which frames came, so that a manifest can say when each of them was there,
 * and several streams of one programme have one clock.
 *
 * Spec: ISO/IEC 23000-19, sections 6.6 and 7.3 (segments and chunks).
 *
 * @module
 */

import type { Clock } from "../../../base/clock.ts";
import type { MalformedError } from "../../../base/errors.ts";
import type { Logger } from "../../../base/logger.ts";
import type { Frame } from "../../../live/frame.ts";
import { EMPTY_DESCRIPTION, type StreamDescription, type TrackKind } from "../../../live/track.ts";
import { FrameStep } from "../frame-step.ts";
import { BEGINNING, type Continuation } from "../output.ts";
import { type CutRules, isCutDue, isStepBack } from "../segment-cutter.ts";
import type { FrameSink } from "../track-gate.ts";
import type { CmafNames } from "./cmaf-names.ts";
import { type FinishedSegment, isGap } from "./cmaf-segment.ts";
import { MediaTime } from "./media-time.ts";
import { TrackPackager } from "./track-packager.ts";

/** Segments that have left the playlists and can still be had, for players that read them just before. */
const RETAINED_SEGMENTS = 2;
/** A segment is never more than this part of the window's bytes. */
const SEGMENT_SHARE = 4;
/** What a frame takes beside its payload, by which millions of tiny ones are bounded too. Bytes. */
const FRAME_OVERHEAD = 128;
/**
 * Nor are there more segments than that in a window, for which they would last a quarter of a second:
 * where timestamps stand still, or begin anew with each frame, they last no time at all.
 */
const SEGMENTS_PER_SECOND_MAX = 4;
const SEGMENTS_MAX_MIN = 64;
/** Segments are not let go of while there is less than that, in target durations (RFC 8216, 6.2.2). */
const KEPT_TARGETS = 3;
/** Without a key frame for so many times its duration, a segment is cut all the same. */
const OVERFLOW_FACTOR = 5;
const OVERFLOW_MS_MIN = 20_000;

export interface CmafSettings {
  readonly segmentMs: number;
  /** `undefined`: segments are not offered before they are complete. */
  readonly partMs: number | undefined;
  readonly windowMs: number;
  /** Bytes of all segments, at most. */
  readonly windowSizeMax: number;
}

export interface CmafPackagerPorts {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly names: CmafNames;
}

/** Told of what has been packaged. */
export interface CmafListener {
  /** There is something new: a part, a segment, an end. */
  onChange(): void;
}

export class CmafPackager implements FrameSink {
  readonly names: CmafNames;
  readonly settings: CmafSettings;
  readonly #ports: CmafPackagerPorts;
  readonly #rules: CutRules;
  readonly #tracks = new Map<TrackKind, TrackPackager>();
  readonly #listeners: CmafListener[] = [];
  #lead: TrackKind = "video";
  #description: StreamDescription = EMPTY_DESCRIPTION;
  readonly #time = new MediaTime();
  /** When the open segment began, in milliseconds since the Unix epoch; `undefined` if there is none. */
  #startMs: number | undefined;
  /** Bytes of all frames that came since. */
  #openSize = 0;
  readonly #step = new FrameStep();
  #endMs = Number.NEGATIVE_INFINITY;
  #nextMsn: number;
  /** How many there have been; less than there is, before the first frame. */
  #discontinuity: number;
  #discontinuityMs = 0;
  #firstListedMsn: number;
  #targetDuration: number;
  /** The next frame is the first of a segment. */
  #isCut = false;
  #isEnded = false;

  constructor(settings: CmafSettings, ports: CmafPackagerPorts, from: Continuation = BEGINNING) {
    this.settings = settings;
    this.names = ports.names;
    this.#ports = ports;
    this.#nextMsn = from.msn;
    this.#firstListedMsn = from.msn;
    this.#discontinuity = from.discontinuity - 1;
    this.#targetDuration = Math.max(from.targetDuration, Math.ceil(settings.segmentMs / 1_000));
    this.#rules = {
      targetMs: settings.segmentMs,
      overflowMs: Math.max(OVERFLOW_MS_MIN, settings.segmentMs * OVERFLOW_FACTOR),
      audioMs: settings.segmentMs,
      isKeyFrameAwaited: true,
      sizeMax: settings.windowSizeMax / SEGMENT_SHARE,
    };
  }

  get tracks(): ReadonlyMap<TrackKind, TrackPackager> {
    return this.#tracks;
  }

  /** The track that says where segments are cut; `undefined` before the first frame. */
  get lead(): TrackPackager | undefined {
    return this.#tracks.get(this.#lead);
  }

  /** What the latest frames were of. */
  get description(): StreamDescription {
    return this.#description;
  }

  /** The publisher has left for good; nothing will follow. */
  get isEnded(): boolean {
    return this.#isEnded;
  }

  /** There is a publisher whose frames come in. */
  get isFed(): boolean {
    return this.#startMs !== undefined;
  }

  /** Where another packager of the stream goes on. */
  get next(): Continuation {
    const targetDuration = this.#targetDuration;
    return { msn: this.#nextMsn, discontinuity: this.#discontinuity + 1, targetDuration };
  }

  /** How far in the future what has been finished ends, in milliseconds. */
  get aheadMs(): number {
    return this.#endMs - this.#ports.clock.wallMs();
  }

  /** Of the oldest segments that playlists name. */
  get firstListedMsn(): number {
    return this.#firstListedMsn;
  }

  /** Of the oldest segments that can be had. */
  get oldestMsn(): number {
    return this.#firstListedMsn - RETAINED_SEGMENTS;
  }

  /**
   * There is something to play: a whole segment, and one of all tracks that have been there since the
   * oldest. A track that comes later is not waited for.
   */
  get isReady(): boolean {
    const listed = Array.from(this.#tracks.values(), (track) => {
      return { track, first: this.listed(track.kind)[0] };
    });
    const oldestMsn = Math.min(
      ...listed.map(({ first }) => first?.msn ?? Number.POSITIVE_INFINITY),
    );
    const hasMedia = listed.some(({ track }) => track.segments.some((one) => !isGap(one)));
    if (!hasMedia || !Number.isFinite(oldestMsn)) return false;
    return listed.every(({ track, first }) => first !== undefined || track.firstMsn > oldestMsn);
  }

  /** What playlists say of how long segments are, in seconds: the same for all tracks. Never shrinks. */
  get targetDuration(): number {
    return this.#targetDuration;
  }

  /** Bytes of all segments that are held. */
  get heldSize(): number {
    let size = 0;
    for (const track of this.#tracks.values()) size += track.heldSize;
    return size;
  }

  addListener(listener: CmafListener): void {
    this.#listeners.push(listener);
  }

  /** The segments of a track that playlists and manifests name. */
  listed(kind: TrackKind): readonly FinishedSegment[] {
    const segments = this.#tracks.get(kind)?.segments ?? [];
    const first = segments.findIndex(({ msn }) => msn >= this.#firstListedMsn);
    return first < 0 ? [] : segments.slice(first);
  }

  /** The stream is over, until `begin` is called again. */
  finish(): void {
    this.#isEnded = true;
    this.#changed();
  }

  // FrameSink ---------------------------------------------------------------------------------------

  begin(description: StreamDescription, first: Frame, ageMs: number): void {
    this.#isEnded = false;
    this.#description = description;
    this.#lead = description.video === undefined ? "audio" : "video";
    if (this.#startMs === undefined) this.#anchor(first.dtsMs, ageMs);
    else if (this.#isJump(first.dtsMs)) this.#jump(first.dtsMs);
    const atMs = this.#time.of(first, true);
    this.#discontinuity += 1;
    this.#discontinuityMs = atMs;
    for (const kind of ["video", "audio"] as const) {
      if (description[kind] !== undefined && !this.#tracks.has(kind)) this.#addTrack(kind);
    }
    this.#cutAt(atMs, this.#discontinuity > 0);
    this.#step.reset();
    this.#isCut = true;
  }

  frame(frame: Frame): void {
    const { kind } = frame.track;
    const isLead = kind === this.#lead;
    const isCutAtLead = isLead && this.#cutAtLead(frame);
    const mediaMs = this.#time.of(frame, isLead);
    if (isLead) this.#step.add(frame.dtsMs);
    if (isCutAtLead || (!isLead && this.#cutAtOther(mediaMs))) this.#isCut = true;
    this.#openSize += frame.payload.length + FRAME_OVERHEAD;
    this.#tracks.get(kind)?.add(frame, mediaMs);
    for (const track of this.#tracks.values()) if (track.kind !== kind) track.otherAt(mediaMs);
    if (this.#isCut) this.#shrink();
    this.#isCut = false;
  }

  end(): void {
    const leadEndMs = this.#leadEndMs();
    for (const track of this.#tracks.values()) track.end(leadEndMs);
    this.#endMs = this.#latestEndMs();
    this.#startMs = undefined;
    this.#step.reset();
    this.#shrink();
    this.#changed();
  }

  // -------------------------------------------------------------------------------------------------

  /** Cuts in front of a frame of the track that leads, if a cut is due. */
  #cutAtLead(frame: Frame): boolean {
    if (this.#startMs === undefined) return false;
    const spanMs = frame.dtsMs - this.#time.toDts(this.#startMs);
    const span = { spanMs, size: this.#openSize };
    const isDue = isCutDue(span, frame, this.#lead === "video", this.#rules);
    const isBack = isStepBack(this.#step.lastMs, frame.dtsMs);
    if (!isDue && !isBack) return false;
    const isJump = this.#isJump(frame.dtsMs);
    if (isJump) {
      this.#jump(frame.dtsMs);
      this.#discontinuity += 1;
      this.#discontinuityMs = this.#time.toMedia(frame.dtsMs);
    }
    this.#cutAt(this.#time.toMedia(frame.dtsMs), isJump);
    return true;
  }

  /** The track that leads may be silent: the others do not wait for it for ever, nor without bounds. */
  #cutAtOther(mediaMs: number): boolean {
    if (this.#startMs === undefined) return false;
    const isLong = mediaMs - this.#startMs >= this.#rules.overflowMs;
    if (!isLong && this.#openSize < this.#rules.sizeMax) return false;
    this.#cutAt(Math.max(mediaMs, this.#startMs), false);
    return true;
  }

  #cutAt(atMs: number, isDiscontinuous: boolean): void {
    const msn = this.#nextMsn;
    this.#nextMsn += 1;
    this.#startMs = atMs;
    this.#openSize = 0;
    const discontinuity = this.#discontinuity;
    const discontinuityMs = this.#discontinuityMs;
    for (const track of this.#tracks.values()) {
      const cut = { msn, atMs, isDiscontinuous, discontinuity, discontinuityMs };
      track.cutAt({ ...cut, track: this.#description[track.kind] });
    }
  }

  /** Takes a frame that came `ageMs` ago to be of that time, but later than all that there is. */
  #anchor(dtsMs: number, ageMs: number): void {
    this.#time.anchor(dtsMs, Math.max(this.#ports.clock.wallMs() - ageMs, this.#endMs));
  }

  /** Whether a timestamp of the leading track has nothing to do with the one before it. */
  #isJump(dtsMs: number): boolean {
    const { lastMs } = this.#step;
    if (lastMs === undefined) return false;
    // What the other track has come to meanwhile shows that time has passed.
    const aheadMs = dtsMs - Math.max(lastMs, this.#time.toDts(this.#time.newestMs));
    return isStepBack(lastMs, dtsMs) || aheadMs > this.#rules.overflowMs;
  }

  /** Takes a frame with such a timestamp to be of now, but later than all that there is. */
  #jump(dtsMs: number): void {
    this.#endMs = Math.max(this.#endMs, this.#leadEndMs());
    this.#time.jump(dtsMs, Math.max(this.#ports.clock.wallMs(), this.#endMs));
  }

  /** When the leading track's latest frame is over. */
  #leadEndMs(): number {
    const startMs = this.#startMs ?? this.#endMs;
    const { endMs } = this.#step;
    return endMs === undefined ? startMs : Math.max(startMs, this.#time.toMedia(endMs));
  }

  #latestEndMs(): number {
    return Math.max(this.#endMs, ...Array.from(this.#tracks.values(), ({ endMs }) => endMs));
  }

  /** Lets go of what is too old, for all tracks at once. */
  #shrink(): void {
    const { windowMs, windowSizeMax } = this.settings;
    const tracks = [...this.#tracks.values()];
    const oldestMsn = Math.min(...tracks.map(({ segments }) => segments[0]?.msn ?? this.#nextMsn));
    const keptMs = KEPT_TARGETS * this.#targetDuration * 1_000;
    const countMax = Math.max(SEGMENTS_MAX_MIN, (windowMs / 1_000) * SEGMENTS_PER_SECOND_MAX);
    let durationMs = 0;
    let shortestMs = 0;
    let size = 0;
    let count = 0;
    let first: number | undefined;
    for (let msn = this.#nextMsn - 1; msn >= oldestMsn; msn--) {
      const all = this.#allAt(msn);
      if (all.length === 0) continue;
      size += all.reduce((sum, { bytes }) => sum + bytes.length, 0);
      const isLong = durationMs >= windowMs && shortestMs >= keptMs;
      if (first !== undefined && (isLong || size > windowSizeMax || count >= countMax)) break;
      count += 1;
      durationMs += Math.max(...all.map((one) => one.durationMs));
      // The newest one of a track that does not lead is still open.
      const isWhole = all.length === tracks.filter(({ firstMsn }) => firstMsn <= msn).length;
      if (isWhole) shortestMs += Math.min(...all.map((one) => one.durationMs));
      first = msn;
    }
    if (first !== undefined) this.#firstListedMsn = Math.max(this.#firstListedMsn, first);
    for (const track of tracks) track.dropBefore(this.oldestMsn);
  }

  /** The segments of all tracks with that number. */
  #allAt(msn: number): FinishedSegment[] {
    return Array.from(this.#tracks.values(), ({ segments }) => {
      return segments[msn - (segments[0]?.msn ?? 0)];
    }).filter((segment) => segment !== undefined);
  }

  #addTrack(kind: TrackKind): void {
    const { logger, names } = this.#ports;
    const track = new TrackPackager({
      kind,
      names,
      firstMsn: this.#nextMsn,
      partTargetMs: this.settings.partMs ?? Number.POSITIVE_INFINITY,
      onChange: () => {
        const lastMs = track.segments.at(-1)?.durationMs ?? 0;
        this.#targetDuration = Math.max(this.#targetDuration, Math.round(lastMs / 1_000));
        this.#changed();
      },
      onUnusable: (error: MalformedError) =>
        logger.warn("track not packaged", { kind, reason: error.message }),
    });
    this.#tracks.set(kind, track);
  }

  #changed(): void {
    for (const listener of this.#listeners) listener.onChange();
  }
}
