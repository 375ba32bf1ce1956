/**
 * Reads a part of a file for an answer: at once if it is small, else as fast as the client takes it.
 *
 * @module
 */

import type { Files, OpenFile } from "../../runtime/runtime.ts";

/** A part up to this size is read at once; of a larger one so much is in memory for each client. */
const PIECE_SIZE = 128 * 1024;

/** Bytes of a file, with something in front of them. */
export interface FilePart {
  readonly path: string;
  readonly head?: Uint8Array;
  /** From the byte at `start` to that before `end`. */
  readonly start: number;
  readonly end: number;
}

/** The part, or less of it if the file has become shorter. */
export async function readFilePart(
  files: Pick<Files, "open">,
  part: FilePart,
): Promise<Uint8Array | ReadableStream<Uint8Array>> {
  const { path, head = new Uint8Array(), start, end } = part;
  const file = await files.open(path, "read");
  if (end - start > PIECE_SIZE) {
    const source = new FileSource(file, head, start, end);
    return new ReadableStream<Uint8Array>(source, { highWaterMark: 0 });
  }
  try {
    const bytes = await file.read(start, end - start);
    return head.length === 0 ? bytes : join(head, bytes);
  } finally {
    await file.close();
  }
}

/** The source of a stream of a file's bytes. Closes the file once, and never under a read. */
class FileSource {
  readonly #file: OpenFile;
  #head: Uint8Array;
  #offset: number;
  readonly #end: number;
  #isReading = false;
  #isCancelled = false;

  constructor(file: OpenFile, head: Uint8Array, start: number, end: number) {
    this.#file = file;
    this.#head = head;
    this.#offset = start;
    this.#end = end;
  }

  async pull(controller: ReadableStreamDefaultController<Uint8Array>): Promise<void> {
    if (this.#head.length > 0) {
      controller.enqueue(this.#head);
      this.#head = new Uint8Array();
      return;
    }
    let isOver = true;
    this.#isReading = true;
    try {
      const piece = await this.#file.read(
        this.#offset,
        Math.min(PIECE_SIZE, this.#end - this.#offset),
      );
      this.#offset += piece.length;
      isOver = piece.length === 0 || this.#offset === this.#end || this.#isCancelled;
      if (this.#isCancelled) return;
      if (piece.length > 0) controller.enqueue(piece);
      if (isOver) controller.close();
    } finally {
      this.#isReading = false;
      if (isOver) await this.#file.close();
    }
  }

  async cancel(): Promise<void> {
    this.#isCancelled = true;
    if (!this.#isReading) await this.#file.close();
  }
}

function join(head: Uint8Array, bytes: Uint8Array): Uint8Array {
  const joined = new Uint8Array(head.length + bytes.length);
  joined.set(head);
  joined.set(bytes, head.length);
  return joined;
}
