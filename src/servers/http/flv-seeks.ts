/**
 * Seeking in FLV files by bytes (pseudo streaming): `file.flv?start=N` is the file's header, the
 * sequence headers, and the rest from the tag that holds the byte at N. Players know N from the
 * `filepositions` of the file's metadata, which they have from the first answer: it is not sent again,
 * as by SRS.
 *
 * @module
 */

import { MalformedError } from "../../base/errors.ts";
import type { HttpRequest } from "../../protocols/http/request.ts";
import type { FileStat, Files } from "../../runtime/runtime.ts";
import { FlvIndex, type FlvRest } from "./flv-index.ts";

/** Files whose indexes are kept, at some 100 KB each at most: those that people are watching. */
const INDEXES_MAX = 32;

const POSITION = /^\d{1,15}$/;

interface KnownFile {
  readonly size: number;
  readonly modifiedMs: number;
  readonly index: FlvIndex;
}

/** Where the client wants to start; `undefined` at the beginning, for what is no number too. */
export function seekPosition(request: HttpRequest): number | undefined {
  const start = request.parameter("start");
  if (start === undefined || !POSITION.test(start)) return undefined;
  const position = Number(start);
  return position > 0 ? position : undefined;
}

export class FlvSeeks {
  readonly #files: Files;
  /** By path; that which was asked for last comes last. */
  readonly #known = new Map<string, KnownFile>();

  constructor(files: Files) {
    this.#files = files;
  }

  /**
   * Finds what to send from `position`, which must be in the file.
   *
   * @returns `undefined` if it is no FLV file, whatever its name.
   */
  async find(path: string, stat: FileStat, position: number): Promise<FlvRest | undefined> {
    const index = this.#indexOf(path, stat);
    const file = await this.#files.open(path, "read");
    try {
      return await index.find(file, position);
    } catch (error) {
      if (error instanceof MalformedError) return undefined;
      throw error;
    } finally {
      await file.close();
    }
  }

  #indexOf(path: string, { size, modifiedMs }: FileStat): FlvIndex {
    const known = this.#known.get(path);
    this.#known.delete(path);
    const isSame = known?.size === size && known.modifiedMs === modifiedMs;
    const file = isSame ? known : { size, modifiedMs, index: new FlvIndex(size) };
    if (this.#known.size >= INDEXES_MAX) {
      const [oldest] = this.#known.keys();
      if (oldest !== undefined) this.#known.delete(oldest);
    }
    this.#known.set(path, file);
    return file.index;
  }
}
