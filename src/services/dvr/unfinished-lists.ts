/**
 * Which files this process is writing, noted on disk: who finds a list of a process that is dead
 * completes what is named there.
 *
 * ```text
 * .dvr/unfinished-<id>.json   written anew with each file that begins or ends, and every ten seconds
 * .dvr/taken-<id>-<n>.json    of a dead process, until the one of that id has it all in its own list
 * ```
 *
 * @module
 */

import type { Clock } from "../../base/clock.ts";
import { SystemError } from "../../base/errors.ts";
import type { Files } from "../../runtime/runtime.ts";
import { ifThere } from "./if-there.ts";
import { ListOwners, type ListOwnersPorts } from "./list-owners.ts";
import { ownFolder, replaceFile } from "./own-folder.ts";
import { formatList, parseList, type Unfinished } from "./unfinished-text.ts";

const REFRESH_MS = 10_000;
const NAME = /^(?:unfinished|taken)-[\w-]+\.json$/;
const TAKEN = "taken-";

export interface UnfinishedPorts extends ListOwnersPorts {
  readonly files: Files;
  readonly clock: Clock;
  /** Of this process, and of no other one ever. */
  readonly id: string;
  /** A list could not be written. */
  readonly onFailed: (root: string, error: SystemError) => void;
}

/** Of one folder. */
interface List {
  readonly files: Map<string, Unfinished>;
  /** Lists of others, all of whose files are in `files`: to be removed when that is on disk. */
  readonly taken: Set<string>;
  turn: number;
  writtenMs: number;
  /** Ends with the latest write. */
  tail: Promise<void>;
  /** A write waits for its turn, and will have all that there is by then. */
  isDue: boolean;
}

export class UnfinishedLists {
  readonly #ports: UnfinishedPorts;
  readonly #owners: ListOwners;
  readonly #lists = new Map<string, List>();
  #takenCount = 0;

  constructor(ports: UnfinishedPorts) {
    this.#ports = ports;
    this.#owners = new ListOwners(ports);
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
      const isNeeded = list.files.size > 0 || list.taken.size > 0;
      if (isNeeded && nowMs - list.writtenMs >= REFRESH_MS) this.#write(root);
    }
  }

  /** Resolves when all that was noted is on disk. */
  async settled(): Promise<void> {
    await Promise.all(Array.from(this.#lists.values(), ({ tail }) => tail));
  }

  /**
   * Takes over the lists of processes that are dead, one when the files of the one before are done with.
   *
   * @returns What they had begun, which is in this process's list from now on.
   * @throws {SystemError} The first fault, when all lists have been looked at.
   */
  async *takeOver(root: string): AsyncGenerator<Unfinished> {
    const { files, id } = this.#ports;
    const folder = ownFolder(root);
    if ((await files.stat(folder)) === undefined) return;
    const names = await files.list(folder);
    const others = names.filter((name) => NAME.test(name) && !name.includes(id));
    this.#owners.forgetOthers(folder, others);
    let fault: SystemError | undefined;
    for (const name of others) {
      try {
        yield* await this.#take(root, name);
      } catch (error) {
        if (!(error instanceof SystemError)) throw error;
        fault ??= error;
      }
    }
    if (fault !== undefined) throw fault;
  }

  /** @returns What is in a list if it is of a dead process, and nobody else has been faster. */
  async #take(root: string, name: string): Promise<Unfinished[]> {
    const { files, id } = this.#ports;
    const folder = ownFolder(root);
    const path = `${folder}/${name}`;
    const text = await ifThere(files.readText(path));
    if (text === undefined) return [];
    // What another process has taken is its own, whoever wrote it; mostly it is there for a moment.
    const isGone = name.startsWith(TAKEN)
      ? this.#owners.isSilent(path, text)
      : this.#owners.isGone(path, text);
    if (!isGone) return [];
    // Of several processes that see it one has it.
    const taken = `${folder}/${TAKEN}${id}-${this.#takenCount}.json`;
    this.#takenCount += 1;
    const isTaken = await ifThere(files.rename(path, taken).then(() => true));
    if (isTaken === undefined) return [];
    const list = this.#listOf(root);
    const found = parseList(text);
    for (const unfinished of found) list.files.set(unfinished.path, unfinished);
    list.taken.add(taken);
    this.#write(root);
    await list.tail;
    return found;
  }

  #listOf(root: string): List {
    let list = this.#lists.get(root);
    if (list === undefined) {
      const tail = Promise.resolve();
      list = { files: new Map(), taken: new Set(), turn: 0, writtenMs: 0, tail, isDue: false };
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
    const { files, id } = this.#ports;
    const path = `${ownFolder(root)}/unfinished-${id}.json`;
    const taken = [...list.taken];
    list.turn += 1;
    if (list.files.size > 0) {
      const text = formatList(this.#owners.own, list.turn, list.files.values());
      await replaceFile(files, path, text);
    } else if ((await files.stat(path)) !== undefined) {
      await files.remove(path);
    }
    for (const other of taken) {
      await ifThere(files.remove(other));
      list.taken.delete(other);
    }
  }
}
