/**
 * Puts what is packaged on disk too, in the order in which it was made, so that a playlist never
 * names a segment that is not there, and no reader sees half a file.
 *
 * @module
 */

import { isSameBytes } from "../../base/bytes.ts";
import { SystemError } from "../../base/errors.ts";
import type { Logger } from "../../base/logger.ts";
import type { Files } from "../../runtime/runtime.ts";

/** As SRS names what is not complete. */
const UNFINISHED = ".tmp";
/** More are never needed at once; those beyond are written once more. */
const NEEDED_MAX = 64;

export interface FileMirrorOptions {
  readonly files: Files;
  readonly logger: Logger;
  /** The folder that all names are below. Made when needed, also after it has vanished. */
  readonly root: string;
  /** Bytes that may wait for the disk. What comes then is not written. */
  readonly waitingSizeMax: number;
  /** Nothing is done before that. Never rejects. */
  readonly after?: Promise<unknown>;
  /** A file could not be written. Called for the first of a run of failures, also behind `resume`. */
  readonly onFailure?: () => void;
}

/** What may be written while another cannot: the disk has room for a playlist before that for a segment. */
type Task = "file" | "text" | "removal";

/**
 * - `memory`: it is not written.
 * - `pending`: the disk does not have it yet.
 * - `failed`: the disk did not take it, or has it no more.
 */
export type DiskState = "memory" | "pending" | "written" | "failed";

/** Makes the content when its turn has come; `undefined`: there is nothing to write any more. */
export type LateContent<Content extends Uint8Array | string> = () => Content | undefined;

/** Something to be done. */
interface Order {
  readonly task: Task;
  readonly name: string;
  /** Counts upwards. */
  readonly order: number;
}

export class FileMirror {
  readonly #options: FileMirrorOptions;
  #tail: Promise<unknown>;
  /** Ends with all that was handed to `follow`. */
  #following: Promise<void> = Promise.resolve();
  #waitingSize = 0;
  /** What could not be done the last time. */
  readonly #failing = new Set<Task>();
  /** `onFailure` has been called. */
  #isFailureTold = false;
  #orderCount = 0;
  /** The newest order that failed: older ones, which have waited longer, say nothing of now. */
  #failedOrder = 0;
  #vanishedCount = 0;
  #isPaused = false;
  #isClosed = false;
  /** Names of files whose latest content waits for its turn. */
  readonly #late = new Set<string>();
  readonly #folders = new Set<string>();
  /** What was written last of files that change often. */
  readonly #latest = new Map<string, Uint8Array | string>();
  /** Files that others need, and that have been written. */
  readonly #needed = new Set<string>();

  constructor(options: FileMirrorOptions) {
    this.#options = options;
    this.#tail = options.after ?? Promise.resolve();
  }

  /** The latest write failed. */
  get isFailing(): boolean {
    return this.#failing.size > 0;
  }

  /** How often a folder had gone that had been written to. */
  get vanishedCount(): number {
    return this.#vanishedCount;
  }

  /** Whether a file is there now. */
  async has(name: string): Promise<boolean> {
    return (
      (await this.#options.files.stat(this.#pathOf(name)).catch(() => undefined)) !== undefined
    );
  }

  /** What is in a file now; `undefined` if it cannot be read. */
  #read(name: string): Promise<Uint8Array | undefined> {
    return this.#options.files.read(this.#pathOf(name)).catch(() => undefined);
  }

