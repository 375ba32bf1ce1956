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
  /** False: it may end in front of any picture. */
  readonly isKeyFrameAwaited: boolean;
  /** One with so many bytes ends wherever it is, whatever its timestamps say. */
  readonly sizeMax: number;
}

/** The segment that is being made. */
export interface OpenSpan {
  /** When its first frame is decoded, in milliseconds of the stream. */
  readonly startMs: number;
  /** Bytes so far. */
  readonly size: number;
}

/** Whether `frame`, which has not been added, is to be the first of the next segment. */
export function isCutDue(
  { startMs, size }: OpenSpan,
  frame: Frame,
  hasVideo: boolean,
  rules: CutRules,
): boolean {
  if (size >= rules.sizeMax) return true;
  const spanMs = frame.dtsMs - startMs;
  // Timestamps that went back, as a publisher's own may: what was is over.
  if (spanMs < -rules.overflowMs) return true;
  if (spanMs >= rules.overflowMs) return true;
  if (frame.track.kind === "audio") return !hasVideo && spanMs >= rules.targetMs;
  return spanMs >= rules.targetMs && (frame.isKeyFrame || !rules.isKeyFrameAwaited);
}
