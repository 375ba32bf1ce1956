/**
 * Puts finished CMAF segments on disk, with the playlists or the manifest that name them.
 *
 * @module
 */

import type { TrackKind } from "../../../live/track.ts";
import type { FileMirror, LateContent } from "../file-mirror.ts";
import type { CmafListener, CmafPackager } from "./cmaf-packager.ts";
import { type FinishedSegment, isGap } from "./cmaf-segment.ts";

/** A text that names the segments, and changes with them. */
export interface MirroredText {
  readonly name: string;
  readonly content: LateContent;
}

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
    let isNew = false;
    for (const [kind, { segments }] of this.#packager.tracks) {
      const lastMsn = this.#lastMsn.get(kind) ?? -1;
      for (const segment of segments) {
        if (segment.msn <= lastMsn) continue;
        this.#lastMsn.set(kind, segment.msn);
        this.#write(segment);
        isNew = true;
      }
    }
    if (!isNew && !this.#packager.isEnded) return;
    for (const { name, content } of this.#texts()) this.#files.writeLatest(name, content);
    if (this.#isCleaned) this.#clean();
  }

  /** Deletes all that has been written. */
  removeAll(): void {
    for (const { name } of this.#written) this.#files.remove(name);
    for (const name of this.#initializations) this.#files.remove(name);
    for (const { name } of this.#texts()) this.#files.remove(name);
    this.#written = [];
    this.#initializations.clear();
  }

  #write(segment: FinishedSegment): void {
    const { msn, name, bytes, initialization } = segment;
    if (isGap(segment) || initialization === undefined) return;
    const initializationName = `${this.#folder}/${initialization.name}`;
    if (!this.#initializations.has(initializationName)) {
      this.#initializations.add(initializationName);
      void this.#files.write(initializationName, initialization.track.initializationSegment);
    }
    const path = `${this.#folder}/${name}`;
    this.#written.push({ msn, name: path });
    void this.#files.write(path, bytes);
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
