/**
 * Blocking playlist reload: a player asks for what is yet to come, and is answered when it has come.
 *
 * Spec: draft-pantos-hls-rfc8216bis, section 6.2.5.2.
 *
 * @module
 */

import type { Clock } from "../../../base/clock.ts";
import type { DeliveryDirectives } from "../../../codec/m3u8/delivery-directives.ts";
import type { CmafOutput } from "../cmaf/cmaf-output.ts";
import type { TrackPackager } from "../cmaf/track-packager.ts";
import { type CmafPlaylist, lastOf } from "./cmaf-playlist.ts";

/** How far ahead a player may ask: the segment after the next. */
const AHEAD_SEGMENTS_MAX = 2;
/** The Advance Part Limit: so many parts, and as many as are three seconds where they are short. */
const AHEAD_PARTS_MIN = 3;
const AHEAD_MS = 3_000;
/** How long to wait, in target durations. */
const PATIENCE_TARGETS = 3;
const SECOND_MS = 1_000;

export type ReloadState = "there" | "impossible" | "late";

export function hasDirective({ msn }: DeliveryDirectives): boolean {
  return msn !== undefined;
}

/** Waits until the playlist has what `directives` ask for. */
export async function waitUntil(
  directives: DeliveryDirectives,
  output: CmafOutput,
  playlist: CmafPlaylist,
  clock: Clock,
): Promise<ReloadState> {
  const { packager } = output;
  const track = packager.tracks.get(playlist.kind);
  if (directives.msn === undefined || track === undefined || packager.isEnded) return "there";
  const { msn, part } = directives;
  if (isTooFar(normalize(msn, part, track), track, packager.settings.partMs)) return "impossible";
  // How many parts a segment has is known at its end only. Without a publisher nothing follows soon.
  const isDone = (): boolean =>
    packager.isEnded ||
    hasCome(normalize(msn, part, track), track) ||
    (!packager.isFed && hasCome({ msn, part }, track));
  const patienceMs = PATIENCE_TARGETS * playlist.targetDuration * SECOND_MS;
  const deadlineMs = clock.monotonicMs() + patienceMs;
  return (await output.waiters.wait(isDone, deadlineMs)) ? "there" : "late";
}

interface Wanted {
  readonly msn: number;
  /** `undefined`: the whole segment. */
  readonly part: number | undefined;
}

/** Behind the last part of a segment comes the first of the next. */
function normalize(msn: number, part: number | undefined, track: TrackPackager): Wanted {
  if (part === undefined) return { msn, part };
  const finished = track.segments.find((segment) => segment.msn === msn);
  if (finished === undefined || part < finished.parts.length) return { msn, part };
  return { msn: msn + 1, part: 0 };
}

function isTooFar({ msn, part }: Wanted, track: TrackPackager, partMs = AHEAD_MS): boolean {
  const last = lastOf(track);
  if (msn > last.msn + AHEAD_SEGMENTS_MAX) return true;
  const partsMax = Math.max(AHEAD_PARTS_MIN, Math.ceil(AHEAD_MS / partMs));
  if (part === undefined || msn < last.msn) return false;
  return part > (msn === last.msn ? last.part : 0) + partsMax;
}

function hasCome({ msn, part }: Wanted, track: TrackPackager): boolean {
  const finishedMsn = track.segments.at(-1)?.msn ?? -1;
  if (finishedMsn >= msn) return true;
  const { open } = track;
  if (open === undefined) return false;
  if (open.msn > msn) return true;
  return part !== undefined && open.msn === msn && open.parts.length > part;
}
