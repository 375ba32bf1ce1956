/**
 * Samples of a track as its tables have them, which are read in pieces.
 *
 * Spec: ISO/IEC 14496-12, 8.6.2 (`stss`), 8.7.3.2 (`stsz`), 8.7.4 (`stsc`), 8.7.5 (`stco`, `co64`).
 *
 * @module
 */

import { MalformedError } from "../../../base/errors.ts";
import { FileWindow } from "../file-window.ts";
import type { TablePlace, TablePlaces } from "./movie-layout.ts";
import type { Mp4Sample, Mp4Samples } from "./mp4-sample.ts";
import { RunTable } from "./run-table.ts";
import { readTableHead, TableWindow } from "./table-window.ts";

/** Samples that are given away at once. */
const BATCH_SAMPLES = 256;
/** `| version and flags | sample size 32 | sample count 32 |` */
const SIZES_HEAD_SIZE = 12;
const TABLE_PIECE_SIZE = 64 * 1024;

/** `stsz`: all samples have the same size, or each has one in the table. */
interface Sizes {
  readonly count: number;
  readonly common: number;
  readonly table: TableWindow | undefined;
}

interface Tables {
  readonly times: RunTable;
  readonly offsets: RunTable | undefined;
  /** `undefined`: all samples are sync samples. */
  readonly sync: TableWindow | undefined;
  readonly sizes: Sizes;
  readonly chunkRuns: TableWindow;
  readonly chunks: TableWindow;
  readonly isLarge: boolean;
}

export class PlainSamples implements Mp4Samples {
  readonly #tables: Tables;
  /** From 0. */
  #sample = 0;
  /** The entry of `stsc` that holds, and how many samples its chunks have. */
  #run = 0;
  #runSamples = 0;
  /** The first chunk of the next entry, from 0. */
  #runEnd = 0;
  /** From 0. */
  #chunk = -1;
  /** Samples of the chunk that have not been given away, and where the next one is. */
  #leftInChunk = 0;
  #offset = 0;
  /** The next sync sample in `stss`. */
  #nextSync = 0;

  private constructor(tables: Tables) {
    this.#tables = tables;
  }

  /** @throws {MalformedError} If a table is missing or broken. @throws {SystemError} */
  static async open(window: FileWindow, places: TablePlaces): Promise<PlainSamples> {
    // Each table has a piece of its own in memory.
    const own = (): FileWindow => new FileWindow(window.file, window.size, TABLE_PIECE_SIZE);
    const required = (type: keyof TablePlaces): TablePlace => {
      const place = places[type];
      if (place === undefined) throw new MalformedError(`Cannot read samples: no ${type}`, 0);
      return place;
    };
    const { ctts, stss, co64 } = places;
    return new PlainSamples({
      times: new RunTable(await TableWindow.open(own(), required("stts"), 8)),
      offsets: ctts && new RunTable(await TableWindow.open(own(), ctts, 8)),
      sync: stss && (await TableWindow.open(own(), stss, 4)),
      sizes: await openSizes(own(), required("stsz")),
      chunkRuns: await TableWindow.open(own(), required("stsc"), 12),
      chunks: await TableWindow.open(own(), co64 ?? required("stco"), co64 ? 8 : 4),
      isLarge: co64 !== undefined,
    });
  }

