/**
 * Reads what is in an MP4 file, box by box, however large it is: how much of it is whole, and what its
 * fragments say of the samples.
 *
 * @module
 */

import { MalformedError } from "../../../base/errors.ts";
import { decodeBoxHeader } from "../../../codec/mp4/box-reader.ts";
import { decodeMovieFragment } from "../../../codec/mp4/fragment-reader.ts";
import { isFragmented, trackTimescales } from "../../../remux/mp4/plain-movie.ts";
import { SampleCollector } from "../../../remux/mp4/sample-collector.ts";
import type { OpenFile } from "../../../runtime/runtime.ts";

/** Of a box, with a large size. */
const HEADER_SIZE_MAX = 16;
/** `moov` of a file with fragments has some kB, `moof` of a second as much. */
const HEAD_SIZE_MAX = 16 * 1024 * 1024;

/** The samples of a fragment, where they are in the file. */
export interface MediaRange {
  readonly offset: number;
  readonly size: number;
}

export interface Mp4Scan {
  /** `ftyp` as it is, with its header. */
  readonly fileType: Uint8Array;
  /** The body of `moov`; `undefined`: there is none. */
  readonly movie: Uint8Array | undefined;
  /** False: it has all its samples in `moov`, and is complete if all of it is there. */
  readonly isFragmented: boolean;
  /** Bytes up to the end of the last whole fragment. */
  readonly wholeSize: number;
  readonly durationMs: number;
  /** By track id; their chunks count from the first byte of all media. */
  readonly samples: ReadonlyMap<number, SampleCollector>;
  readonly media: readonly MediaRange[];
}

interface ReadBox {
  readonly type: string;
  readonly offset: number;
  readonly headerSize: number;
  readonly size: number;
}

/** Looks through a file. @param size Bytes of it that may be good. @throws {SystemError} */
export async function scanMp4(file: OpenFile, size: number): Promise<Mp4Scan> {
  const scan = new Scan();
  try {
    for (let offset = 0; offset < size; ) {
      const box = await readBox(file, offset, size);
      if (box === undefined) break;
      await scan.take(file, box);
      offset += box.size;
    }
  } catch (error) {
    if (!(error instanceof MalformedError)) throw error;
    // What was written last when the machine stopped may be anything: what is before it is good.
  }
  return scan;
}

class Scan implements Mp4Scan {
  fileType: Uint8Array = new Uint8Array(0);
  movie: Uint8Array | undefined;
  isFragmented = false;
  wholeSize = 0;
  readonly samples = new Map<number, SampleCollector>();
  readonly media: MediaRange[] = [];
  #timescales = new Map<number, number>();
  /** The fragment whose media follow. */
  #fragment: Uint8Array | undefined;
  #mediaSize = 0;

  get durationMs(): number {
    const ends = Array.from(this.samples, ([trackId, { endTicks }]) => {
      return (endTicks * 1_000) / (this.#timescales.get(trackId) ?? 1);
    });
    return Math.max(0, ...ends);
  }

  async take(file: OpenFile, box: ReadBox): Promise<void> {
    const { type, offset, headerSize, size } = box;
    switch (type) {
      case "ftyp":
        this.fileType = await readHead(file, offset, size);
        break;
      case "moov":
        this.movie = await readHead(file, offset + headerSize, size - headerSize);
        this.isFragmented = isFragmented(this.movie);
        if (this.isFragmented) this.#timescales = trackTimescales(this.movie);
        break;
      case "moof":
        this.#fragment = await readHead(file, offset + headerSize, size - headerSize);
        return; // It is whole with its media.
      case "mdat":
        if (this.#fragment !== undefined) this.#takeMedia(this.#fragment, box);
        this.#fragment = undefined;
        break;
      default:
        break;
    }
    this.wholeSize = offset + size;
  }

  #takeMedia(fragment: Uint8Array, { offset, headerSize, size }: ReadBox): void {
    const mediaSize = size - headerSize;
    let at = this.#mediaSize;
    for (const run of decodeMovieFragment(fragment)) {
      let samples = this.samples.get(run.trackId);
      if (samples === undefined) {
        samples = new SampleCollector();
        this.samples.set(run.trackId, samples);
      }
      samples.add(run, at);
      at += run.samples.reduce((sum, sample) => sum + sample.size, 0);
    }
    if (at !== this.#mediaSize + mediaSize) {
      throw new MalformedError(
        "Cannot use fragment: its samples are not those of its mdat",
        offset,
      );
    }
    this.media.push({ offset: offset + headerSize, size: mediaSize });
    this.#mediaSize = at;
  }
}

/** `undefined` if the box is not whole. */
async function readBox(file: OpenFile, offset: number, end: number): Promise<ReadBox | undefined> {
  const header = decodeBoxHeader(await file.read(offset, HEADER_SIZE_MAX), 0);
  if (header?.size === undefined || offset + header.size > end) return undefined;
  return { type: header.type, offset, headerSize: header.headerSize, size: header.size };
}

async function readHead(file: OpenFile, offset: number, size: number): Promise<Uint8Array> {
  if (size > HEAD_SIZE_MAX) throw new MalformedError(`Cannot read box of ${size} bytes`, offset);
  return file.read(offset, size);
}
