/**
 * Finds codewords of complete prefix codes of any shape, at most two looks into tables for each.
 *
 * Spec: ISO/IEC 11172-3, 2.4.2.7 (Huffmancodebits), annex B, table B.7.
 *
 * @module
 */

import type { HuffmanLeaf } from "./huffman-tables.ts";

/** Codewords of up to so many bits are found by the first look. */
const ROOT_BITS = 8;
/** What `HuffmanLookup.find` wants to see of the input; the longest codeword has 19 bits. */
export const LOOKUP_BITS = 19;

/** Marks an entry that says where to look again. */
const LINK = 0x8000_0000;

/**
 * ```text
 * codeword found     |0|.......|symbol 16|length 8|      length of the whole codeword
 * to look again      |1|...|offset 16..|bits 8|          in a table of 2^bits entries at the offset
 * ```
 */
export class HuffmanLookup {
  readonly #entries: Uint32Array;

  /** @param leaves All codewords, in the order of their bits. */
  constructor(leaves: readonly HuffmanLeaf[]) {
    const entries = new Array<number>(1 << ROOT_BITS).fill(0);
    // The longest codeword behind each of the first looks that do not suffice.
    const lengths = new Uint8Array(1 << ROOT_BITS);
    visit(leaves, (codeword, { length }) => {
      const root = codeword >>> (LOOKUP_BITS - ROOT_BITS);
      lengths[root] = Math.max(lengths[root] ?? 0, length);
    });
    for (const [root, length] of lengths.entries()) {
      if (length <= ROOT_BITS) continue;
      const bits = length - ROOT_BITS;
      entries[root] = (LINK | (entries.length << 8) | bits) >>> 0;
      for (let index = 0; index < 1 << bits; index++) entries.push(0);
    }
    visit(leaves, (codeword, { length, symbol }) => {
      const root = codeword >>> (LOOKUP_BITS - ROOT_BITS);
      const link = entries[root] ?? 0;
      const bits = length <= ROOT_BITS ? ROOT_BITS : link & 0xff;
      const base = length <= ROOT_BITS ? 0 : (link & ~LINK) >>> 8;
      const given = length <= ROOT_BITS ? 0 : ROOT_BITS;
      const first = (codeword >>> (LOOKUP_BITS - given - bits)) & ((1 << bits) - 1);
      const count = 1 << (bits + given - length);
      entries.fill((symbol << 8) | length, base + first, base + first + count);
    });
    this.#entries = Uint32Array.from(entries);
  }

  /**
   * @param bits The next `LOOKUP_BITS` bits.
   * @returns symbol << 8 | length of its codeword in bits.
   */
  find(bits: number): number {
    const entry = this.#entries[bits >>> (LOOKUP_BITS - ROOT_BITS)] ?? 0;
    if (entry < LINK) return entry;
    const rest = bits & ((1 << (LOOKUP_BITS - ROOT_BITS)) - 1);
    const offset = (entry & ~LINK) >>> 8;
    return this.#entries[offset + (rest >>> (LOOKUP_BITS - ROOT_BITS - (entry & 0xff)))] ?? 0;
  }
}

/** Calls back with each codeword, aligned to `LOOKUP_BITS`. */
function visit(
  leaves: readonly HuffmanLeaf[],
  leafAt: (codeword: number, leaf: HuffmanLeaf) => void,
): void {
  let codeword = 0;
  for (const leaf of leaves) {
    leafAt(codeword, leaf);
    codeword += 1 << (LOOKUP_BITS - leaf.length);
  }
}
