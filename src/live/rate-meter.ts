/**
 * How fast two counters have grown lately, as SRS tells it: over half a minute.
 *
 * @module
 */

/** How the window slides: so often, and over so many steps. */
export interface RateSteps {
  readonly stepMs: number;
  readonly count: number;
}

/** As in SRS. */
const FINE: RateSteps = { stepMs: 3_000, count: 10 };
/** Sweeps come about once a second: one that comes a little early must not wait for the next. */
const EARLY_MS = 500;

/** Per second. */
export interface Rates {
  readonly first: number;
  readonly second: number;
}

interface Sample {
  readonly ms: number;
  readonly first: number;
  readonly second: number;
}

export class RateMeter {
  /** Old to new, about a step apart or more. */
  readonly #samples: Sample[] = [];
  readonly #steps: RateSteps;

  /** From where the two counters stand now. */
  constructor(
    nowMs: number,
    [first, second]: readonly [number, number] = [0, 0],
    steps: RateSteps = FINE,
  ) {
    this.#steps = steps;
    this.sample(nowMs, first, second);
  }

  /** Whether it is time for another sample, so that counters need not be summed up for nothing. */
  isDue(nowMs: number): boolean {
    const last = this.#samples.at(-1);
    return last === undefined || nowMs - last.ms >= this.#steps.stepMs - EARLY_MS;
  }

  /** Notes where the counters stand. */
  sample(nowMs: number, first: number, second: number): void {
    this.#samples.push({ ms: nowMs, first, second });
    if (this.#samples.length > this.#steps.count + 1) this.#samples.shift();
  }

  /** From the oldest sample to where the counters stand now; 0 before there is time between them. */
  rates(nowMs: number, first: number, second: number): Rates {
    const oldest = this.#samples[0];
    const seconds = oldest === undefined ? 0 : (nowMs - oldest.ms) / 1_000;
    if (oldest === undefined || seconds <= 0) return { first: 0, second: 0 };
    return { first: (first - oldest.first) / seconds, second: (second - oldest.second) / seconds };
  }
}