  /** When the first sample is decoded: 0, as `stts` counts. The number of the last at or before `ticks`. */
  async findByTime(ticks: number): Promise<number> {
    const sample = await this.#tables.times.seekSum(ticks);
    return Math.min(sample, Math.max(0, this.#tables.sizes.count - 1));
  }

  /** The last sync sample at or before a sample; `undefined` if there is none. */
  async findSync(sample: number): Promise<number | undefined> {
    const { sync } = this.#tables;
    if (sync === undefined) return sample;
    const index = await countUpTo(sync, sample + 1);
    if (index === 0) return undefined;
    if (!sync.has(index - 1)) await sync.load(index - 1);
    return sync.uint32(index - 1) - 1;
  }

  /** When a sample is decoded, in ticks. */
  async timeOf(sample: number): Promise<number> {
    await this.#tables.times.seek(sample);
    return this.#tables.times.sum;
  }

  /** Goes to a sample, from 0. @throws {MalformedError} @throws {SystemError} */
  async seek(sample: number): Promise<void> {
    const { times, offsets, sync } = this.#tables;
    this.#sample = sample;
    await times.seek(sample);
    await offsets?.seek(sample);
    if (sync !== undefined) this.#nextSync = await countUpTo(sync, sample);
    await this.#seekChunk(sample);
  }

  async next(): Promise<readonly Mp4Sample[] | undefined> {
    const samples: Mp4Sample[] = [];
    const { times, offsets, sizes } = this.#tables;
    while (samples.length < BATCH_SAMPLES && this.#sample < sizes.count) {
      if (this.#leftInChunk === 0) await this.#enterChunk(this.#chunk + 1);
      if (!times.isReady) await times.prepare();
      if (offsets?.isReady === false) await offsets.prepare();
      const size = this.#knownSize(this.#sample) ?? (await this.#loadSize(this.#sample));
      samples.push({
        offset: this.#offset,
        size,
        decodeTime: times.sum,
        compositionTimeOffset: offsets?.value ?? 0,
        isSync: await this.#takeSync(),
      });
      this.#offset += size;
      this.#leftInChunk -= 1;
      this.#sample += 1;
      times.advance();
      offsets?.advance();
    }
    return samples.length > 0 ? samples : undefined;
  }

  async #takeSync(): Promise<boolean> {
    const { sync } = this.#tables;
    if (sync === undefined) return true;
    if (this.#nextSync >= sync.count) return false;
    if (!sync.has(this.#nextSync)) await sync.load(this.#nextSync);
    if (sync.uint32(this.#nextSync) !== this.#sample + 1) return false;
    this.#nextSync += 1;
    return true;
  }

  #knownSize(sample: number): number | undefined {
    const { common, table } = this.#tables.sizes;
    if (table === undefined) return common;
    return table.has(sample) ? table.uint32(sample) : undefined;
  }

  async #loadSize(sample: number): Promise<number> {
    await this.#tables.sizes.table?.load(sample);
    return this.#knownSize(sample) ?? 0;
  }

  /** Bytes of the samples from `start` to before `end`. */
  async #sizeOf(start: number, end: number): Promise<number> {
    const { common, table } = this.#tables.sizes;
    if (table === undefined) return common * (end - start);
    let size = 0;
    for (let i = start; i < end; i++) size += this.#knownSize(i) ?? (await this.#loadSize(i));
    return size;
  }

  // Chunks ------------------------------------------------------------------------------------------

  async #seekChunk(sample: number): Promise<void> {
    if (sample >= this.#tables.sizes.count) return; // There may be no chunks either.
    this.#run = -1;
    this.#runEnd = 0;
    let first = 0;
    for (;;) {
      const firstChunk = this.#runEnd;
      await this.#enterRun();
      const count = (this.#runEnd - firstChunk) * this.#runSamples;
      if (sample < first + count) {
        const chunks = Math.floor((sample - first) / this.#runSamples);
        await this.#enterChunk(firstChunk + chunks);
        const passed = (sample - first) % this.#runSamples;
        this.#offset += await this.#sizeOf(sample - passed, sample);
        this.#leftInChunk -= passed;
        return;
      }
      first += count;
      if (this.#runEnd < this.#tables.chunks.count) continue;
      this.#chunk = this.#runEnd - 1; // It is behind them all.
      this.#leftInChunk = 0;
      return;
    }
  }

  /** Goes on to the next entry of `stsc`: `| first chunk 32, from 1 | samples per chunk 32 | ... |` */
  async #enterRun(): Promise<void> {
    const { chunkRuns, chunks } = this.#tables;
    const run = this.#run + 1;
    if (!chunkRuns.has(run)) await chunkRuns.load(run);
    const firstChunk = chunkRuns.uint32(run) - 1;
    const samples = chunkRuns.uint32(run, 4);
    if (firstChunk !== this.#runEnd || samples === 0) {
      throw new MalformedError("Cannot read stsc: chunks without samples", 0);
    }
    let end = chunks.count;
    if (run + 1 < chunkRuns.count) {
      if (!chunkRuns.has(run + 1)) await chunkRuns.load(run + 1);
      end = chunkRuns.uint32(run + 1) - 1;
    }
    if (end <= firstChunk || end > chunks.count) {
      throw new MalformedError("Cannot read stsc: chunks that there are not", 0);
    }
    this.#run = run;
    this.#runSamples = samples;
    this.#runEnd = end;
  }

  async #enterChunk(chunk: number): Promise<void> {
    const { chunks, isLarge } = this.#tables;
    if (chunk >= this.#runEnd) await this.#enterRun();
    if (!chunks.has(chunk)) await chunks.load(chunk);
    this.#chunk = chunk;
    this.#leftInChunk = this.#runSamples;
    this.#offset = chunks.uint32(chunk);
    if (isLarge) this.#offset = this.#offset * 0x1_0000_0000 + chunks.uint32(chunk, 4);
  }
}

async function openSizes(window: FileWindow, place: TablePlace): Promise<Sizes> {
  const head = await readTableHead(window, place, SIZES_HEAD_SIZE);
  const common = head.getUint32(4);
  const count = head.getUint32(8);
  if (common > 0) return { count, common, table: undefined };
  return { count, common, table: await TableWindow.open(window, place, 4, 4) };
}

/** How many entries of a table in ascending order are not larger than `value`. */
async function countUpTo(table: TableWindow, value: number): Promise<number> {
  let low = 0;
  let high = table.count;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (!table.has(middle)) await table.load(middle);
    if (table.uint32(middle) <= value) low = middle + 1;
    else high = middle;
  }
  return low;
}
