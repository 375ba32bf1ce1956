/**
 * Where events can be read as they are sent to clients: the feed of this process, or that of another
 * one. Whoever reads takes as much as it can, and says when it can take more.
 *
 * @module
 */

import type { EventFilter } from "./event-filter.ts";

/** What a reader wants. */
export interface EventRequest {
  readonly filter: EventFilter;
  /** The id of the last event that it has had; `undefined`: it wants what happens from now on. */
  readonly lastEventId: string | undefined;
}

/** Who reads. */
export interface EventOutput {
  /** Takes whole blocks of an event stream. @returns Whether more can be taken at once. */
  write(bytes: Uint8Array): boolean;
  /** Nothing more will come. */
  end(): void;
}

export interface EventReader {
  /** Hands over what there is, after the output has said that it can take more. */
  more(): void;
  /** Call every second or so. */
  sweep(nowMs: number): void;
  /** Nothing is written any more. */
  close(): void;
}

export interface EventSource {
  /**
   * Begins to write, though not before it has been started, so that nothing comes before the head of
   * an answer.
   *
   * @throws {RefusedError} `too_many_connections`, if so many read already.
   * @throws {Error} If whoever has the feed cannot be asked; for whoever answers to tell.
   */
  open(request: EventRequest, output: EventOutput): Promise<OpenedEvents>;
}

export interface OpenedEvents extends EventReader {
  /** Begins. Once. */
  start(): void;
}
