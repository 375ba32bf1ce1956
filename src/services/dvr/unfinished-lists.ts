/**
 * Which files this process is writing, noted on disk: who finds a list of a process that is dead
 * completes what is named there.
 *
 * ```text
 * .dvr/unfinished-<id>.json   written anew with each file that begins or ends, and every ten seconds
 * ```
 *
 * @module
 */

import type { Clock } from "../../base/clock.ts";
import { SystemError } from "../../base/errors.ts";
import type { SessionRequest } from "../../live/admission.ts";
import type { Files, Host, Processes } from "../../runtime/runtime.ts";
import type { RecordingFormatName } from "./formats/recording-format.ts";
import { ownFolder, parseJson, replaceFile } from "./own-folder.ts";
import type { Recorded } from "./recorded.ts";

/** A list that is not written anew for so long is of a process that is dead, whoever has its id now. */
const STALE_MS = 60_000;
const REFRESH_MS = 10_000;
const NAME = /^unfinished-[\w-]+\.json$/;

/** A file that is not complete. */
export interface Unfinished extends Recorded {
  /** Its name when it is complete. */
  readonly path: string;
}

export interface UnfinishedPorts {
  readonly files: Files;
  readonly clock: Clock;
  readonly host: Pick<Host, "pid">;
  readonly processes: Pick<Processes, "isRunning">;
  /** Of this process, and of no other one ever. */
  readonly id: string;
  /** A list could not be written. */
  readonly onFailed: (root: string, error: SystemError) => void;
}

/** As it is on disk. */
interface ListText {
  readonly pid: number;
  readonly recordings: readonly UnfinishedText[];
}

interface UnfinishedText extends Omit<Unfinished, "publisher"> {
  /** Without what is secret: its query. */
  readonly publisher: PublisherText | null;
}

type PublisherText = Pick<SessionRequest, "clientId" | "remoteAddress" | "tcUrl">;

/** Of one folder. */
interface List {
  readonly files: Map<string, Unfinished>;
  writtenMs: number;
  /** Ends with the latest write. */
  tail: Promise<void>;
  /** A write waits for its turn, and will have all that there is by then. */
  isDue: boolean;
}

export class UnfinishedLists {
  readonly #ports: UnfinishedPorts;
  readonly #lists = new Map<string, List>();

  constructor(ports: UnfinishedPorts) {
    this.#ports = ports;
  }

  begin(root: string, unfinished: Unfinished): void {
    this.#listOf(root).files.set(unfinished.path, unfinished);
    this.#write(root);
  }

