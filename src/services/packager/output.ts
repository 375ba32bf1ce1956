/**
 * A stream in one format, while it is packaged.
 *
 * @module
 */

import type { ReloadWaiters } from "./hls/reload-waiters.ts";
import type { TrackGate } from "./track-gate.ts";

/** Where the numbers of an output begin, so that they do not go back. */
export interface Continuation {
  /** The media sequence number of its first segment. */
  readonly msn: number;
  /** How many discontinuities there have been before it. */
  readonly discontinuity: number;
  /** What playlists said of how long segments are, in seconds: it must not shrink. */
  readonly targetDuration: number;
}

export const BEGINNING: Continuation = { msn: 0, discontinuity: 0, targetDuration: 0 };

export interface Output {
  /** Where the stream's frames go. */
  readonly gate: TrackGate;
  /** Who waits for what is yet to come. */
  readonly waiters: ReloadWaiters;
  /** When it, or a publisher for it, began, on the monotonic clock. */
  readonly beganMs: number;
  /** There is something to play. */
  readonly isReady: boolean;
  /** Bytes of media in memory. */
  readonly heldSize: number;
  /** Where another output goes on after this one. */
  readonly next: Continuation;
  /**
   * What it has is of a time that is yet to come, since a publisher sent faster than time passes: what
   * another one sends could be played when that time has come.
   */
  readonly isAhead: boolean;
  /** Another publisher begins. */
  published(): void;
  /** The stream is over. */
  finish(): void;
  /** It has been over for so long: files go that are kept for less. */
  overFor(ms: number): void;
  /** Lets go of everything; files too, unless they are kept. Resolves when the disk has done so. */
  dispose(): Promise<void>;
}

/** What an output goes on from. */
export interface OutputStart {
  readonly from: Continuation;
  /** Resolves when those before it are done with their files, which may have the names of its own. */
  readonly filesFree: Promise<unknown>;
}

/** How the life of an output goes, as its vhost's configuration has it. */
export interface OutputRules {
  readonly name: "ts" | "cmaf" | "dash" | "hds";
  /** It begins with the first request, and stops after the last. */
  readonly isOnDemand: boolean;
  /** How long what there is of an ended stream is kept. */
  readonly disposeMs: number;
  create(start: OutputStart): Output;
}
