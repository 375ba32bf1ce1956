/**
 * Where one segment ends and the next begins.
 *
 * @module
 */

import type { Frame } from "../../live/frame.ts";

export interface CutRules {
  /** A segment that is as long as this ends at the next key frame. Milliseconds of media. */
  readonly targetMs: number;
  /** One that is as long as this ends wherever it is. */
  readonly overflowMs: number;
  /** The same for streams without video. */
  readonly audioMs: number;
  /** False: it may end in front of any picture. */
  readonly isKeyFrameAwaited: boolean;
  /** One with so many bytes ends wherever it is, whatever its timestamps say. */
  readonly sizeMax: number;
}

/** The segment that is being made. */
export interface OpenSpan {
  /** How long it is when the frame comes, in milliseconds. */
  readonly spanMs: number;
  /** Bytes so far. */
  readonly size: number;
}

/** Frames of a track are in order. What goes back by more has begun to count anew. */
const BACK_STEP_MS_MAX = 1_000;
/** Tracks that are farther apart than this do not count from the same start. As in the live core. */
export const APART_MS_MAX = 10_000;

/** Whether `frame`, which has not been added, is to be the first of the next segment. */
export function isCutDue(
  { spanMs, size }: OpenSpan,
  frame: Frame,
  hasVideo: boolean,
  rules: CutRules,
): boolean {
  if (size >= rules.sizeMax) return true;
  if (spanMs >= rules.overflowMs) return true;
  if (frame.track.kind === "audio") return !hasVideo && spanMs >= rules.audioMs;
  return spanMs >= rules.targetMs && (frame.isKeyFrame || !rules.isKeyFrameAwaited);
}

/** Whether timestamps went back, as a publisher's own may: what was is over. */
export function isStepBack(lastMs: number | undefined, dtsMs: number): boolean {
  return lastMs !== undefined && dtsMs < lastMs - BACK_STEP_MS_MAX;
}
