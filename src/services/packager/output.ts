/**
 * A stream in one format, while it is packaged.
 *
 * @module
 */

import type { ReloadWaiters } from "./hls/reload-waiters.ts";
import type { TrackGate } from "./track-gate.ts";

export interface Output {
  /** Where the stream's frames go. */
  readonly gate: TrackGate;
  /** Who waits for what is yet to come. */
  readonly waiters: ReloadWaiters;
  /** There is something to play. */
  readonly isReady: boolean;
  /** Bytes of media in memory. */
  readonly heldSize: number;
  /** The number of the next segment. */
  readonly nextNumber: number;
  /** Another publisher begins. */
  published(): void;
  /** The stream is over. */
  finish(): void;
  /** Lets go of everything; files too, unless they are kept. Resolves when the disk has done so. */
  dispose(isFilesKept: boolean): Promise<void>;
}

/** How the life of an output goes, as its vhost's configuration has it. */
export interface OutputRules {
  readonly name: "ts" | "cmaf" | "dash";
  /** It begins with the first request, and stops after the last. */
  readonly isOnDemand: boolean;
  /** How long what there is of an ended stream is kept. */
  readonly disposeMs: number;
  /** Its files stay when it is disposed of. */
  readonly isFilesKept: boolean;
  /** @param firstNumber The number of its first segment. */
  create(firstNumber: number): Output;
}
