/**
 * Segments that their packager has finished, as others are told of them.
 *
 * @module
 */

import type { SessionRequest } from "./admission.ts";
import type { TrackKind } from "./track.ts";

/** A segment of HLS with MPEG-TS. */
export interface ReportedSegment {
  /** With what its publisher was let publish; `undefined` for what is no session. */
  readonly publisher: SessionRequest | undefined;
  readonly seq: number;
  readonly durationMs: number;
  /** Where it is on disk, and its playlist; empty if they are in memory alone. */
  readonly file: string;
  readonly playlistFile: string;
  /** Its path below the folder of all HLS files, or a URL, and that of its playlist. */
  readonly url: string;
  readonly playlistUrl: string;
  /** As its playlist addresses it. */
  readonly uri: string;
}

/** A segment of one track in CMAF. */
export interface ReportedCmafSegment {
  /** As above. */
  readonly publisher: SessionRequest | undefined;
  readonly kind: TrackKind;
  /** Its media sequence number. */
  readonly seq: number;
  readonly durationMs: number;
  /** Its path below the folder of all files, and that of its playlist. */
  readonly url: string;
  readonly playlistUrl: string;
}
