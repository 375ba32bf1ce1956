/**
 * Counts of many values, from which percentiles come, in a fixed and small space.
 *
 * Values are microseconds. Each power of two is cut into 128 equal steps, so that what is read back
 * is at most 1/128 above the value that went in; below 128 every value has a step of its own.
 *
 * @module
 */

const STEP_BITS = 7;
const STEP_COUNT = 1 << STEP_BITS;
/** 2^42 us are 50 days, past anything that a run can measure. */
const EXPONENT_MAX = 42;
const VALUE_MAX = 2 ** EXPONENT_MAX - 1;
const BUCKET_COUNT = STEP_COUNT * (EXPONENT_MAX - STEP_BITS + 1);

export class Histogram {
  /** Float64, since a run of a day counts past 32 bits. */
  readonly #counts: Float64Array = new Float64Array(BUCKET_COUNT);
  #count = 0;
  #sum = 0;
  #max = 0;

  /** How many values there are. */
  get count(): number {
    return this.#count;
  }

  /** The largest value, exactly; 0 if there is none. */
  get max(): number {
    return this.#max;
  }

  /** The mean, exactly; 0 if there is none. */
  get mean(): number {
    return this.#count === 0 ? 0 : this.#sum / this.#count;
  }

  /** Takes a value. What is below 0 counts as 0. */
  add(value: number): void {
    const whole = value < 0 ? 0 : Math.min(Math.floor(value), VALUE_MAX);
    const index = bucketOf(whole);
    this.#counts[index] = (this.#counts[index] ?? 0) + 1;
    this.#count += 1;
    this.#sum += whole;
    if (whole > this.#max) this.#max = whole;
  }

  /** Takes all values of another one. */
  addAll(other: Histogram): void {
    const counts = other.#counts;
    for (let i = 0; i < BUCKET_COUNT; i++) {
      this.#counts[i] = (this.#counts[i] ?? 0) + (counts[i] ?? 0);
    }
    this.#count += other.#count;
    this.#sum += other.#sum;
    this.#max = Math.max(this.#max, other.#max);
  }

  clear(): void {
    this.#counts.fill(0);
    this.#count = 0;
    this.#sum = 0;
    this.#max = 0;
  }

  /**
   * The nearest-rank percentile: the smallest value that at least `percent` of all are at or below.
   * 0 if there is none.
   */
  percentile(percent: number): number {
    let left = Math.max(1, Math.ceil((percent / 100) * this.#count));
    for (let i = 0; i < BUCKET_COUNT; i++) {
      left -= this.#counts[i] ?? 0;
      if (left <= 0) return Math.min(highestOf(i), this.#max);
    }
    return this.#max;
  }
}

/** The step that a value falls into. */
function bucketOf(value: number): number {
  if (value < STEP_COUNT) return value;
  const exponent = exponentOf(value);
  const shift = exponent - STEP_BITS;
  return STEP_COUNT * (shift + 1) + Math.floor(value / 2 ** shift) - STEP_COUNT;
}

/** The highest value that falls into a step. */
function highestOf(index: number): number {
  if (index < STEP_COUNT) return index;
  const shift = Math.floor(index / STEP_COUNT) - 1;
  const step = (index % STEP_COUNT) + STEP_COUNT;
  return (step + 1) * 2 ** shift - 1;
}

/** The place of the highest bit that is set. */
function exponentOf(value: number): number {
  if (value < 0x1_0000_0000) return 31 - Math.clz32(value);
  return 63 - Math.clz32(Math.floor(value / 0x1_0000_0000));
}
