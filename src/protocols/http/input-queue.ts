/**
 * Bytes that have come and have not been looked at yet.
 *
 * @module
 */

export class InputQueue {
  /** Bytes. */
  size = 0;
  /** Where in the first chunk the bytes start. */
  offset = 0;
  #chunks: Uint8Array[] = [];

  push(chunk: Uint8Array): void {
    if (chunk.length === 0) return;
    this.#chunks.push(chunk);
    this.size += chunk.length;
  }

  /** The chunk that `offset` points into. */
  first(): Uint8Array | undefined {
    return this.#chunks[0];
  }

  /** Drops what lies before `offset` in the first chunk. */
  advance(offset: number): void {
    this.size -= offset - this.offset;
    this.offset = offset;
    if (offset < (this.#chunks[0]?.length ?? 0)) return;
    this.#chunks.shift();
    this.offset = 0;
  }

  clear(): void {
    this.#chunks = [];
    this.offset = 0;
    this.size = 0;
  }

  /** Gives away all that is left, as one array. */
  take(): Uint8Array {
    const all = new Uint8Array(this.size);
    let start = this.offset;
    let end = 0;
    for (const chunk of this.#chunks) {
      all.set(start === 0 ? chunk : chunk.subarray(start), end);
      end += chunk.length - start;
      start = 0;
    }
    this.clear();
    return all;
  }
}
