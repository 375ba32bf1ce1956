/**
 * Puts finished CMAF segments on disk, with the playlists or the manifest that name them.
 *
 * @module
 */

import type { TrackKind } from "../../../live/track.ts";
import type { DiskState, FileMirror } from "../file-mirror.ts";
import { type SegmentFile, SegmentFiles } from "../segment-files.ts";
import type { CmafListener, CmafPackager } from "./cmaf-packager.ts";
import type { CmafInitialization, FinishedSegment } from "./cmaf-segment.ts";

/** A text that names the segments, and changes with them. */
export interface MirroredText {
  readonly name: string;
  /** Makes it when its turn has come; `undefined`: there is nothing to write. */
  content(stateOf: StateOf): string | undefined;
}

/** What the disk makes of a segment. */
export type StateOf = (segment: FinishedSegment) => DiskState;

/** A segment on disk; a gap has no initialization and no file. */
interface MirroredSegment extends SegmentFile {
  readonly msn: number;
  readonly initialization: CmafInitialization | undefined;
}

export interface CmafMirrorOptions {
  /** Below the root of the files. */
  readonly folder: string;
  readonly texts: () => readonly MirroredText[];
  /** Segments that nobody can have any more are deleted. */
  readonly isCleaned: boolean;
}

export class CmafMirror implements CmafListener {
  readonly #packager: CmafPackager;
  readonly #files: FileMirror;
  readonly #options: CmafMirrorOptions;
  readonly #disk: SegmentFiles<MirroredSegment>;
  readonly #lastMsn = new Map<TrackKind, number>();
  /** Those that can be had, by the names that the packager gave them. */
  readonly #segments = new Map<string, MirroredSegment>();
  /** Those that they name. */
  readonly #initializations = new Set<CmafInitialization>();
  /** Those that segments name which stay on disk for ever. */
  readonly #keptInitializations = new WeakSet<CmafInitialization>();
  /** Nothing has been written since all was removed. */
  #isEmpty = true;

  constructor(packager: CmafPackager, files: FileMirror, options: CmafMirrorOptions) {
    this.#packager = packager;
    this.#files = files;
    this.#options = options;
    this.#disk = new SegmentFiles(files, {
      listed: () => this.#segments.values(),
      need: (segment) => this.#needInitialization(segment),
      onDecided: () => this.#decided(),
    });
  }

  onChange(): void {
    this.#isEmpty = false;
    for (const [kind, { segments }] of this.#packager.tracks) {
      const lastMsn = this.#lastMsn.get(kind) ?? -1;
      for (const segment of segments) {
        if (segment.msn <= lastMsn) continue;
        this.#lastMsn.set(kind, segment.msn);
        this.#write(segment);
      }
    }
    if (this.#packager.isEnded) this.#writeTexts();
  }

  /** Deletes all that can be had; what has been left on disk before stays there. */
  removeAll(): void {
    if (this.#isEmpty) return;
    this.#isEmpty = true;
    for (const segment of this.#segments.values()) this.#remove(segment);
    this.#segments.clear();
    this.#cleanInitializations();
    for (const { name } of this.#options.texts()) this.#files.removeOwn(name);
  }

  #write({ msn, name, bytes, initialization }: FinishedSegment): void {
    const isGap = initialization === undefined;
    const path = this.#pathOf(name);
    const disk = isGap ? "failed" : "pending";
    const segment: MirroredSegment = { msn, name: path, initialization, disk };
    this.#segments.set(name, segment);
    if (isGap) {
      this.#decided();
    } else {
      this.#initializations.add(initialization);
      this.#disk.write(segment, bytes);
    }
  }

  async #needInitialization({ initialization }: MirroredSegment): Promise<boolean> {
    if (initialization === undefined) return false;
    const { name, track } = initialization;
    return this.#files.need(this.#pathOf(name), track.initializationSegment);
  }

  #decided(): void {
    this.#writeTexts();
    this.#clean();
  }

  #writeTexts(): void {
    const stateOf: StateOf = ({ name }) => this.#segments.get(name)?.disk ?? "failed";
    for (const text of this.#options.texts()) {
      this.#files.writeLatest(text.name, () => text.content(stateOf));
    }
  }

  /** Lets go of what nobody can have any more. */
  #clean(): void {
    const oldest = this.#packager.oldestMsn;
    for (const [name, segment] of this.#segments) {
      if (segment.msn >= oldest) continue;
      this.#segments.delete(name);
      const { initialization } = segment;
      if (this.#options.isCleaned) this.#remove(segment);
      else if (initialization !== undefined) this.#keptInitializations.add(initialization);
    }
    this.#cleanInitializations();
  }

  #remove(segment: MirroredSegment): void {
    if (segment.initialization !== undefined) this.#disk.remove(segment);
  }

  #cleanInitializations(): void {
    const named = new Set(Array.from(this.#segments.values(), (segment) => segment.initialization));
    for (const initialization of this.#initializations) {
      if (named.has(initialization)) continue;
      this.#initializations.delete(initialization);
      const isKept = this.#keptInitializations.has(initialization);
      if (!isKept) this.#files.remove(this.#pathOf(initialization.name));
    }
  }

  #pathOf(name: string): string {
    return `${this.#options.folder}/${name}`;
  }
}
