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
import { type CutRules, isCutDue } from "../segment-cutter.ts";
import type { FrameSink } from "../track-gate.ts";
import type { CmafNames } from "./cmaf-names.ts";
import type { FinishedSegment } from "./cmaf-segment.ts";
import { TrackPackager } from "./track-packager.ts";

/** Segments that have left the playlists and can still be had, for players that read them just before. */
const RETAINED_SEGMENTS = 2;
/** A segment is never more than this part of the window's bytes. */
const SEGMENT_SHARE = 4;
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
  /** From the stream's milliseconds to those since the Unix epoch. */
  #offsetMs = 0;
  /** When the open segment began, in the stream's milliseconds; `undefined` if there is none. */
  #startMs: number | undefined;
  /** Bytes of the leading track's frames in it. */
  #openSize = 0;
  readonly #step = new FrameStep();
  #endMs = Number.NEGATIVE_INFINITY;
  #nextMsn: number;
  #discontinuity = -1;
  #discontinuityMs = 0;
  #firstListedMsn: number;
  #isEnded = false;

  /** @param firstMsn The media sequence number to begin with. */
  constructor(settings: CmafSettings, ports: CmafPackagerPorts, firstMsn = 0) {
    this.settings = settings;
    this.names = ports.names;
    this.#ports = ports;
    this.#nextMsn = firstMsn;
    this.#firstListedMsn = firstMsn;
    this.#rules = {
      targetMs: settings.segmentMs,
      overflowMs: Math.max(OVERFLOW_MS_MIN, settings.segmentMs * OVERFLOW_FACTOR),
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

  get nextMsn(): number {
    return this.#nextMsn;
  }

  /** Of the oldest segments that playlists name. */
  get firstListedMsn(): number {
    return this.#firstListedMsn;
  }

  /** Of the oldest segments that can be had. */
  get oldestMsn(): number {
    return this.#firstListedMsn - RETAINED_SEGMENTS;
  }

  /** All tracks that the stream has at present have something to play. */
  get isReady(): boolean {
    if (this.#tracks.size === 0) return false;
    for (const track of this.#tracks.values()) if (!track.isReady) return false;
    return true;
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
    const isContinued = this.#startMs !== undefined;
    if (!isContinued) this.#anchor(first.dtsMs, ageMs);
    this.#discontinuity += 1;
    this.#discontinuityMs = first.dtsMs + this.#offsetMs;
    for (const kind of ["video", "audio"] as const) {
      if (description[kind] !== undefined && !this.#tracks.has(kind)) this.#addTrack(kind);
    }
    this.#cutAt(first.dtsMs, this.#discontinuity > 0);
    this.#step.reset();
  }

  frame(frame: Frame): void {
    const isLead = frame.track.kind === this.#lead;
    const startMs = this.#startMs;
    let isCut = false;
    if (isLead && startMs !== undefined) {
      const span = { startMs, size: this.#openSize };
      isCut = isCutDue(span, frame, this.#lead === "video", this.#rules);
      if (isCut) this.#cut(frame, startMs);
      this.#openSize += frame.payload.length;
      this.#step.add(frame.dtsMs);
    }
    const mediaMs = frame.dtsMs + this.#offsetMs;
    this.#tracks.get(frame.track.kind)?.add(frame, mediaMs);
    if (isCut) this.#shrink();
    if (isLead) {
      for (const track of this.#tracks.values()) {
        if (track.kind !== this.#lead) track.lead(mediaMs);
      }
    }
  }

  end(): void {
    this.#endMs = this.#step.endMs + this.#offsetMs;
    for (const track of this.#tracks.values()) track.end(this.#endMs);
    this.#startMs = undefined;
    this.#step.reset();
    this.#shrink();
    this.#changed();
  }

  // -------------------------------------------------------------------------------------------------

  #cut(frame: Frame, startMs: number): void {
    const lastMs = this.#step.endMs;
    const isJump = frame.dtsMs < startMs || frame.dtsMs - lastMs > this.#rules.overflowMs;
    if (isJump) {
      this.#endMs = lastMs + this.#offsetMs;
      this.#anchor(frame.dtsMs, 0);
      this.#discontinuity += 1;
      this.#discontinuityMs = frame.dtsMs + this.#offsetMs;
    }
    this.#cutAt(frame.dtsMs, isJump);
  }

  #cutAt(dtsMs: number, isDiscontinuous: boolean): void {
    const msn = this.#nextMsn;
    this.#nextMsn += 1;
    this.#startMs = dtsMs;
    this.#openSize = 0;
    const atMs = dtsMs + this.#offsetMs;
    const discontinuity = this.#discontinuity;
    const discontinuityMs = this.#discontinuityMs;
    for (const track of this.#tracks.values()) {
      const cut = { msn, atMs, isDiscontinuous, discontinuity, discontinuityMs };
      track.cutAt({ ...cut, track: this.#description[track.kind] });
    }
  }

  /** Takes a frame that came `ageMs` ago to be of that time, but later than all that there is. */
  #anchor(dtsMs: number, ageMs: number): void {
    const atMs = Math.max(this.#ports.clock.wallMs() - ageMs, this.#endMs);
    this.#offsetMs = Math.ceil(atMs - dtsMs);
  }

  /** Lets go of what is too old, for all tracks at once. */
  #shrink(): void {
    const { windowMs, windowSizeMax } = this.settings;
    const segments = this.lead?.segments ?? [];
    let durationMs = 0;
    let size = 0;
    let first: FinishedSegment | undefined;
    for (let i = segments.length - 1; i >= 0; i--) {
      const segment = segments[i];
      if (segment === undefined) break;
      size += this.#sizeAt(segment.msn);
      if (first !== undefined && (durationMs >= windowMs || size > windowSizeMax)) break;
      durationMs += segment.durationMs;
      first = segment;
    }
    if (first !== undefined) this.#firstListedMsn = Math.max(this.#firstListedMsn, first.msn);
    for (const track of this.#tracks.values()) {
      track.dropBefore(this.oldestMsn);
    }
  }

  #sizeAt(msn: number): number {
    let size = 0;
    for (const { segments } of this.#tracks.values()) {
      const first = segments[0]?.msn ?? 0;
      size += segments[msn - first]?.bytes.length ?? 0;
    }
    return size;
  }

  #addTrack(kind: TrackKind): void {
    const { logger, names } = this.#ports;
    const track = new TrackPackager({
      kind,
      names,
      partTargetMs: this.settings.partMs ?? Number.POSITIVE_INFINITY,
      onChange: () => this.#changed(),
      onUnusable: (error: MalformedError) =>
        logger.warn("track not packaged", { kind, reason: error.message }),
    });
    this.#tracks.set(kind, track);
  }

  #changed(): void {
    for (const listener of this.#listeners) listener.onChange();
  }
}
