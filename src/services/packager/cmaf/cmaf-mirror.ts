/**
 * Puts finished CMAF segments on disk, with the playlists or the manifest that name them.
 *
 * @module
 */

import type { TrackKind } from "../../../live/track.ts";
import type { DiskState, FileMirror } from "../file-mirror.ts";
import type { CmafListener, CmafPackager } from "./cmaf-packager.ts";
import type { FinishedSegment } from "./cmaf-segment.ts";

/** A text that names the segments, and changes with them. */
export interface MirroredText {
  readonly name: string;
  /** Makes it when its turn has come; `undefined`: there is nothing to write. */
  content(stateOf: StateOf): string | undefined;
}

/** What the disk makes of a segment. */
export type StateOf = (segment: FinishedSegment) => DiskState;

interface Written {
  readonly msn: number;
  readonly name: string;
}

export class CmafMirror implements CmafListener {
  readonly #packager: CmafPackager;
  readonly #files: FileMirror;
  readonly #folder: string;
  readonly #texts: () => readonly MirroredText[];
  readonly #isCleaned: boolean;
  readonly #lastMsn = new Map<TrackKind, number>();
  readonly #initializations = new Set<string>();
  #written: Written[] = [];
  readonly #states = new WeakMap<FinishedSegment, DiskState>();
  /** Resolves when the disk has had its say about all segments so far. */
  #writing: Promise<unknown> = Promise.resolve();
  #vanishedCount = 0;

  constructor(
    packager: CmafPackager,
    files: FileMirror,
    options: {
      /** Below the root of the files. */
      readonly folder: string;
      readonly texts: () => readonly MirroredText[];
      /** Segments that nobody can have any more are deleted. */
      readonly isCleaned: boolean;
    },
  ) {
    this.#packager = packager;
    this.#files = files;
    this.#folder = options.folder;
    this.#texts = options.texts;
    this.#isCleaned = options.isCleaned;
  }

  onChange(): void {
    for (const [kind, { segments }] of this.#packager.tracks) {
      const lastMsn = this.#lastMsn.get(kind) ?? -1;
      for (const segment of segments) {
        if (segment.msn <= lastMsn) continue;
        this.#lastMsn.set(kind, segment.msn);
        this.#states.set(segment, "pending");
        this.#writing = Promise.all([this.#writing, this.#write(segment)]);
      }
    }
    if (this.#packager.isEnded) this.#writeTexts();
  }

  /** Resolves when all that there is is on disk, or cannot be. */
  settled(): Promise<unknown> {
    return this.#writing;
  }

  /** Deletes all that has been written. */
  removeAll(): void {
    for (const { name } of this.#written) this.#files.remove(name);
    for (const name of this.#initializations) this.#files.remove(name);
    for (const { name } of this.#texts()) this.#files.remove(name);
    this.#written = [];
    this.#initializations.clear();
  }

  async #write(segment: FinishedSegment): Promise<void> {
    const isWritten = await this.#put(segment);
    this.#states.set(segment, isWritten ? "written" : "failed");
    if (this.#files.vanishedCount !== this.#vanishedCount) await this.#lookForVanished();
    this.#writeTexts();
    if (this.#isCleaned) this.#clean();
  }

  /** Writes a segment, and what a player needs before it. @returns Whether both are there. */
  async #put({ msn, name, bytes, initialization }: FinishedSegment): Promise<boolean> {
    if (initialization === undefined) return false; // A gap.
    const initializationName = `${this.#folder}/${initialization.name}`;
    this.#initializations.add(initializationName);
    const { initializationSegment } = initialization.track;
    const path = `${this.#folder}/${name}`;
    this.#written.push({ msn, name: path });
    const isWritten = await this.#files.write(path, bytes);
    return isWritten && this.#files.need(initializationName, initializationSegment);
  }

  #writeTexts(): void {
    const stateOf: StateOf = (segment) => this.#states.get(segment) ?? "pending";
    for (const text of this.#texts()) {
      this.#files.writeLatest(text.name, () => text.content(stateOf));
    }
  }

  /** Somebody has removed the folder: what was in it is not there any more. */
  async #lookForVanished(): Promise<void> {
    this.#vanishedCount = this.#files.vanishedCount;
    for (const { segments } of this.#packager.tracks.values()) {
      for (const segment of segments) {
        if (this.#states.get(segment) !== "written") continue;
        const name = `${this.#folder}/${segment.name}`;
        if (!(await this.#files.has(name))) this.#states.set(segment, "failed");
      }
    }
  }

  #clean(): void {
    const oldest = this.#packager.oldestMsn;
    this.#written = this.#written.filter(({ msn, name }) => {
      if (msn >= oldest) return true;
      this.#files.remove(name);
      return false;
    });
  }
}
