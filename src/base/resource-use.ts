/**
 * Resources that a process uses, and has used since its start.
 *
 * @module
 */

/** As getrusage(2) tells. Times are in milliseconds, sizes in bytes. */
export interface ResourceUse {
  readonly userMs: number;
  readonly systemMs: number;
  readonly residentSizeMax: number;
  readonly minorFaults: number;
  readonly majorFaults: number;
  readonly swaps: number;
  /** Blocks of the file system. */
  readonly blocksRead: number;
  readonly blocksWritten: number;
  readonly messagesSent: number;
  readonly messagesReceived: number;
  readonly signals: number;
  readonly voluntarySwitches: number;
  readonly involuntarySwitches: number;
}

/** Bytes. */
export interface MemoryUse {
  readonly residentSize: number;
  readonly heapSize: number;
}
