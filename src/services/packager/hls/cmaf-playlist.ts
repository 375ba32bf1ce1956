/**
 * The media playlist of one track in CMAF, with low latency if its segments have parts.
 *
 * Spec: draft-pantos-hls-rfc8216bis, sections 6.2.2 (live playlists), 6.2.5 (delta updates, blocking
 * reload), 4.4.3.8 (server control) and B.1 (low-latency server configuration).
 *
 * @module
 */

import {
  formatMediaPlaylist,
  type InitializationMap,
  type MediaSegment,
  type OpenSegment,
  type PartialSegment,
  type PreloadHint,
  type RenditionReport,
} from "../../../codec/m3u8/media-playlist.ts";
import type { TrackKind } from "../../../live/track.ts";
import type { StateOf } from "../cmaf/cmaf-mirror.ts";
import type { CmafPackager } from "../cmaf/cmaf-packager.ts";
import { type CmafSegment, type FinishedSegment, isGap } from "../cmaf/cmaf-segment.ts";
import type { TrackPackager } from "../cmaf/track-packager.ts";
import { type AddressSuffixes, PLAYLIST_MARK, SEGMENT_MARK } from "./address-marks.ts";

/** Parts are named in so much of the playlist's end (section 6.2.2). In target durations. */
const PARTS_TARGETS = 3;
/** The least that players may be told to keep away from the end (section 4.4.3.8). */
const HOLD_BACK_TARGETS = 3;
const PART_HOLD_BACK_TARGETS = 3;
/** The least age at which segments may be skipped. */
const SKIP_UNTIL_TARGETS = 6;

/** How a playlist is written. */
interface PlaylistForm {
  /** The client has the segments that may be skipped. */
  readonly isDelta: boolean;
  readonly isLowLatency: boolean;
  /** Comes behind the addresses of playlists, and of segments. */
  readonly suffixes: AddressSuffixes;
}

const MARKS: AddressSuffixes = { playlist: PLAYLIST_MARK, segment: SEGMENT_MARK };
const FILE_FORM: PlaylistForm = {
  isDelta: false,
  isLowLatency: false,
  suffixes: { playlist: "", segment: "" },
};

export class CmafPlaylist {
  readonly kind: TrackKind;
  readonly #packager: CmafPackager;
  readonly #others: readonly TrackKind[];
  #version = 0;
  readonly #texts = new Map<boolean, string>();

  constructor(packager: CmafPackager, kind: TrackKind) {
    this.kind = kind;
    this.#packager = packager;
    this.#others = kind === "video" ? ["audio"] : ["video"];
  }

  /** In seconds. */
  get targetDuration(): number {
    return this.#packager.targetDuration;
  }

  /** Changes with the text, and is not that of another playlist of the track, before or after it. */
  get version(): string {
    return `${this.#packager.names.epoch}.${this.#version}`;
  }

