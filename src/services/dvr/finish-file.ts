/**
 * The end of a recording's file, be it a minute old or left by a process that is dead.
 *
 * @module
 */

import { SystemError } from "../../base/errors.ts";
import type { Files, OpenFile } from "../../runtime/runtime.ts";
import type { DiskRoom } from "./disk-room.ts";
import type { RecordingFormat, RepairedFile } from "./formats/recording-format.ts";
import { ATTEMPTS_MAX, folderOf, recordingName, UNFINISHED } from "./recording-names.ts";

/** What stands in for a file until it is whole. */
export const REWRITTEN: string = `${UNFINISHED}.plain`;

export interface UnfinishedFile {
  /** Open to be read and written; closed in the end, whatever happens. */
  readonly file: OpenFile;
  /** Its name when it is complete. */
  readonly path: string;
  /** Bytes that may be good. */
  readonly size: number;
  /** What is known of it; `undefined`: it is looked at. */
  readonly whole: RepairedFile | undefined;
  readonly format: RecordingFormat;
  /** Bytes that are to stay free on the disk. */
  readonly freeSizeMin: number;
}

/** What a file has come to. */
export interface FinishedFile {
  readonly path: string;
  /** Bytes. */
  readonly size: number;
  readonly durationMs: number;
}

export class FileFinisher {
  readonly #files: Files;
  readonly #room: DiskRoom;
  /** Ends with the latest file that takes another form: one after the other, as each reads all of its own. */
  #rewriting: Promise<unknown> = Promise.resolve();
  #isCancelled = false;

  constructor(files: Files, room: DiskRoom) {
    this.#files = files;
    this.#room = room;
  }

  /** The server stops: what takes long is left for the next start. */
  cancel(): void {
    this.#isCancelled = true;
  }

  /**
   * Completes a file and gives it its name, or another one if that has been taken meanwhile.
   *
   * @returns `undefined` if there was nothing in it: then it is removed.
   * @throws {SystemError} If that does not work; the file is left under its unfinished name.
   *   `ECANCELED` if the server stops.
   */
  async finish(unfinished: UnfinishedFile): Promise<FinishedFile | undefined> {
    const { file, path } = unfinished;
    let whole: RepairedFile;
    try {
      whole = await complete(unfinished);
    } finally {
      await file.close();
    }
    const from = path + UNFINISHED;
    if (whole.size === 0) {
      await this.#files.remove(from);
      return undefined;
    }
    await this.#rewriteInTurn(unfinished, whole.size);
    const { durationMs } = whole;
    const size = (await this.#files.stat(from))?.size ?? whole.size;
    for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
      const to = recordingName(path).at(attempt);
      if ((await this.#files.stat(to)) !== undefined) continue;
      await this.#files.rename(from, to);
      return { path: to, size, durationMs };
    }
    throw new SystemError("EEXIST", `Cannot complete "${path}": there is such a file already`);
  }

  #rewriteInTurn({ path, format, freeSizeMin }: UnfinishedFile, size: number): Promise<void> {
    const { rewrite } = format;
    if (rewrite === undefined) return Promise.resolve();
    const work = async (): Promise<void> => {
      const isRoom = await this.#hasRoom(path, freeSizeMin === 0 ? 0 : freeSizeMin + size);
      if (isRoom) await this.#rewrite(path, rewrite);
    };
    const result = this.#rewriting.then(work);
    this.#rewriting = result.catch(() => undefined);
    return result;
  }

  async #hasRoom(path: string, size: number): Promise<boolean> {
    try {
      await this.#room.require(folderOf(path), size);
      return true;
    } catch (error) {
      if (error instanceof SystemError && error.code === "ENOSPC") return false;
      throw error;
    }
  }

  /** Another form takes the place of the file in one step; if it cannot be made, the file stays. */
  async #rewrite(path: string, work: NonNullable<RecordingFormat["rewrite"]>): Promise<void> {
    const [from, to] = [path + UNFINISHED, path + REWRITTEN];
    let isRewritten = false;
    try {
      isRewritten = await work(this.#files, from, to, () => this.#isCancelled);
    } catch (error) {
      if (!(error instanceof SystemError) || error.code === "ECANCELED") throw error;
    } finally {
      if (!isRewritten) await this.#files.remove(to).catch(() => undefined); // It is not there, or stays.
    }
    if (isRewritten) await this.#files.rename(to, from);
  }
}

/** Brings the bytes into form, and waits until the disk has them. */
async function complete({ file, size, whole, format }: UnfinishedFile): Promise<RepairedFile> {
  const repaired = whole ?? (await format.repair(file, size));
  if (whole === undefined) await file.truncate(repaired.size);
  if (repaired.size === 0) return repaired;
  for (const { offset, bytes } of repaired.patches) await file.writeAt(offset, bytes);
  await file.sync();
  return repaired;
}
