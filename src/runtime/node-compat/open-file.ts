/**
 * A file open for reading or writing in pieces.
 *
 * @module
 */

import { type FileHandle, open } from "node:fs/promises";
import { SystemError } from "../../base/errors.ts";
import type { OpenFile, OpenMode } from "../runtime.ts";
import { toSystemError } from "./system-fault.ts";

const FLAGS = { read: "r", write: "w", new: "wx+", append: "a", update: "r+" } as const;

/** Opens the file at `path`; errors are the system's own. */
export async function openFile(path: string, mode: OpenMode): Promise<OpenFile> {
  const handle = await open(path, FLAGS[mode]);
  const end = mode === "update" ? (await handle.stat()).size : 0;
  return new NodeOpenFile(path, mode, handle, end);
}

class NodeOpenFile implements OpenFile {
  #path: string;
  #mode: OpenMode;
  #handle: FileHandle;
  /** Where the next `write` goes. Not used in append mode, where the system knows. */
  #end: number;
  /** Settles when all work begun so far is done: pieces are written in the order of the calls. */
  #work: Promise<void> = Promise.resolve();

  constructor(path: string, mode: OpenMode, handle: FileHandle, end: number) {
    this.#path = path;
    this.#mode = mode;
    this.#handle = handle;
    this.#end = end;
  }

  async read(offset: number, size: number): Promise<Uint8Array> {
    const bytes = new Uint8Array(size);
    let filled = 0;
    try {
      while (filled < size) {
        const { bytesRead } = await this.#handle.read(
          bytes,
          filled,
          size - filled,
          offset + filled,
        );
        if (bytesRead === 0) break;
        filled += bytesRead;
      }
    } catch (error) {
      throw toSystemError(error, `read "${this.#path}"`);
    }
    return filled === size ? bytes : bytes.slice(0, filled);
  }

  write(bytes: Uint8Array): Promise<void> {
    if (this.#mode === "append") return this.#enqueue(() => this.#put(bytes, undefined));
    const offset = this.#end;
    this.#end += bytes.length;
    return this.#enqueue(() => this.#put(bytes, offset));
  }

  writeAt(offset: number, bytes: Uint8Array): Promise<void> {
    if (this.#mode === "append") {
      // Linux appends what is written at an offset of a file opened so: it would land elsewhere.
      const message = `Cannot write "${this.#path}" at ${offset}: opened to append`;
      return Promise.reject(new SystemError("EBADF", message));
    }
    this.#end = Math.max(this.#end, offset + bytes.length);
    return this.#enqueue(() => this.#put(bytes, offset));
  }

  truncate(size: number): Promise<void> {
    if (this.#mode === "append") {
      const message = `Cannot cut "${this.#path}" off: opened to append`;
      return Promise.reject(new SystemError("EBADF", message));
    }
    this.#end = size;
    return this.#enqueue(() => this.#handle.truncate(size));
  }

  sync(): Promise<void> {
    return this.#enqueue(() => this.#handle.sync());
  }

  close(): Promise<void> {
    return this.#enqueue(() => this.#handle.close());
  }

  #enqueue(step: () => Promise<void>): Promise<void> {
    const result = this.#work.then(step).catch((error: unknown) => {
      throw toSystemError(error, `write "${this.#path}"`);
    });
    this.#work = result.catch(() => undefined);
    return result;
  }

  /** The system may take less than all, as at the edge of a full disk. */
  async #put(bytes: Uint8Array, offset: number | undefined): Promise<void> {
    for (let done = 0; done < bytes.length; ) {
      const position = offset === undefined ? null : offset + done;
      const { bytesWritten } = await this.#handle.write(bytes, done, bytes.length - done, position);
      done += bytesWritten;
    }
  }
}