  get #track(): TrackPackager | undefined {
    return this.#packager.tracks.get(this.kind);
  }

  /** There is a whole segment. Players give up on playlists with nothing but parts. */
  get hasSegment(): boolean {
    return this.#packager.listed(this.kind).length > 0;
  }

  /** There is something new. */
  changed(): void {
    this.#version += 1;
    this.#texts.clear();
  }

  /**
   * The text for all who ask, with marks behind addresses.
   *
   * @param isDelta The client has the segments that may be skipped.
   */
  text(isDelta: boolean): string {
    const known = this.#texts.get(isDelta);
    if (known !== undefined) return known;
    const isLowLatency = this.#packager.settings.partMs !== undefined;
    const text = this.#format({ isDelta, isLowLatency, suffixes: MARKS });
    this.#texts.set(isDelta, text);
    return text;
  }

  /** As a file, which cannot make anybody wait: without parts. `undefined` without a segment. */
  fileText(stateOf: StateOf): string | undefined {
    const all = this.#packager.listed(this.kind);
    const pending = all.findIndex((segment) => stateOf(segment) === "pending");
    const decided = pending < 0 ? all : all.slice(0, pending);
    if (!decided.some((segment) => stateOf(segment) === "written")) return undefined;
    const listed = decided.map((segment) =>
      stateOf(segment) === "written" ? segment : { ...segment, initialization: undefined },
    );
    return this.#format(FILE_FORM, listed);
  }

  #format(
    { isDelta, isLowLatency, suffixes }: PlaylistForm,
    listed: readonly FinishedSegment[] = this.#packager.listed(this.kind),
  ): string {
    const { isEnded } = this.#packager;
    const track = this.#track;
    const target = this.targetDuration;
    const canSkipUntil = SKIP_UNTIL_TARGETS * target;
    const first = listed[0] ?? track?.open;
    const open = isLowLatency && !isEnded ? track?.open : undefined;
    return formatMediaPlaylist({
      targetDuration: target,
      mediaSequence: first?.msn ?? 0,
      discontinuitySequence: discontinuitySequenceAt(first),
      isIndependentSegments: this.kind === "audio" || areIndependent(listed, open),
      serverControl: {
        holdBack: HOLD_BACK_TARGETS * target,
        ...(isLowLatency && {
          canBlockReload: true,
          canSkipUntil,
          partHoldBack: PART_HOLD_BACK_TARGETS * this.#longestPartTarget(),
        }),
      },
      partTarget: isLowLatency ? this.#partTarget(this.kind) : undefined,
      skippedSegments: isDelta && isLowLatency ? this.#skippable(listed, canSkipUntil) : 0,
      segments: this.#segments(listed, isLowLatency && !isEnded),
      openSegment: open === undefined ? undefined : openSegment(open),
      preloadHint: open === undefined ? undefined : this.#preloadHint(open),
      renditionReports: isLowLatency && !isEnded ? this.#reports(suffixes.playlist) : undefined,
      isEnded,
      uriSuffix: suffixes.segment,
    });
  }

  /**
   * In whole milliseconds, as seconds. A part that is longer than it should be, as its single frame is,
   * makes it grow for as long as the part is named.
   */
  #partTarget(kind: TrackKind): number {
    const track = this.#packager.tracks.get(kind);
    let targetMs = track?.partTargetMs ?? this.#packager.settings.partMs ?? 0;
    const listed = this.#packager.listed(kind);
    const recent = listed.slice(this.#firstWithParts(listed));
    for (const { parts } of track?.open === undefined ? recent : [...recent, track.open]) {
      for (const { durationMs } of parts) targetMs = Math.max(targetMs, durationMs);
    }
    return Math.ceil(targetMs - 0.01) / 1_000;
  }

  /** Players who keep away from the end do so for all tracks. */
  #longestPartTarget(): number {
    const kinds = [...this.#packager.tracks.keys()];
    return Math.max(...kinds.map((kind) => this.#partTarget(kind)));
  }

  #segments(listed: readonly FinishedSegment[], hasParts: boolean): MediaSegment[] {
    const first = hasParts ? this.#firstWithParts(listed) : listed.length;
    return listed.map((segment, index) => mediaSegment(segment, index >= first));
  }

  /** The index of the oldest segment whose parts are named. */
  #firstWithParts(listed: readonly FinishedSegment[]): number {
    const partsMs = PARTS_TARGETS * this.targetDuration * 1_000;
    let fromEndMs = 0;
    let first = listed.length;
    while (first > 0 && fromEndMs < partsMs) {
      first -= 1;
      fromEndMs += listed[first]?.durationMs ?? 0;
    }
    return first;
  }

  /** How many of the oldest end farther from the playlist's end than clients may ask to skip. */
  #skippable(listed: readonly FinishedSegment[], canSkipUntil: number): number {
    const parts = this.#track?.open?.parts ?? [];
    let fromEndMs = parts.reduce((sum, { durationMs }) => sum + durationMs, 0);
    for (let i = listed.length - 1; i >= 0; i--) {
      if (fromEndMs > canSkipUntil * 1_000) return i + 1;
      fromEndMs += listed[i]?.durationMs ?? 0;
    }
    return 0;
  }

  /** The next part is always of the open segment: a cut closes its last part at once. */
  #preloadHint({ startTicks, parts }: CmafSegment): PreloadHint {
    const uri = this.#packager.names.part(this.kind, startTicks, parts.length);
    return { type: "PART", uri };
  }

  #reports(playlistSuffix: string): RenditionReport[] {
    return this.#others.flatMap((kind) => {
      const track = this.#packager.tracks.get(kind);
      if (track === undefined || this.#packager.listed(kind).length === 0) return [];
      const { msn, part } = lastOf(track);
      const uri = `${this.#packager.names.playlist(kind)}${playlistSuffix}`;
      return [{ uri, lastMsn: msn, lastPart: part }];
    });
  }
}

/** The newest part of a track. */
export function lastOf({ open, segments }: TrackPackager): {
  readonly msn: number;
  readonly part: number;
} {
  if (open !== undefined && open.parts.length > 0) {
    return { msn: open.msn, part: open.parts.length - 1 };
  }
  const last = segments.at(-1);
  return { msn: last?.msn ?? 0, part: Math.max(0, (last?.parts.length ?? 0) - 1) };
}

/** How many discontinuities there have been before the first segment's own. */
function discontinuitySequenceAt(first: CmafSegment | undefined): number {
  if (first === undefined) return 0;
  return Math.max(0, first.discontinuity - (first.isDiscontinuous ? 1 : 0));
}

function areIndependent(segments: readonly CmafSegment[], open: CmafSegment | undefined): boolean {
  return segments.every(({ isIndependent }) => isIndependent) && open?.isIndependent !== false;
}

function mediaSegment(segment: FinishedSegment, hasParts: boolean): MediaSegment {
  const { name, durationMs, isDiscontinuous, startMs, parts } = segment;
  return {
    uri: name,
    duration: durationMs / 1_000,
    isDiscontinuous,
    programDateTimeMs: startMs,
    map: mapOf(segment),
    parts: hasParts ? parts.map(partialSegment) : undefined,
    isGap: isGap(segment),
  };
}

function openSegment(segment: CmafSegment): OpenSegment {
  const { isDiscontinuous, startMs, parts } = segment;
  return {
    isDiscontinuous,
    programDateTimeMs: startMs,
    map: mapOf(segment),
    parts: parts.map(partialSegment),
  };
}

function mapOf({ initialization }: CmafSegment): InitializationMap | undefined {
  return initialization === undefined ? undefined : { uri: initialization.name };
}

function partialSegment(part: CmafSegment["parts"][number]): PartialSegment {
  const { name, durationMs, isIndependent, isGap: hasNothing } = part;
  return { uri: name, duration: durationMs / 1_000, isIndependent, isGap: hasNothing };
}
