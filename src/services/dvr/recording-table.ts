/**
 * The little that is to be known of each recording to find it: some 200 bytes in memory, where its line has
 * several hundred on disk.
 *
 * @module
 */

import type { StreamName } from "../../base/stream-name.ts";

/** Such as 36 days of ten streams in files of 30 s. Of more, the oldest lines are left out. */
export const ROWS_MAX: number = 1 << 20;
const ROWS_AT_FIRST = 256;

/** What a row holds, one number each. */
const Column = {
  Key: 0,
  StartedMs: 1,
  EndedMs: 2,
  Size: 3,
  LineOffset: 4,
  LineSize: 5,
  Vhost: 6,
  App: 7,
  Stream: 8,
  /** 1: there was no such file when somebody looked. */
  IsGone: 9,
  /** When the file was written last, if somebody has looked; else 0. */
  TouchedMs: 10,
} as const;
const WIDTH = 11;

/** A recording, as far as the table knows it. Names are hashes: they may be those of another one. */
export interface RecordingRow {
  /** Its id, as a number. */
  readonly key: number;
  readonly startedMs: number;
  readonly endedMs: number;
  /** Bytes of the recording. */
  readonly size: number;
  /** Where its line is, and how many bytes that has. */
  readonly lineOffset: number;
  readonly lineSize: number;
  readonly name: StreamName;
}

/** What is looked for: all that is given must be so. */
export interface RowFilter {
  readonly vhost?: string | undefined;
  readonly app?: string | undefined;
  readonly stream?: string | undefined;
  /** Times that the recording must reach into. */
  readonly fromMs?: number | undefined;
  readonly toMs?: number | undefined;
}

export class RecordingTable {
  #rows = new Float64Array(ROWS_AT_FIRST * WIDTH);
  #count = 0;
  readonly #rowsMax: number;
  /** Rows by their keys. */
  readonly #rowOf = new Map<number, number>();

  constructor(rowsMax: number = ROWS_MAX) {
    this.#rowsMax = rowsMax;
  }

  /** Of two recordings with the same file the later one counts. */
  add({ key, startedMs, endedMs, size, lineOffset, lineSize, name }: RecordingRow): void {
    const known = this.#rowOf.get(key);
    if (known !== undefined && this.startedMs(known) > startedMs) return;
    const row = known ?? this.#append();
    this.#rowOf.set(key, row);
    const names = [hashName(name.vhost), hashName(name.app), hashName(name.stream)];
    const values = [key, startedMs, endedMs, size, lineOffset, lineSize, ...names, 0, 0];
    this.#rows.set(values, row * WIDTH);
  }

  clear(): void {
    this.#rows = new Float64Array(ROWS_AT_FIRST * WIDTH);
    this.#count = 0;
    this.#rowOf.clear();
  }

  /** The row of that key; `undefined` if there is none. */
  find(key: number): number | undefined {
    return this.#rowOf.get(key);
  }

  /** Rows that match, in the order in which they were added. */
  select({ vhost, app, stream, fromMs, toMs }: RowFilter): number[] {
    const wanted: (readonly [column: number, hash: number])[] = [];
    if (vhost !== undefined) wanted.push([Column.Vhost, hashName(vhost)]);
    if (app !== undefined) wanted.push([Column.App, hashName(app)]);
    if (stream !== undefined) wanted.push([Column.Stream, hashName(stream)]);
    const [from, to] = [fromMs ?? Number.NEGATIVE_INFINITY, toMs ?? Number.POSITIVE_INFINITY];
    const found: number[] = [];
    for (let row = 0; row < this.#count; row++) {
      const isThen = this.#get(row, Column.EndedMs) >= from && this.startedMs(row) <= to;
      if (isThen && wanted.every(([column, hash]) => this.#get(row, column) === hash)) {
        found.push(row);
      }
    }
    return found;
  }

  startedMs(row: number): number {
    return this.#get(row, Column.StartedMs);
  }

  key(row: number): number {
    return this.#get(row, Column.Key);
  }

  endedMs(row: number): number {
    return this.#get(row, Column.EndedMs);
  }

  size(row: number): number {
    return this.#get(row, Column.Size);
  }

  line(row: number): { readonly offset: number; readonly size: number } {
    return { offset: this.#get(row, Column.LineOffset), size: this.#get(row, Column.LineSize) };
  }

  isGone(row: number): boolean {
    return this.#get(row, Column.IsGone) === 1;
  }

  setGone(row: number, isGone: boolean): void {
    this.#rows[row * WIDTH + Column.IsGone] = isGone ? 1 : 0;
  }

  touchedMs(row: number): number {
    return this.#get(row, Column.TouchedMs);
  }

  setTouchedMs(row: number, ms: number): void {
    this.#rows[row * WIDTH + Column.TouchedMs] = ms;
  }

  #get(row: number, column: number): number {
    return this.#rows[row * WIDTH + column] ?? 0;
  }

  #append(): number {
    if (this.#count >= this.#rowsMax) this.#forgetOldest();
    const size = this.#count * WIDTH;
    if (size === this.#rows.length) {
      const grown = new Float64Array(size * 2);
      grown.set(this.#rows);
      this.#rows = grown;
    }
    this.#count += 1;
    return this.#count - 1;
  }

  /** Those whose lines came first, a quarter of all, so that it is seldom. */
  #forgetOldest(): void {
    const forgotten = Math.ceil(this.#count / 4);
    this.#rows.copyWithin(0, forgotten * WIDTH, this.#count * WIDTH);
    this.#count -= forgotten;
    this.#rowOf.clear();
    for (let row = 0; row < this.#count; row++) this.#rowOf.set(this.key(row), row);
  }
}

/** 32-bit FNV-1a over UTF-16 code units. */
function hashName(name: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < name.length; i++) {
    hash = Math.imul(hash ^ name.charCodeAt(i), 0x01000193);
  }
  return hash >>> 0;
}
