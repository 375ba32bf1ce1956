/**
 * Where the key frames of an FLV file are, in the room that is kept for that in front of it.
 *
 * @module
 */

export class KeyFrameIndex {
  readonly #entriesMax: number;
  readonly #timesMs: number[] = [];
  readonly #positions: number[] = [];
  /** One of so many key frames is kept. */
  #every = 1;
  #count = 0;

  /** @param entriesMax When there are more, every second one is let go. At least 2. */
  constructor(entriesMax: number) {
    this.#entriesMax = entriesMax;
  }

  /** In milliseconds of the file. */
  get timesMs(): readonly number[] {
    return this.#timesMs;
  }

  /** Where their tags begin, in bytes from the start of the file. */
  get positions(): readonly number[] {
    return this.#positions;
  }

  add(timeMs: number, position: number): void {
    const isKept = this.#count % this.#every === 0;
    this.#count += 1;
    if (!isKept) return;
    this.#timesMs.push(timeMs);
    this.#positions.push(position);
    if (this.#timesMs.length <= this.#entriesMax) return;
    this.#every *= 2;
    for (const list of [this.#timesMs, this.#positions]) {
      const kept = list.filter((_, index) => index % 2 === 0);
      list.splice(0, list.length, ...kept);
    }
  }
}
