/**
 * The latest audio frames, encoded: what a listener who joins is given to begin with, so that a player
 * with a buffer to fill starts at once.
 *
 * @module
 */

import type { ByteWriter } from "../../base/byte-writer.ts";

/** Bytes that are kept at most, however long that is: 100 s of 640 kbps. */
const SIZE_MAX = 8 << 20;

interface Entry {
  readonly ms: number;
  readonly bytes: Uint8Array;
}

export class AudioBacklog {
  readonly #durationMs: number;
  /** In order. The first `#start` of them have been forgotten. */
  #entries: Entry[] = [];
  #start = 0;
  #size = 0;
  /** How many were added before the first of `#entries`. */
  #before = 0;

  /** @param durationMs How much to keep; 0: nothing. */
  constructor(durationMs: number) {
    this.#durationMs = durationMs;
  }

  /** How many frames have been added so far. */
  get count(): number {
    return this.#before + this.#entries.length;
  }

  /** @param bytes Copied. */
  add(ms: number, bytes: Uint8Array): void {
    if (this.#durationMs === 0) return;
    this.#entries.push({ ms, bytes: bytes.slice() });
    this.#size += bytes.length;
    while (this.#start < this.#entries.length && this.#isTooMuch(ms)) this.#forgetFirst();
    if (this.#start * 2 > this.#entries.length) this.#compact();
  }

  /** Writes those of the first `count` that are still there. */
  write(writer: ByteWriter, count: number): void {
    const end = Math.min(count - this.#before, this.#entries.length);
    for (let i = this.#start; i < end; i++) {
      const entry = this.#entries[i];
      if (entry !== undefined) writer.writeBytes(entry.bytes);
    }
  }

  clear(): void {
    this.#before += this.#entries.length;
    this.#entries = [];
    this.#start = 0;
    this.#size = 0;
  }

  /** Whether the first is too old, or of a time before a jump back, or there are too many bytes. */
  #isTooMuch(nowMs: number): boolean {
    const ms = this.#entries[this.#start]?.ms ?? nowMs;
    return nowMs - ms > this.#durationMs || ms > nowMs + this.#durationMs || this.#size > SIZE_MAX;
  }

  #forgetFirst(): void {
    this.#size -= this.#entries[this.#start]?.bytes.length ?? 0;
    this.#start += 1;
  }

  #compact(): void {
    this.#entries.splice(0, this.#start);
    this.#before += this.#start;
    this.#start = 0;
  }
}
