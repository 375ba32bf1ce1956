/**
 * Figures of callbacks: how many, with what result, and how long backends took.
 *
 * @module
 */

import type { HookEventReport } from "../../live/reports.ts";
import { HOOK_EVENTS, type HookEvent } from "./hook-event.ts";

/** `ok`; or a refusal; or anything else: a wrong answer, none, no connection. */
export type HookOutcome = "ok" | "refused" | "failed";

/** Upper bounds of the histogram's buckets in seconds, up to the default timeout of questions. */
export const BUCKET_SECONDS = [
  0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30,
] as const;

/** Of one event, since the start; each time that something is told again is another call. */
export interface HookEventFigures extends HookEventReport {
  readonly event: HookEvent;
  readonly calls: Readonly<Record<HookOutcome, number>>;
}

/** Everything, as plain values. */
export interface HookFigures {
  /** Those that have been called. */
  readonly events: readonly HookEventFigures[];
  /** What waits to be told, what is being told included; and its bytes. */
  readonly queueLength: number;
  readonly queueSize: number;
  /** Connections to backends. */
  readonly connections: number;
  /** Backends that cannot be reached at the moment. */
  readonly unreachable: number;
}

export class HookCounts {
  readonly #events = new Map<HookEvent, EventCounts>();

  called(event: HookEvent, outcome: HookOutcome, durationMs: number): void {
    const counts = this.#of(event);
    const seconds = durationMs / 1_000;
    counts.calls[outcome] += 1;
    counts.seconds += seconds;
    for (const [index, bound] of BUCKET_SECONDS.entries()) {
      if (seconds <= bound) counts.buckets[index] = (counts.buckets[index] ?? 0) + 1;
    }
  }

  lost(event: HookEvent): void {
    this.#of(event).lost += 1;
  }

  report(): HookEventFigures[] {
    const known = HOOK_EVENTS.map((event) => ({ event, counts: this.#events.get(event) }));
    return known.flatMap(({ event, counts }) => {
      if (counts === undefined) return [];
      return { event, ...counts, calls: { ...counts.calls }, buckets: [...counts.buckets] };
    });
  }

  #of(event: HookEvent): EventCounts {
    let counts = this.#events.get(event);
    if (counts === undefined) {
      counts = {
        calls: { ok: 0, refused: 0, failed: 0 },
        buckets: BUCKET_SECONDS.map(() => 0),
        seconds: 0,
        lost: 0,
      };
      this.#events.set(event, counts);
    }
    return counts;
  }
}

interface EventCounts {
  readonly calls: Record<HookOutcome, number>;
  readonly buckets: number[];
  seconds: number;
  lost: number;
}
