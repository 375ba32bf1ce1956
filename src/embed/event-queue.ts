/**
 * Events that wait for a loop of the program around the server to take them.
 *
 * @module
 */

import { recordEvent } from "../live/server-event.ts";
import type { SluiceEvent, SluiceEventType } from "./server-options.ts";

/** So many wait: then the oldest are lost, as memory must have an end. */
const LENGTH_MAX = 1_000;

export interface EventQueueOptions {
  /** Absent: all. */
  readonly types: readonly SluiceEventType[] | undefined;
  readonly wallMs: () => number;
  /** The loop has been left. */
  readonly closed: (queue: EventQueue) => void;
}

type Result = IteratorResult<SluiceEvent, undefined>;

export class EventQueue implements AsyncIterableIterator<SluiceEvent> {
  readonly #options: EventQueueOptions;
  readonly #types: ReadonlySet<SluiceEventType> | undefined;
  readonly #waiting: SluiceEvent[] = [];
  /** Those who wait for an event, in their order. */
  readonly #takers: ((result: Result) => void)[] = [];
  #missedCount = 0;
  #isEnded = false;

  constructor(options: EventQueueOptions) {
    this.#options = options;
    this.#types = options.types && new Set(options.types);
  }

  publish(event: SluiceEvent): void {
    if (this.#isEnded || this.#types?.has(event.type) === false) return;
    const taker = this.#takers.shift();
    if (taker !== undefined) {
      taker({ value: event, done: false });
      return;
    }
    this.#waiting.push(event);
    if (this.#waiting.length <= LENGTH_MAX) return;
    this.#waiting.shift();
    this.#missedCount += 1;
  }

  /** Nothing more will come; what waits can still be taken. */
  end(): void {
    this.#isEnded = true;
    for (const taker of this.#takers.splice(0)) taker({ value: undefined, done: true });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<Result> {
    const event = this.#takeMissed() ?? this.#waiting.shift();
    if (event !== undefined) return Promise.resolve({ value: event, done: false });
    if (this.#isEnded) return Promise.resolve({ value: undefined, done: true });
    return new Promise((resolve) => void this.#takers.push(resolve));
  }

  return(): Promise<Result> {
    this.#waiting.length = 0;
    this.#missedCount = 0;
    this.end();
    this.#options.closed(this);
    return Promise.resolve({ value: undefined, done: true });
  }

  #takeMissed(): SluiceEvent | undefined {
    const count = this.#missedCount;
    if (count === 0) return undefined;
    this.#missedCount = 0;
    const event = { type: "events.missed", reason: "too_slow", count } as const;
    return recordEvent(event, this.#options.wallMs(), null);
  }
}
