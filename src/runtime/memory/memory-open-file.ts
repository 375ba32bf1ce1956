/**
 * A file in memory, open for reading or writing in pieces.
 *
 * @module
 */

import { SystemError } from "../../base/errors.ts";
import type { OpenFile, OpenMode } from "../runtime.ts";

/** Where the content lies. */
export interface ContentStore {
  contentOf(path: string): Uint8Array;
  put(path: string, content: Uint8Array): void;
  append(path: string, content: Uint8Array): Promise<void>;
}

export class MemoryOpenFile implements OpenFile {
  #store: ContentStore;
  #path: string;
  #mode: OpenMode;
  /** Where the next `write` goes. */
  #end: number;
  #isClosed = false;

  constructor(store: ContentStore, path: string, mode: OpenMode, end: number) {
    this.#store = store;
    this.#path = path;
    this.#mode = mode;
    this.#end = end;
  }

  async read(offset: number, size: number): Promise<Uint8Array> {
    this.#require(this.#mode !== "write" && this.#mode !== "append");
    return this.#store.contentOf(this.#path).slice(offset, offset + size);
  }

  async write(bytes: Uint8Array): Promise<void> {
    this.#require(this.#mode !== "read");
    if (this.#mode === "append") await this.#store.append(this.#path, bytes);
    else await this.writeAt(this.#end, bytes);
  }

  async writeAt(offset: number, bytes: Uint8Array): Promise<void> {
    this.#require(this.#mode !== "read" && this.#mode !== "append");
    const old = this.#store.contentOf(this.#path);
    const content =
      offset === old.length ? extend(old, bytes.length) : copyTo(old, offset + bytes.length);
    content.set(bytes, offset);
    this.#store.put(this.#path, content);
    this.#end = Math.max(this.#end, offset + bytes.length);
  }

  async truncate(size: number): Promise<void> {
    this.#require(this.#mode !== "read" && this.#mode !== "append");
    const content = new Uint8Array(size);
    content.set(this.#store.contentOf(this.#path).subarray(0, size));
    this.#store.put(this.#path, content);
    this.#end = size;
  }

  async sync(): Promise<void> {
    this.#require(true);
  }

  async close(): Promise<void> {
    this.#require(true);
    this.#isClosed = true;
  }

  #require(isAllowed: boolean): void {
    if (isAllowed && !this.#isClosed) return;
    throw new SystemError("EBADF", `Cannot use "${this.#path}": not open for this`);
  }
}

/** Whoever has read the content before has it as it was. */
function copyTo(old: Uint8Array, size: number): Uint8Array {
  const content = new Uint8Array(Math.max(old.length, size));
  content.set(old);
  return content;
}

/** A file that grows piece by piece is not copied for each of them. */
function extend(old: Uint8Array, added: number): Uint8Array<ArrayBuffer> {
  const size = old.length + added;
  const { buffer } = old;
  const hasRoom = old.byteOffset === 0 && buffer.byteLength >= size;
  if (hasRoom && buffer instanceof ArrayBuffer) return new Uint8Array(buffer, 0, size);
  const grown = new Uint8Array(size * 2);
  grown.set(old);
  return grown.subarray(0, size);
}
