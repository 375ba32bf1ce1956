/**
 * The server's figures at one moment, from the text of /metrics.
 *
 * @module
 */

import { sumOf } from "../../src/bench/server-watch.ts";

export interface Sample {
  /** Since the start of the run. */
  readonly seconds: number;
  readonly residentBytes: number;
  readonly heapBytes: number;
  readonly openFiles: number;
  readonly timers: number;
  readonly sessions: number;
  readonly streams: number;
  readonly connections: number;
  readonly chainBytes: number;
  readonly gopCacheBytes: number;
  readonly lagBytesMax: number;
  readonly sessionsTotal: number;
  readonly receivedBytes: number;
  readonly sentBytes: number;
  readonly skips: number;
  readonly writeTimeouts: number;
  /** Of the server's processes. Changes when one has been started anew. */
  readonly startTimes: readonly number[];
}

/** What the server's processes have together. */
export function readSample(text: string, seconds: number): Sample {
  const sum = (family: string): number => sumOf(text, family) ?? 0;
  const startTimes = text.matchAll(/^process_start_time_seconds(?:\{.*\})? (\S+)$/gm);
  return {
    seconds: Math.round(seconds * 10) / 10,
    residentBytes: sum("process_resident_memory_bytes"),
    heapBytes: sum("sluice_heap_bytes"),
    openFiles: sum("process_open_fds"),
    timers: sum("sluice_timers"),
    sessions: sum("sluice_sessions"),
    streams: sum("sluice_streams"),
    connections: sum("sluice_connections"),
    chainBytes: sum("sluice_chain_bytes"),
    gopCacheBytes: sum("sluice_gop_cache_bytes"),
    lagBytesMax: sum("sluice_queue_lag_bytes_max"),
    sessionsTotal: sum("sluice_sessions_total"),
    receivedBytes: sum("sluice_received_bytes_total"),
    sentBytes: sum("sluice_sent_bytes_total"),
    skips: sum("sluice_skips_total"),
    writeTimeouts: sum("sluice_write_timeouts_total"),
    startTimes: Array.from(startTimes, ([, value]) => Number(value)).toSorted((a, b) => a - b),
  };
}
