/**
 * How often a recorder begins a file: each one is synced, listed and told of, and costs the disk and
 * backends much more than the publisher who makes it happen.
 *
 * @module
 */

import { KEY_FRAME_WAIT_MS } from "./recording-gate.ts";

/** As a stream may change several times while it starts. */
const AT_ONCE = 8;
/** After so much in them more may begin, as with one who publishes faster than time passes. */
const SIZE = 1 << 20;

export class FilePace {
  /** Frames that are in no file for that reason. */
  leftOutCount = 0;
  /** Files that may begin now, and a part of the next one. */
  #spare = AT_ONCE;
  #atMs: number;
  /** When frames began to be left out, on the monotonic clock. */
  #sinceMs: number | undefined;

  constructor(nowMs: number) {
    this.#atMs = nowMs;
  }

  /** Bytes that come. */
  add(size: number): void {
    this.#spare += size / SIZE;
  }

  /** Whether a file may begin. @param everyMs How often one may for any length of time. */
  canBegin(nowMs: number, everyMs: number): boolean {
    this.#spare = Math.min(AT_ONCE, this.#spare + (nowMs - this.#atMs) / everyMs);
    this.#atMs = nowMs;
    return this.#spare >= 1;
  }

  /**
   * Counts a file that is to begin with a frame, or a frame that is left out as none may begin.
   *
   * @param isEntry What is left out ends with such a frame, or when there has been none for long.
   * @returns Whether it begins.
   */
  begin(nowMs: number, everyMs: number, isEntry: boolean): boolean {
    const isGoodEnd =
      this.#sinceMs === undefined || isEntry || nowMs - this.#sinceMs >= KEY_FRAME_WAIT_MS;
    if (!this.canBegin(nowMs, everyMs) || !isGoodEnd) {
      this.#sinceMs ??= nowMs;
      this.leftOutCount += 1;
      return false;
    }
    this.#spare -= 1;
    this.#sinceMs = undefined;
    return true;
  }
}
