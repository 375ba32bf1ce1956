/**
 * Files of the plan `append` that wait for their next publisher.
 *
 * @module
 */

import type { Clock } from "../../base/clock.ts";
import type { StreamName } from "../../base/stream-name.ts";
import { formatStreamUrl } from "../../base/stream-name.ts";
import type { SessionRequest } from "../../live/admission.ts";
import type { Continued } from "./stream-recorder.ts";

/** Each keeps a file open. Whoever publishes under ever new names is not to use them up. */
const WAITING_MAX = 64;

/** Whose recording it is. */
export interface Recorded {
  readonly name: StreamName;
  readonly request: SessionRequest | undefined;
}

interface Waiting {
  readonly recorded: Recorded;
  readonly continued: Continued;
  /** On the monotonic clock. */
  readonly untilMs: number;
}

export class AppendedRecordings {
  readonly #clock: Pick<Clock, "monotonicMs">;
  /** Nobody has come: the file is complete. */
  readonly #complete: (recorded: Recorded, continued: Continued) => void;
  /** By stream, those that wait for the longest first. */
  readonly #waiting = new Map<string, Waiting>();

  constructor(
    clock: Pick<Clock, "monotonicMs">,
    complete: (recorded: Recorded, continued: Continued) => void,
  ) {
    this.#clock = clock;
    this.#complete = complete;
  }

  get all(): Iterable<{ readonly recorded: Recorded; readonly continued: Continued }> {
    return this.#waiting.values();
  }

  /** The publisher has left. */
  add(recorded: Recorded, continued: Continued): void {
    const untilMs = this.#clock.monotonicMs() + continued.recording.rules.appendWaitMs;
    const [oldest] = this.#waiting.keys();
    if (this.#waiting.size >= WAITING_MAX && oldest !== undefined) this.#end(oldest);
    this.#waiting.set(formatStreamUrl(recorded.name), { recorded, continued, untilMs });
  }

  /** What the next publisher of a stream goes on in. */
  take(name: StreamName): Continued | undefined {
    const url = formatStreamUrl(name);
    const waiting = this.#waiting.get(url);
    this.#waiting.delete(url);
    return waiting?.continued;
  }

  /** Completes what waits for a publisher of that stream. @returns Whether there was anything. */
  end(name: StreamName): boolean {
    return this.#end(formatStreamUrl(name));
  }

  /** Completes those that are not waited with any more. Call every second or so. */
  sweep(nowMs: number, isKept: (name: StreamName, fileKey: string) => boolean): void {
    for (const [url, { recorded, continued, untilMs }] of [...this.#waiting]) {
      const { error, rules } = continued.recording;
      const isOver = nowMs >= untilMs || error !== undefined;
      if (isOver || !isKept(recorded.name, rules.fileKey)) this.#end(url);
    }
  }

  close(): void {
    for (const url of [...this.#waiting.keys()]) this.#end(url);
  }

  #end(url: string): boolean {
    const waiting = this.#waiting.get(url);
    if (waiting === undefined) return false;
    this.#waiting.delete(url);
    this.#complete(waiting.recorded, waiting.continued);
    return true;
  }
}
