/**
 * The fragments of a stream in HDS that can be had: their files, and the bootstrap information and the
 * manifest that tell of them.
 *
 * @module
 */

import type { StreamName } from "../../../base/stream-name.ts";
import { formatFlashManifest } from "../../../codec/f4m/manifest.ts";
import {
  Discontinuity,
  encodeBootstrapInfo,
  FRAGMENTS_UNKNOWN,
  type FragmentRun,
} from "../../../codec/f4v/bootstrap-info.ts";
import type { FileMirror } from "../file-mirror.ts";
import { relativeUri } from "../relative-uri.ts";
import { type SegmentFile, SegmentFiles } from "../segment-files.ts";
import { HdsNames } from "./hds-names.ts";

/** Fragments that players are not told of any more and can still be had. As of HLS. */
const RETAINED_FRAGMENTS = 2;

export interface HdsFragment {
  /** From 1. Those that are left out between two fragments stand for a discontinuity. */
  readonly number: number;
  /** When its first frame is decoded, in whole milliseconds of the stream. */
  readonly startMs: number;
  /** Whole milliseconds, at least 1. */
  readonly durationMs: number;
}

interface StoredFragment extends HdsFragment, SegmentFile {}

export class HdsFragments {
  readonly #names: HdsNames;
  readonly #windowMs: number;
  readonly #files: FileMirror;
  readonly #disk: SegmentFiles<StoredFragment>;
  /** Those that players are told of, as far as they are on disk. */
  readonly #listed: StoredFragment[] = [];
  readonly #retained: StoredFragment[] = [];

  /** @param windowMs How long those are together that players are told of. */
  constructor(name: StreamName, windowMs: number, files: FileMirror) {
    this.#names = new HdsNames(name);
    this.#windowMs = windowMs;
    this.#files = files;
    this.#disk = new SegmentFiles(files, {
      listed: () => this.#listed,
      need: () => Promise.resolve(true),
      onDecided: () => this.#writeTexts(),
    });
  }

  /** There is something to play. */
  get isReady(): boolean {
    return this.#listed.some(({ disk }) => disk === "written");
  }

  add(fragment: HdsFragment, bytes: Uint8Array): void {
    const name = this.#names.fragment(fragment.number);
    const stored: StoredFragment = { ...fragment, name, disk: "pending" };
    this.#listed.push(stored);
    this.#shrink();
    this.#disk.write(stored, bytes);
  }

  /**
   * Deletes all. Names are used again, so where another process goes on with the stream they are those
   * of its files by now, and stay.
   */
  async removeAll(): Promise<void> {
    await this.#files.settled();
    if ((await this.#files.othersBytes(this.#names.bootstrap)) !== undefined) return;
    for (const fragment of [...this.#retained, ...this.#listed]) this.#disk.remove(fragment);
    this.#retained.length = 0;
    this.#listed.length = 0;
    this.#files.remove(this.#names.manifest);
    this.#files.remove(this.#names.bootstrap);
  }

  /** Drops the oldest for as long as there are more than fit in the window; the newest always does. */
  #shrink(): void {
    let durationMs = this.#listed.reduce((sum, fragment) => sum + fragment.durationMs, 0);
    while (durationMs > this.#windowMs && this.#listed.length > 1) {
      const oldest = this.#listed.shift();
      if (oldest === undefined) return;
      durationMs -= oldest.durationMs;
      this.#retain(oldest);
    }
  }

  #retain(fragment: StoredFragment): void {
    this.#retained.push(fragment);
    const gone = this.#retained.length > RETAINED_FRAGMENTS ? this.#retained.shift() : undefined;
    if (gone !== undefined) this.#disk.remove(gone);
  }

  #writeTexts(): void {
    const { bootstrap, manifest } = this.#names;
    this.#files.writeLatest(bootstrap, () => this.#encodeBootstrap());
    this.#files.writeLatest(manifest, () => (this.isReady ? this.#formatManifest() : undefined));
  }

  /** @returns `undefined` if there is nothing to tell of. */
  #encodeBootstrap(): Uint8Array | undefined {
    const written = this.#listed.filter(({ disk }) => disk === "written");
    const last = written.at(-1);
    if (last === undefined) return undefined;
    return encodeBootstrapInfo({
      version: last.number,
      isLive: true,
      currentMediaTimeMs: last.startMs + last.durationMs,
      // Of a count some players take it that it begins with the window, others with fragment 1.
      fragmentsPerSegment: FRAGMENTS_UNKNOWN,
      fragmentRuns: toRuns(written),
    });
  }

  #formatManifest(): string {
    const { manifest, bootstrap, media } = this.#names;
    return formatFlashManifest({
      id: manifest.slice(manifest.lastIndexOf("/") + 1),
      bootstrapUrl: relativeUri(manifest, bootstrap),
      mediaUrl: relativeUri(manifest, media),
    });
  }
}

/** One for each fragment, and for each gap between two. */
function toRuns(fragments: readonly HdsFragment[]): FragmentRun[] {
  const runs: FragmentRun[] = [];
  let expected = fragments[0]?.number;
  for (const { number, startMs, durationMs } of fragments) {
    if (expected !== undefined && number !== expected) {
      const discontinuity = Discontinuity.NumbersAndTimes;
      runs.push({ firstFragment: expected, startMs, lasts: { discontinuity } });
    }
    runs.push({ firstFragment: number, startMs, lasts: { durationMs } });
    expected = number + 1;
  }
  return runs;
}
