/**
 * What has been recorded and is still there, by any process and at any time, in the folders to which vhosts
 * record at present.
 *
 * @module
 */

import { SystemError } from "../../base/errors.ts";
import type { Logger } from "../../base/logger.ts";
import type { StreamName } from "../../base/stream-name.ts";
import type { Crypto, FileStat, Files } from "../../runtime/runtime.ts";
import type { ListedRecording } from "./recording-line.ts";
import {
  type IdentifiedRecording,
  isNotThere,
  isRecordingId,
  RecordingList,
} from "./recording-list.ts";

/** A recording that is complete. */
export interface CataloguedRecording extends ListedRecording {
  /** Made of where it is: the same at each process, and after each start. Leads to no other file. */
  readonly id: string;
  /** The folder of all recordings that it belongs to. */
  readonly root: string;
  /** Bytes that the file has. */
  readonly size: number;
  /** When the file was written last, in milliseconds since the Unix epoch. */
  readonly modifiedMs: number;
}

/** All that is given must be so. */
export interface RecordingFilter {
  readonly name?: StreamName | undefined;
  readonly vhost?: string | undefined;
  readonly app?: string | undefined;
  readonly stream?: string | undefined;
  /** Recordings that end then or later, and begin then or earlier. Milliseconds since the Unix epoch. */
  readonly fromWallMs?: number | undefined;
  readonly toWallMs?: number | undefined;
}

/** Which of those that match. */
export interface RecordingChoice {
  /** By when they began. Absent: `newest_first`. */
  readonly order?: "newest_first" | "oldest_first" | undefined;
  /** How many are passed over. */
  readonly start?: number | undefined;
  /** How many there are to be at most. Absent: 1,000. */
  readonly limit?: number | undefined;
}

export interface RecordingCatalogPorts {
  readonly files: Files;
  readonly crypto: Pick<Crypto, "hash">;
  readonly logger: Logger;
  /** Folders that recordings may be in at present: the `root` of their names. */
  readonly roots: () => readonly string[];
}

const LIMIT = 1_000;
/** How many files are looked at at once. */
const BATCH = 32;

/** A row of a list. */
export interface ListedRow {
  readonly list: RecordingList;
  readonly row: number;
}

interface Candidate extends ListedRow {
  readonly startedMs: number;
}

export class RecordingCatalog {
  readonly #ports: RecordingCatalogPorts;
  readonly #lists = new Map<string, RecordingList>();
  /** Folders whose lists could not be read when somebody last asked, which has been said. */
  readonly #failing = new Set<string>();

  constructor(ports: RecordingCatalogPorts) {
    this.#ports = ports;
  }

  /**
   * The recordings that match, in order of when they began, the newest first if nothing else is asked for;
   * those of which the file is gone, or another one by now, are left out, and so are
   * those of folders whose lists cannot be read.
   *
   * @throws {SystemError} If no list of recordings can be read.
   */
  async find(filter: RecordingFilter & RecordingChoice): Promise<CataloguedRecording[]> {
    const { order = "newest_first", start = 0, limit = LIMIT } = filter;
    const candidates = await this.#select(filter);
    const sign = order === "newest_first" ? -1 : 1;
    candidates.sort((a, b) => sign * (a.startedMs - b.startedMs || a.row - b.row));
    const found: CataloguedRecording[] = [];
    let passed = 0;
    for (let i = 0; i < candidates.length && found.length < limit; i += BATCH) {
      for (const recording of await this.read(candidates.slice(i, i + BATCH))) {
        if (recording === undefined || !matches(recording, filter)) continue;
        passed += 1;
        if (passed > start && found.length < limit) found.push(recording);
      }
    }
    return found;
  }

  /**
   * The recording of that id; `undefined` if there is none, or its file is gone.
   *
   * @throws {SystemError} If it is in none of the lists that can be read, and there are others.
   */
  async get(id: string): Promise<CataloguedRecording | undefined> {
    if (!isRecordingId(id)) return undefined;
    const { lists, fault } = await this.#refresh(this.#current());
    for (const list of lists) {
      const row = list.table.find(RecordingList.keyOf(id));
      if (row === undefined) continue;
      const [recording] = await this.read([{ list, row }]);
      if (recording?.id === id) return recording;
    }
    if (fault !== undefined) throw fault;
    return undefined;
  }

