/**
 * The segments of a playlist on disk: written one after the other, each with what a player needs before
 * it, and what has become of them.
 *
 * @module
 */

import type { DiskState, FileMirror } from "./file-mirror.ts";

export interface SegmentFile {
  /** Below the root of the files. */
  readonly name: string;
  disk: DiskState;
}

export interface SegmentFilesOptions<Segment> {
  /** Those that may be named: looked for when a folder has vanished. */
  readonly listed: () => Iterable<Segment>;
  /** Writes what a player needs before a segment. Gives whether it is there. */
  readonly need: (segment: Segment) => Promise<boolean>;
  /** The disk has had its say about a segment. */
  readonly onDecided: (segment: Segment) => void;
}

export class SegmentFiles<Segment extends SegmentFile> {
  readonly #files: FileMirror;
  readonly #options: SegmentFilesOptions<Segment>;
  #vanishedCount = 0;

  constructor(files: FileMirror, options: SegmentFilesOptions<Segment>) {
    this.#files = files;
    this.#options = options;
  }

  /**
   * @param segment Is pending.
   * @param ended Called once, with whether it has come to be there.
   */
  write(segment: Segment, bytes: Uint8Array, ended?: (isThere: boolean) => void): void {
    const work = this.#write(segment, bytes);
    this.#files.follow(work.finally(() => ended?.(segment.disk === "written")));
  }

  /** Removes a segment, also one that has not been written yet. */
  remove(segment: Segment): void {
    segment.disk = "failed";
    this.#files.remove(segment.name);
  }

  async #write(segment: Segment, bytes: Uint8Array): Promise<void> {
    const isPending = (): boolean => segment.disk === "pending"; // Nobody has removed it meanwhile.
    const isWritten = await this.#files.write(segment.name, bytes);
    const isReadable = isWritten && isPending() && (await this.#options.need(segment));
    if (this.#files.vanishedCount !== this.#vanishedCount) await this.#lookForVanished();
    if (!isPending()) return;
    segment.disk = isReadable ? "written" : "failed";
    this.#options.onDecided(segment);
  }

  /** Somebody has removed a folder: what was in it is not there any more. */
  async #lookForVanished(): Promise<void> {
    this.#vanishedCount = this.#files.vanishedCount;
    for (const segment of [...this.#options.listed()]) {
      const isThere = segment.disk !== "written" || (await this.#files.has(segment.name));
      if (!isThere) segment.disk = "failed";
    }
  }
}