  end(root: string, path: string): void {
    if (this.#listOf(root).files.delete(path)) this.#write(root);
  }

  /** Call every second or so. */
  sweep(nowMs: number): void {
    for (const [root, list] of this.#lists) {
      if (list.files.size > 0 && nowMs - list.writtenMs >= REFRESH_MS) this.#write(root);
    }
  }

  /** Resolves when all that was noted is on disk. */
  async settled(): Promise<void> {
    await Promise.all(Array.from(this.#lists.values(), ({ tail }) => tail));
  }

  /**
   * Takes over the lists of processes that are dead.
   *
   * @returns What they had begun, which is in this process's list from now on.
   * @throws {SystemError}
   */
  async takeOver(root: string): Promise<Unfinished[]> {
    const { files, id } = this.#ports;
    const folder = ownFolder(root);
    if ((await files.stat(folder)) === undefined) return [];
    const found: Unfinished[] = [];
    for (const name of await files.list(folder)) {
      if (!NAME.test(name) || name.includes(id)) continue;
      const text = await this.#readStale(`${folder}/${name}`);
      if (text === undefined) continue;
      // Of several processes that see it one has it.
      const taken = `${folder}/${name.replace(/\.json$/, "")}-${id}.json`;
      if (!(await this.#tryRename(`${folder}/${name}`, taken))) continue;
      for (const unfinished of readList(text)) {
        this.#listOf(root).files.set(unfinished.path, unfinished);
        found.push(unfinished);
      }
      this.#write(root);
      await this.#listOf(root).tail;
      await files.remove(taken);
    }
    return found;
  }

  /** The text of a list of a dead process; `undefined` if it is alive, or the list is gone. */
  async #readStale(path: string): Promise<string | undefined> {
    const { files, clock, host, processes } = this.#ports;
    const stat = await files.stat(path);
    if (stat === undefined) return undefined;
    const text = await files.readText(path);
    const { pid } = (parseJson(text) ?? {}) as Partial<ListText>;
    const isAlive = typeof pid === "number" && pid !== host.pid && processes.isRunning(pid);
    const isFresh = clock.wallMs() - stat.modifiedMs < STALE_MS;
    return isAlive && isFresh ? undefined : text;
  }

  async #tryRename(from: string, to: string): Promise<boolean> {
    try {
      await this.#ports.files.rename(from, to);
      return true;
    } catch (error) {
      if (error instanceof SystemError && error.code === "ENOENT") return false;
      throw error;
    }
  }

  #listOf(root: string): List {
    let list = this.#lists.get(root);
    if (list === undefined) {
      list = { files: new Map(), writtenMs: 0, tail: Promise.resolve(), isDue: false };
      this.#lists.set(root, list);
    }
    return list;
  }

  #write(root: string): void {
    const list = this.#listOf(root);
    list.writtenMs = this.#ports.clock.monotonicMs();
    if (list.isDue) return;
    list.isDue = true;
    list.tail = list.tail.then(async () => {
      list.isDue = false;
      try {
        await this.#put(root, list);
      } catch (error) {
        if (!(error instanceof SystemError)) throw error;
        this.#ports.onFailed(root, error);
      }
    });
  }

  async #put(root: string, list: List): Promise<void> {
    const { files, host, id } = this.#ports;
    const path = `${ownFolder(root)}/unfinished-${id}.json`;
    if (list.files.size > 0) {
      const recordings = Array.from(list.files.values(), toText);
      const text: ListText = { pid: host.pid, recordings };
      await replaceFile(files, path, JSON.stringify(text));
    } else if ((await files.stat(path)) !== undefined) {
      await files.remove(path);
    }
  }
}

function toText({ publisher, ...unfinished }: Unfinished): UnfinishedText {
  if (publisher === undefined) return { ...unfinished, publisher: null };
  const { clientId, remoteAddress, tcUrl } = publisher;
  // Players of old put tokens there too.
  const shown = { clientId, remoteAddress, tcUrl: tcUrl.replace(/\?.*$/, "") };
  return { ...unfinished, publisher: shown };
}

/** What is in the text of a list, as far as it can be used. */
function readList(text: string): Unfinished[] {
  const { recordings } = (parseJson(text) ?? {}) as { readonly recordings?: unknown };
  if (!Array.isArray(recordings)) return [];
  return recordings.filter(isUnfinished).map(({ publisher, ...unfinished }) => ({
    ...unfinished,
    publisher: publisher === null ? undefined : toRequest(unfinished, publisher),
  }));
}

function toRequest({ name }: Pick<Unfinished, "name">, publisher: PublisherText): SessionRequest {
  const { vhost, app, stream } = name;
  const unknown = { param: "", pageUrl: "", swfUrl: "" };
  return { ...publisher, clientType: "unknown", vhost, app, stream, ...unknown };
}

const FORMATS: readonly RecordingFormatName[] = ["flv", "mp4", "ts"];

/** The file is our own, but disks fail. */
function isUnfinished(value: unknown): value is UnfinishedText {
  const { path, name, format, startedWallMs, tracks, publisher } = (value ??
    {}) as Partial<UnfinishedText>;
  const isText = (text: unknown): boolean => typeof text === "string";
  return (
    isText(path) &&
    [name?.vhost, name?.app, name?.stream].every(isText) &&
    FORMATS.some((known) => known === format) &&
    typeof startedWallMs === "number" &&
    Array.isArray(tracks) &&
    (publisher === null ||
      [publisher?.clientId, publisher?.remoteAddress, publisher?.tcUrl].every(isText))
  );
}
