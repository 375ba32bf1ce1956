/**
 * `stts` and `ctts`: a value for each sample, said once for those in a row that have the same.
 *
 * Spec: ISO/IEC 14496-12, 8.6.1.2 (`stts`), 8.6.1.3 (`ctts`).
 *
 * @module
 */

import type { TableWindow } from "./table-window.ts";

/** A place is noted each time that so many entries have been passed. */
const MARK_ENTRIES = 8_192;

interface Mark {
  readonly entry: number;
  /** The first sample of the entry, from 0. */
  readonly sample: number;
  /** Of the values of all samples before it. */
  readonly sum: number;
}

const BEGINNING: Mark = { entry: 0, sample: 0, sum: 0 };

export class RunTable {
  readonly #table: TableWindow;
  readonly #marks: Mark[] = [BEGINNING];
  #at: Mark = BEGINNING;
  /** Where in the entry the current sample is. */
  #within = 0;

  constructor(table: TableWindow) {
    this.#table = table;
  }

  /** The sum of the values of all samples before the current one. */
  get sum(): number {
    return this.#at.sum + this.#within * this.#value;
  }

  /** Of the current sample; 0 behind the last one. Its entry must be in memory: see `prepare`. */
  get value(): number {
    return this.#value;
  }

  /** Whether the current sample can be read at once. */
  get isReady(): boolean {
    return this.#at.entry >= this.#table.count || this.#table.has(this.#at.entry);
  }

  /** @throws {MalformedError} @throws {SystemError} */
  async prepare(): Promise<void> {
    if (!this.isReady) await this.#table.load(this.#at.entry);
  }

  /** Goes on to the next sample, which has to be prepared. */
  advance(): void {
    if (this.#at.entry >= this.#table.count) return;
    this.#within += 1;
    if (this.#within >= this.#count) this.#step();
  }

  /** Goes to a sample, or behind the last one. @throws {MalformedError} @throws {SystemError} */
  async seek(sample: number): Promise<void> {
    await this.#walk("sample", sample);
    if (this.#at.entry < this.#table.count) this.#within = sample - this.#at.sample;
  }

  /**
   * Goes to the last sample with a sum at or below `sum`.
   *
   * @returns Its number, from 0; of what is behind all samples the number of samples.
   * @throws {MalformedError} @throws {SystemError}
   */
  async seekSum(sum: number): Promise<number> {
    await this.#walk("sum", sum);
    if (this.#at.entry < this.#table.count) {
      const value = this.#value;
      this.#within = value === 0 ? 0 : Math.max(0, Math.floor((sum - this.#at.sum) / value));
    }
    return this.#at.sample + this.#within;
  }

  /** Goes to the entry that holds a sample, or a sum; there may be millions, each with its own value. */
  async #walk(by: "sample" | "sum", wanted: number): Promise<void> {
    const table = this.#table;
    let { entry, sample, sum } = this.#marks.findLast((mark) => mark[by] <= wanted) ?? BEGINNING;
    while (entry < table.count) {
      if (!table.has(entry)) {
        await table.load(entry);
        this.#mark({ entry, sample, sum });
      }
      const count = table.uint32(entry);
      const value = table.uint32(entry, 4) | 0;
      const end = by === "sample" ? sample + count : sum + count * value;
      if (wanted < end) break;
      entry += 1;
      sample += count;
      sum += count * value;
    }
    this.#at = { entry, sample, sum };
    this.#within = 0;
  }

  #mark(mark: Mark): void {
    const lastEntry = this.#marks.at(-1)?.entry ?? 0;
    if (mark.entry - lastEntry >= MARK_ENTRIES) this.#marks.push(mark);
  }

  #step(): void {
    const { entry, sample, sum } = this.#at;
    const count = this.#count;
    this.#at = { entry: entry + 1, sample: sample + count, sum: sum + count * this.#value };
    this.#within = 0;
  }

  get #count(): number {
    return this.#table.uint32(this.#at.entry);
  }

  /** Signed: in version 0 of `ctts` no offset is so large that it would matter. */
  get #value(): number {
    if (this.#at.entry >= this.#table.count) return 0;
    return this.#table.uint32(this.#at.entry, 4) | 0;
  }
}
