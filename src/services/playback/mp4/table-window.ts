/**
 * The entries of a sample table in its file, of which a piece is in memory.
 *
 * @module
 */

import { MalformedError } from "../../../base/errors.ts";
import type { FileWindow } from "../file-window.ts";
import type { TablePlace } from "./movie-layout.ts";

/** Entries in memory at once. */
const PIECE_ENTRIES = 8_192;
const VERSION_AND_FLAGS_SIZE = 4;

export class TableWindow {
  /** Entries of the table. */
  readonly count: number;
  readonly #window: FileWindow;
  readonly #offset: number;
  readonly #entrySize: number;
  #first = 0;
  #end = 0;
  #view: DataView = new DataView(new ArrayBuffer(0));

  private constructor(window: FileWindow, offset: number, entrySize: number, count: number) {
    this.#window = window;
    this.#offset = offset;
    this.#entrySize = entrySize;
    this.count = count;
  }

  /**
   * Opens a table: `| version and flags | headSize bytes | entry count 32 | entries |`.
   *
   * @throws {MalformedError} If it has less room than it says. @throws {SystemError}
   */
  static async open(
    window: FileWindow,
    place: TablePlace,
    entrySize: number,
    headSize = 0,
  ): Promise<TableWindow> {
    const countOffset = VERSION_AND_FLAGS_SIZE + headSize;
    const bytes = await readTableHead(window, place, countOffset + 4);
    const count = bytes.getUint32(countOffset);
    const start = countOffset + 4;
    if (start + count * entrySize > place.size) {
      throw new MalformedError(`Cannot read table of ${count} entries: cut off`, place.offset);
    }
    return new TableWindow(window, place.offset + start, entrySize, count);
  }

  /** Whether an entry is in memory. */
  has(index: number): boolean {
    return index >= this.#first && index < this.#end;
  }

  /** Brings an entry and those behind it into memory. @throws {MalformedError} If there is none. */
  async load(index: number): Promise<void> {
    if (index < 0 || index >= this.count) {
      throw new MalformedError(`Cannot read entry ${index} of ${this.count}`, this.#offset);
    }
    const end = Math.min(this.count, index + PIECE_ENTRIES);
    const size = this.#entrySize;
    const bytes = await this.#window.read(this.#offset + index * size, (end - index) * size);
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    this.#first = index;
    this.#end = end;
  }

  /** A field of 32 bits of an entry that is in memory. @param at Bytes from the entry's beginning. */
  uint32(index: number, at = 0): number {
    return this.#view.getUint32((index - this.#first) * this.#entrySize + at);
  }
}

/** What a table starts with, its version included. @throws {MalformedError} @throws {SystemError} */
export async function readTableHead(
  window: FileWindow,
  { offset, size: tableSize }: TablePlace,
  size: number,
): Promise<DataView> {
  if (tableSize < size) throw new MalformedError("Cannot read table: cut off", offset);
  const bytes = await window.read(offset, size);
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}
