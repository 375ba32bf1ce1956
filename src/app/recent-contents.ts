/**
 * What was asked for a moment ago under names that never mean anything else: the next one who asks
 * need not look for it, nor have it sent by another process once more.
 *
 * @module
 */

import type { BytesContent } from "../servers/http/file-answer.ts";

/** What is asked for within a second; a stream has some ten such files at a time. */
const COUNT_MAX = 1_024;
/** The latest segments of some thirty streams. */
const SIZE_MAX = 64 * 1024 * 1024;

export class RecentContents {
  readonly #contents = new Map<string, BytesContent>();
  /** Bytes of all of them. */
  #size = 0;

  get(key: string): BytesContent | undefined {
    return this.#contents.get(key);
  }

  /** Keeps it until `clear`, if there is room. */
  add(key: string, content: BytesContent): void {
    if (this.#contents.size >= COUNT_MAX || this.#size + content.size > SIZE_MAX) return;
    if (this.#contents.has(key)) return;
    this.#contents.set(key, content);
    this.#size += content.size;
  }

  /** Call every second or so. */
  clear(): void {
    this.#contents.clear();
    this.#size = 0;
  }
}