  /** Writes nothing until `resume`; what is to be removed is. */
  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    this.#isPaused = false;
    this.#isFailureTold = false;
  }

  /** Writes nothing more; what waits is still written. */
  close(): void {
    this.#isClosed = true;
  }

  /** Resolves when all that was asked for so far is done, and what follows from it. */
  async settled(): Promise<void> {
    await this.#following;
    await this.#tail;
  }

  /** Work that waits for files, and may ask for others: `settled` waits for it too. */
  follow(work: Promise<void>): void {
    const followed = work.catch(this.#tellOfBug);
    this.#following = this.#following.then(() => followed);
  }

  /**
   * Writes a file under its name in one step.
   *
   * @returns Whether it is there.
   */
  write(name: string, bytes: Uint8Array): Promise<boolean> {
    const { waitingSizeMax } = this.#options;
    if (this.#isClosed || this.#isPaused) return Promise.resolve(false);
    const order = this.#nextOrder();
    if (this.#waitingSize > 0 && this.#waitingSize + bytes.length > waitingSizeMax) {
      const error = new SystemError("EBUSY", "Cannot write file: the disk is too slow");
      this.#fail({ task: "file", name, order }, error);
      return Promise.resolve(false);
    }
    this.#waitingSize += bytes.length;
    return this.#inTurn(async () => {
      this.#waitingSize -= bytes.length;
      return this.#put({ task: "file", name, order }, bytes);
    });
  }

  /** Writes a file that others need, unless it is there already. @returns Whether it is there. */
  need(name: string, bytes: Uint8Array): Promise<boolean> {
    if (this.#isClosed || this.#isPaused) return Promise.resolve(false);
    return this.#inTurn(async () => {
      // One of that name that somebody else left there is another one.
      if (this.#needed.has(name) && (await this.has(name))) return true;
      this.#needed.delete(name);
      const isWritten = await this.#put({ task: "file", name, order: this.#nextOrder() }, bytes);
      if (this.#needed.size >= NEEDED_MAX) this.#needed.clear();
      if (isWritten) this.#needed.add(name);
      return isWritten;
    });
  }

  /**
   * Writes a file that changes often: with what it is to contain when its turn has come.
   *
   * @param written Told what is there then.
   */
  writeLatest<Content extends Uint8Array | string>(
    name: string,
    content: LateContent<Content>,
    written?: (content: Content) => void,
  ): void {
    if (this.#isClosed || this.#isPaused || this.#late.has(name)) return;
    this.#late.add(name);
    void this.#inTurn(async () => {
      this.#late.delete(name);
      const latest = content();
      const order = this.#nextOrder();
      if (latest === undefined) return true;
      const isWritten = await this.#put({ task: "text", name, order }, latest);
      if (isWritten) {
        this.#latest.set(name, latest);
        written?.(latest);
      }
      return isWritten;
    });
  }

  /** Removes a file, and says nothing if it is not there. */
  remove(name: string): void {
    this.#needed.delete(name);
    void this.#inTurn(() => this.#remove(name));
  }

  /** Removes a file of `writeLatest`, unless another process goes on with it. */
  removeOwn(name: string): void {
    void this.#inTurn(async () => {
      const others = await this.othersBytes(name);
      this.#latest.delete(name);
      return others === undefined ? this.#remove(name) : true;
    });
  }

  /**
   * What is in a file of `writeLatest` that another process has written since, as the one to whom the
   * publisher has moved; `undefined`: it is what was written here, or not there.
   */
  async othersBytes(name: string): Promise<Uint8Array | undefined> {
    const bytes = await this.#read(name);
    const latest = this.#latest.get(name);
    const own = typeof latest === "string" ? new TextEncoder().encode(latest) : latest;
    return isSameBytes(bytes, own) ? undefined : bytes;
  }

  async #remove(name: string): Promise<boolean> {
    const order = { task: "removal", name, order: this.#nextOrder() } as const;
    try {
      await this.#options.files.remove(this.#pathOf(name));
      this.#succeed(order);
    } catch (error) {
      if (!(error instanceof SystemError && error.code === "ENOENT")) this.#fail(order, error);
    }
    return true;
  }

  #nextOrder(): number {
    this.#orderCount += 1;
    return this.#orderCount;
  }

  #pathOf(name: string): string {
    return `${this.#options.root}/${name}`;
  }

  #inTurn(action: () => Promise<boolean>): Promise<boolean> {
    const result = this.#tail.then(action);
    this.#tail = result.then(() => undefined, this.#tellOfBug);
    return result;
  }

  readonly #tellOfBug = (error: unknown): void =>
    this.#options.logger.error("packaging file failed", { error });

  async #put(order: Order, content: Uint8Array | string): Promise<boolean> {
    const { files } = this.#options;
    const path = this.#pathOf(order.name);
    try {
      await this.#makeFolder(path);
      await this.#writeOnce(path, content);
    } catch (error) {
      await files.remove(`${path}${UNFINISHED}`).catch(() => undefined); // It is not there, or stays.
      this.#fail(order, error);
      return false;
    }
    this.#succeed(order);
    return true;
  }

  async #writeOnce(path: string, content: Uint8Array | string): Promise<void> {
    const { files } = this.#options;
    try {
      await files.write(`${path}${UNFINISHED}`, content);
    } catch (error) {
      if (!(error instanceof SystemError && error.code === "ENOENT")) throw error;
      this.#folders.clear(); // Somebody has removed it.
      this.#vanishedCount += 1;
      await this.#makeFolder(path);
      await files.write(`${path}${UNFINISHED}`, content);
    }
    await files.rename(`${path}${UNFINISHED}`, path);
  }

  async #makeFolder(path: string): Promise<void> {
    const folder = path.slice(0, path.lastIndexOf("/"));
    if (this.#folders.has(folder)) return;
    await this.#options.files.makeFolder(folder);
    // Names with dates lead to ever new folders.
    if (this.#folders.size >= 64) this.#folders.clear();
    this.#folders.add(folder);
  }

  /** Logs it once, until all can be done again. */
  #fail({ task, name, order }: Order, error: unknown): void {
    this.#failedOrder = Math.max(this.#failedOrder, order);
    const isKnown = this.isFailing;
    this.#failing.add(task);
    const { logger, onFailure } = this.#options;
    const code = error instanceof SystemError ? error.code : undefined;
    const file = this.#pathOf(name);
    if (!isKnown) logger.error("packaging file not written", { file, code, error });
    if (this.#isFailureTold) return;
    this.#isFailureTold = true;
    onFailure?.();
  }

  #succeed({ task, name, order }: Order): void {
    if (order < this.#failedOrder || !this.#failing.delete(task) || this.isFailing) return;
    this.#isFailureTold = false;
    this.#options.logger.info("packaging files written again", { file: this.#pathOf(name) });
  }
}
