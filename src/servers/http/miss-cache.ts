/**
 * Remembers for a moment what is not there: players ask several times a second for a playlist that
 * does not exist yet, and each look into the file system costs more than the rest of the answer.
 *
 * @module
 */

/** So long a file that has just been written may stay unseen. */
const MEMORY_MS = 1_000;
const PATHS_MAX = 1024;
/** A longer path is looked up each time, so that 1024 of them take half a megabyte at most. */
const PATH_LENGTH_MAX = 512;

export class MissCache {
  /** When each path may be looked up again; the oldest first. */
  readonly #untilMs = new Map<string, number>();

  /** Whether the path was not there a moment ago. */
  has(path: string, nowMs: number): boolean {
    const untilMs = this.#untilMs.get(path);
    if (untilMs === undefined) return false;
    if (nowMs < untilMs) return true;
    this.#untilMs.delete(path);
    return false;
  }

  add(path: string, nowMs: number): void {
    if (path.length > PATH_LENGTH_MAX) return;
    this.#untilMs.delete(path);
    if (this.#untilMs.size >= PATHS_MAX) {
      const [oldest] = this.#untilMs.keys();
      if (oldest !== undefined) this.#untilMs.delete(oldest);
    }
    this.#untilMs.set(path, nowMs + MEMORY_MS);
  }
}
