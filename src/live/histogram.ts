/**
 * How often something took how long: counts in a few fixed buckets, so that it costs the same however
 * much is observed, and those of several processes can be added up.
 *
 * @module
 */

/** As JSON carries it. */
export interface HistogramReport {
  /** The upper bound of each bucket, rising; the last one has none. */
  readonly bounds: readonly number[];
  /** Of each bound, how many values were no greater. */
  readonly buckets: readonly number[];
  readonly sum: number;
  readonly count: number;
}

export class Histogram {
  readonly #bounds: readonly number[];
  /** Of each bucket alone; the last is for what is greater than all bounds. */
  readonly #counts: number[];
  #sum = 0;

  constructor(bounds: readonly number[]) {
    this.#bounds = bounds;
    this.#counts = new Array<number>(bounds.length + 1).fill(0);
  }

  observe(value: number): void {
    let index = 0;
    while (index < this.#bounds.length && value > (this.#bounds[index] ?? 0)) index += 1;
    this.#counts[index] = (this.#counts[index] ?? 0) + 1;
    this.#sum += value;
  }

  report(): HistogramReport {
    let count = 0;
    const sums = this.#counts.map((one) => {
      count += one;
      return count;
    });
    return { bounds: this.#bounds, buckets: sums.slice(0, -1), sum: this.#sum, count };
  }
}

/** A histogram for each of a few names, made when it is first asked for. */
export class Histograms<Name extends string = string> {
  readonly #bounds: readonly number[];
  readonly #all = new Map<Name, Histogram>();

  constructor(bounds: readonly number[]) {
    this.#bounds = bounds;
  }

  of(name: Name): Histogram {
    const known = this.#all.get(name);
    if (known !== undefined) return known;
    const histogram = new Histogram(this.#bounds);
    this.#all.set(name, histogram);
    return histogram;
  }

  report(): Readonly<Record<string, HistogramReport>> {
    return Object.fromEntries(Array.from(this.#all, ([name, one]) => [name, one.report()]));
  }
}
