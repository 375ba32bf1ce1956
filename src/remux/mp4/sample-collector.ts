/**
 * Collects what the fragments of a file say of its samples, for the tables of a file without fragments.
 *
 * @module
 */

import type { SampleRunInfo } from "../../codec/mp4/fragment-reader.ts";
import type { SampleChunk, SampleRun, SampleTables } from "../../codec/mp4/sample-tables.ts";

/** Of one track. */
export class SampleCollector implements SampleTables {
  readonly sizes: number[] = [];
  readonly durations: SampleRun[] = [];
  readonly compositionTimeOffsets: SampleRun[] = [];
  readonly syncSamples: number[] = [];
  readonly chunks: SampleChunk[] = [];
  /** When the first sample is decoded, and when the last one is over; in ticks. */
  startTicks = 0;
  endTicks = 0;

  /** @param offset Where its samples will be, in bytes. */
  add({ baseDecodeTime, samples }: SampleRunInfo, offset: number): void {
    if (samples.length === 0) return;
    if (this.sizes.length === 0) this.startTicks = baseDecodeTime;
    else if (baseDecodeTime > this.endTicks) this.#extendLast(baseDecodeTime - this.endTicks);
    let end = Math.max(this.endTicks, baseDecodeTime);
    for (const { size, duration, compositionTimeOffset, isSync } of samples) {
      this.sizes.push(size);
      addToRuns(this.durations, duration);
      addToRuns(this.compositionTimeOffsets, compositionTimeOffset);
      if (isSync) this.syncSamples.push(this.sizes.length);
      end += duration;
    }
    this.endTicks = end;
    this.chunks.push({ offset, sampleCount: samples.length });
  }

  /** A sample lasts until the next one: tables have no gaps. */
  #extendLast(ticks: number): void {
    const last = this.durations.at(-1);
    if (last === undefined) return;
    last.count -= 1;
    if (last.count === 0) this.durations.pop();
    addToRuns(this.durations, last.value + ticks);
  }
}

function addToRuns(runs: SampleRun[], value: number): void {
  const last = runs.at(-1);
  if (last?.value === value) last.count += 1;
  else runs.push({ count: 1, value });
}
