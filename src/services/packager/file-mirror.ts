/**
 * Puts what is packaged on disk too, in the order in which it was made, so that a playlist never
 * names a segment that is not there, and no reader sees half a file.
 *
 * @module
 */

import { SystemError } from "../../base/errors.ts";
import type { Logger } from "../../base/logger.ts";
import type { Files } from "../../runtime/runtime.ts";

/** As SRS names what is not complete. */
const UNFINISHED = ".tmp";

export interface FileMirrorOptions {
  readonly files: Files;
  readonly logger: Logger;
  /** The folder that all names are below. Made when needed, also after it has vanished. */
  readonly root: string;
  /** Bytes that may wait for the disk. What comes then is not written. */
  readonly waitingSizeMax: number;
  /** A file could not be written. Called for the first of a run of failures. */
  readonly onFailure?: () => void;
}

/** Makes the content when its turn has come; `undefined`: there is nothing to write any more. */
export type LateContent = () => Uint8Array | string | undefined;

export class FileMirror {
  readonly #options: FileMirrorOptions;
  #tail: Promise<void> = Promise.resolve();
  #waitingSize = 0;
  #isFailing = false;
  #isPaused = false;
  #isClosed = false;
  /** Names of files whose latest content waits for its turn. */
  readonly #late = new Set<string>();
  readonly #folders = new Set<string>();

  constructor(options: FileMirrorOptions) {
    this.#options = options;
  }

  /** The latest write failed. */
  get isFailing(): boolean {
    return this.#isFailing;
  }

  /** Writes nothing until `resume`; what is to be removed is. */
  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    this.#isPaused = false;
  }

  /** Writes nothing more; what waits is still written. */
  close(): void {
    this.#isClosed = true;
  }

  /** Resolves when all that was asked for so far is done. */
  settled(): Promise<void> {
    return this.#tail;
  }

  /**
   * Writes a file under its name in one step.
   *
   * @returns Whether it is there.
   */
  write(name: string, bytes: Uint8Array): Promise<boolean> {
    const { waitingSizeMax } = this.#options;
    if (this.#isClosed || this.#isPaused) return Promise.resolve(false);
    if (this.#waitingSize > 0 && this.#waitingSize + bytes.length > waitingSizeMax) {
      this.#fail(name, new SystemError("EBUSY", "Cannot write file: the disk is too slow"));
      return Promise.resolve(false);
    }
    this.#waitingSize += bytes.length;
    return this.#inTurn(async () => {
      this.#waitingSize -= bytes.length;
      return this.#put(name, bytes);
    });
  }

  /** Writes a file that changes often: with what it is to contain when its turn has come. */
  writeLatest(name: string, content: LateContent): void {
    if (this.#isClosed || this.#isPaused || this.#late.has(name)) return;
    this.#late.add(name);
    void this.#inTurn(async () => {
      this.#late.delete(name);
      const latest = content();
      return latest === undefined || this.#put(name, latest);
    });
  }

  /** Removes a file, and says nothing if it is not there. */
  remove(name: string): void {
    void this.#inTurn(async () => {
      try {
        await this.#options.files.remove(this.#pathOf(name));
      } catch (error) {
        if (!(error instanceof SystemError && error.code === "ENOENT")) this.#fail(name, error);
      }
      return true;
    });
  }

  #pathOf(name: string): string {
    return `${this.#options.root}/${name}`;
  }

  #inTurn(action: () => Promise<boolean>): Promise<boolean> {
    const result = this.#tail.then(action);
    this.#tail = result.then(
      () => undefined,
      (error: unknown) => this.#options.logger.error("packaging file failed", { error }),
    );
    return result;
  }

  async #put(name: string, content: Uint8Array | string): Promise<boolean> {
    const { files, logger } = this.#options;
    const path = this.#pathOf(name);
    try {
      await this.#makeFolder(path);
      await this.#writeOnce(path, content);
    } catch (error) {
      await files.remove(`${path}${UNFINISHED}`).catch(() => undefined); // It is not there, or stays.
      this.#fail(name, error);
      return false;
    }
    if (this.#isFailing) {
      this.#isFailing = false;
      logger.info("packaging files written again", { file: path });
    }
    return true;
  }

  async #writeOnce(path: string, content: Uint8Array | string): Promise<void> {
    const { files } = this.#options;
    try {
      await files.write(`${path}${UNFINISHED}`, content);
    } catch (error) {
      if (!(error instanceof SystemError && error.code === "ENOENT")) throw error;
      this.#folders.clear(); // Somebody has removed it.
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

  /** Says it once, until a file could be written again. */
  #fail(name: string, error: unknown): void {
    if (this.#isFailing) return;
    this.#isFailing = true;
    const { logger, onFailure } = this.#options;
    const code = error instanceof SystemError ? error.code : undefined;
    logger.error("packaging file not written", { file: this.#pathOf(name), code, error });
    onFailure?.();
  }
}
