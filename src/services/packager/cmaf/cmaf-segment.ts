/**
 * Segments of one track in CMAF, and the parts they are made of.
 *
 * @module
 */

import type { CmafTrack } from "../../../remux/cmaf/cmaf-track.ts";

/** What a decoder must be told before the segments that name it. */
export interface CmafInitialization {
  readonly name: string;
  readonly track: CmafTrack;
}

/** A run of frames that is sent before its segment is complete. */
export interface CmafPart {
  readonly name: string;
  readonly durationMs: number;
  readonly isIndependent: boolean;
  /** There is nothing to have: no frame came. */
  readonly isGap: boolean;
  /** A view into the segment's bytes once that is complete. */
  bytes: Uint8Array;
}

/** A segment, the one that is being made included. */
export interface CmafSegment {
  /** Its media sequence number; the segments of all tracks with the same one cover the same time. */
  readonly msn: number;
  readonly name: string;
  /** Something changed in front of it. */
  readonly isDiscontinuous: boolean;
  /** How many such changes there have been up to it. */
  readonly discontinuity: number;
  /** When the latest of them was, in milliseconds since the Unix epoch. */
  readonly discontinuityMs: number;
  /** `undefined` for a gap: there is no frame of the track. */
  readonly initialization: CmafInitialization | undefined;
  /** Its first frame's time, in ticks of the track since the Unix epoch. */
  readonly startTicks: number;
  /**
   * When it begins, in milliseconds: before its first frame where there is a hole. Frames are taken to
   * be as old as their coming here says.
   */
  readonly startMs: number;
  readonly isIndependent: boolean;
  readonly parts: readonly CmafPart[];
}

export interface FinishedSegment extends CmafSegment {
  /** From the first frame on. */
  readonly durationTicks: number;
  /** From `startMs` on. */
  readonly durationMs: number;
  /** Empty for a gap. */
  readonly bytes: Uint8Array;
}

export function isGap(segment: CmafSegment): boolean {
  return segment.initialization === undefined;
}