  /** The list of a folder that is recorded to, as it is now; `undefined` if it cannot be read. */
  async list(root: string): Promise<RecordingList | undefined> {
    const { lists } = await this.#refresh(this.#current().filter((list) => list.root === root));
    return lists[0];
  }

  /**
   * The recordings in these rows, in their order; `undefined` where there is none any more.
   *
   * @throws {SystemError}
   */
  async read(rows: readonly ListedRow[]): Promise<(CataloguedRecording | undefined)[]> {
    const found = new Map<ListedRow, CataloguedRecording | undefined>();
    for (const list of new Set(rows.map((one) => one.list))) {
      const own = rows.filter((one) => one.list === list);
      const listed = await list.read(own.map(({ row }) => row));
      const looked = listed.map((recording) => recording && this.#look(list.root, recording));
      const recordings = await Promise.all(looked);
      for (const [i, one] of own.entries()) found.set(one, recordings[i]);
    }
    return rows.map((one) => found.get(one));
  }

  async #select(filter: RecordingFilter): Promise<Candidate[]> {
    const { vhost, app, stream } = { ...filter, ...filter.name };
    const wanted = { vhost, app, stream, fromMs: filter.fromWallMs, toMs: filter.toWallMs };
    const { lists, fault } = await this.#refresh(this.#current());
    if (lists.length === 0 && fault !== undefined) throw fault;
    return lists.flatMap((list) =>
      list.table.select(wanted).map((row) => ({ list, row, startedMs: list.table.startedMs(row) })),
    );
  }

  /** @returns Those that can be read, as they are now, and why others cannot. */
  async #refresh(
    all: readonly RecordingList[],
  ): Promise<{ readonly lists: RecordingList[]; readonly fault: SystemError | undefined }> {
    let fault: SystemError | undefined;
    const lists = await Promise.all(
      all.map(async (list) => {
        try {
          await list.refresh();
          this.#failing.delete(list.root);
          return list;
        } catch (error) {
          if (!(error instanceof SystemError)) throw error;
          fault ??= error;
          this.#tellOfFailure(list.root, error);
          return undefined;
        }
      }),
    );
    return { lists: lists.filter((list) => list !== undefined), fault };
  }

  /** Once, until it can be read again. */
  #tellOfFailure(folder: string, { code }: SystemError): void {
    if (this.#failing.has(folder)) return;
    this.#failing.add(folder);
    this.#ports.logger.warn("recordings not looked for", { folder, code });
  }

  async #look(
    root: string,
    recording: IdentifiedRecording,
  ): Promise<CataloguedRecording | undefined> {
    const stat = await this.#stat(recording.path);
    // Of another size it is another recording, whose own line may never have been written.
    if (stat === undefined || stat.size !== recording.size) return undefined;
    return { ...recording, root, size: stat.size, modifiedMs: stat.modifiedMs };
  }

  async #stat(path: string): Promise<FileStat | undefined> {
    try {
      const stat = await this.#ports.files.stat(path);
      return stat?.isFile === true ? stat : undefined;
    } catch (error) {
      if (isNotThere(error)) return undefined;
      throw error;
    }
  }

  /** What is known of folders that nobody records to any more is forgotten. */
  #current(): RecordingList[] {
    const { files, crypto, roots } = this.#ports;
    const current = new Set(roots());
    for (const root of this.#lists.keys()) if (!current.has(root)) this.#lists.delete(root);
    for (const root of this.#failing) if (!current.has(root)) this.#failing.delete(root);
    return Array.from(current, (root) => {
      const list = this.#lists.get(root) ?? new RecordingList(root, files, crypto);
      this.#lists.set(root, list);
      return list;
    });
  }
}

/** Names that look alike in the table may differ. */
function matches({ name }: CataloguedRecording, filter: RecordingFilter): boolean {
  const wanted = { ...filter, ...filter.name };
  return (["vhost", "app", "stream"] as const).every(
    (part) => wanted[part] === undefined || wanted[part] === name[part],
  );
}
