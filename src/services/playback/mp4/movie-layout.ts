/**
 * Reads `moov` without its sample tables, which may be hundreds of megabytes: where those are is noted.
 *
 * Spec: ISO/IEC 14496-12, 8.2.1 (`moov`), 8.5.1 (`stbl`).
 *
 * @module
 */

import { ByteWriter } from "../../../base/byte-writer.ts";
import { MalformedError } from "../../../base/errors.ts";
import { type BoxHeader, decodeBoxHeader } from "../../../codec/mp4/box-reader.ts";
import { beginBox, endBox } from "../../../codec/mp4/box-writer.ts";
import { decodeMovie, type ReadMovie } from "../../../codec/mp4/movie-reader.ts";
import type { FileWindow } from "../file-window.ts";

/** Of a box, with a large size and an extended type. */
const HEADER_SIZE_MAX = 32;
/** All that is not a sample table has some kilobytes. */
const REST_SIZE_MAX = 1 << 20;
const DEPTH_MAX = 8;
/** Boxes with nothing inside but boxes, as far as tables are in them. */
const CONTAINERS: readonly string[] = ["trak", "mdia", "minf", "stbl"];
const TABLES = ["stts", "ctts", "stss", "stsc", "stsz", "co64", "stco"] as const;
type TableType = (typeof TABLES)[number];

/** The body of a table, in bytes of the file. */
export interface TablePlace {
  readonly offset: number;
  readonly size: number;
}

/** Those of one track. */
export type TablePlaces = Partial<Readonly<Record<TableType, TablePlace>>>;

export interface MovieLayout {
  readonly movie: ReadMovie;
  /** In the order of the movie's tracks. */
  readonly tables: readonly TablePlaces[];
  readonly isFragmented: boolean;
}

export interface PlacedBox extends BoxHeader {
  readonly offset: number;
  readonly bodyOffset: number;
  readonly end: number;
}

/** @returns `undefined` at the end. @throws {MalformedError} If the box does not end before `end`. */
export async function readBoxAt(
  window: FileWindow,
  offset: number,
  end: number,
): Promise<PlacedBox | undefined> {
  if (offset === end) return undefined;
  const size = Math.min(HEADER_SIZE_MAX, end - offset);
  const header = decodeBoxHeader(await window.readSome(offset, size), 0);
  if (header === undefined) throw new MalformedError("Cannot read box header: cut off", offset);
  const boxEnd = header.size === undefined ? end : offset + header.size;
  if (boxEnd > end) throw new MalformedError(`Cannot read "${header.type}": cut off`, offset);
  return { ...header, offset, bodyOffset: offset + header.headerSize, end: boxEnd };
}

/** @param moov As it is placed. @throws {MalformedError} @throws {SystemError} */
export async function readMovieLayout(window: FileWindow, moov: PlacedBox): Promise<MovieLayout> {
  const reading = new LayoutReading(window);
  await reading.copy(moov, 0);
  const { bytes, tables, isFragmented } = reading;
  return { movie: decodeMovie(bytes), tables, isFragmented };
}

class LayoutReading {
  readonly tables: Partial<Record<TableType, TablePlace>>[] = [];
  isFragmented = false;
  readonly #window: FileWindow;
  readonly #writer = new ByteWriter(4_096);

  constructor(window: FileWindow) {
    this.#window = window;
  }

  get bytes(): Uint8Array {
    return this.#writer.view();
  }

  /** Copies what is in a box, but for the tables. */
  async copy({ bodyOffset, end }: PlacedBox, depth: number): Promise<void> {
    for (let offset = bodyOffset; ; ) {
      const box = await readBoxAt(this.#window, offset, end);
      if (box === undefined) return;
      const { type } = box;
      if (type === "trak") this.tables.push({});
      if (type === "mvex") this.isFragmented = true;
      if (isTable(type)) this.#place(type, box);
      else await this.#copyBox(box, depth);
      offset = box.end;
    }
  }

  #place(type: TableType, { bodyOffset, end }: PlacedBox): void {
    const tables = this.tables.at(-1);
    if (tables !== undefined) tables[type] ??= { offset: bodyOffset, size: end - bodyOffset };
  }

  async #copyBox(box: PlacedBox, depth: number): Promise<void> {
    const { type, bodyOffset, end, offset } = box;
    if (depth > DEPTH_MAX) throw new MalformedError("Cannot read moov: boxes in boxes", offset);
    const isContainer = CONTAINERS.includes(type);
    const size = isContainer ? 0 : end - bodyOffset;
    if (this.#writer.size + size > REST_SIZE_MAX) {
      throw new MalformedError(`Cannot read "${type}": moov is too large`, offset);
    }
    const start = beginBox(this.#writer, isPlainType(type) ? type : "free");
    if (isContainer) await this.copy(box, depth + 1);
    else this.#writer.writeBytes(await this.#window.readSome(bodyOffset, size));
    endBox(this.#writer, start);
  }
}

function isTable(type: string): type is TableType {
  return (TABLES as readonly string[]).includes(type);
}

/** Whether it can be written again as it is. */
function isPlainType(type: string): boolean {
  return /^[\x20-\x7e]{4}$/.test(type) && type !== "uuid";
}
