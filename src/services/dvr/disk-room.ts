/**
 * Whether there is room for recordings, asked of each disk once a second at most.
 *
 * @module
 */

import type { Clock } from "../../base/clock.ts";
import { SystemError } from "../../base/errors.ts";
import type { Files } from "../../runtime/runtime.ts";

/** A second of all recordings is far less than what anybody would keep free. */
const KNOWN_MS = 1_000;
/** Folders with dates in their names come and go. */
const FOLDERS_MAX = 64;

interface Known {
  readonly untilMs: number;
  readonly freeSize: Promise<number>;
}

export class DiskRoom {
  readonly #files: Pick<Files, "freeSize">;
  readonly #clock: Pick<Clock, "monotonicMs">;
  readonly #known = new Map<string, Known>();

  constructor(files: Pick<Files, "freeSize">, clock: Pick<Clock, "monotonicMs">) {
    this.#files = files;
    this.#clock = clock;
  }

  /**
   * Makes sure that so much is free on the disk of a folder.
   *
   * @throws {SystemError} `ENOSPC` if it is not; `ENOENT` if there is no such folder.
   */
  async require(folder: string, freeSizeMin: number): Promise<void> {
    if (freeSizeMin === 0) return;
    const freeSize = await this.#freeSize(folder);
    if (freeSize >= freeSizeMin) return;
    const message = `Cannot record to "${folder}": ${freeSize} bytes are free, ${freeSizeMin} must be`;
    throw new SystemError("ENOSPC", message);
  }

  #freeSize(folder: string): Promise<number> {
    const nowMs = this.#clock.monotonicMs();
    const known = this.#known.get(folder);
    if (known !== undefined && nowMs < known.untilMs) return known.freeSize;
    if (this.#known.size >= FOLDERS_MAX) this.#known.clear();
    const freeSize = this.#ask(folder);
    this.#known.set(folder, { untilMs: nowMs + KNOWN_MS, freeSize });
    // A folder that is not there may be in a moment.
    freeSize.catch(() => this.#known.delete(folder));
    return freeSize;
  }

  async #ask(folder: string): Promise<number> {
    try {
      return await this.#files.freeSize(folder);
    } catch (error) {
      const isUntold = error instanceof SystemError && error.code === "ENOSYS";
      if (isUntold) return Number.POSITIVE_INFINITY;
      throw error;
    }
  }
}
