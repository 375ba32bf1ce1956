/**
 * Canonical Huffman codes: the codewords of a codebook, and how they are read.
 *
 * Spec: ISO/IEC 14496-3, 4.6.3 (noiseless coding).
 *
 * @module
 */

import type { HuffmanCodebook } from "./spectral-codebooks.ts";

/** A codeword for each symbol. */
export interface HuffmanCodewords {
  readonly codewords: Uint32Array;
  /** In bits. */
  readonly lengths: Uint8Array;
}

/** Numbers the codewords of a codebook. */
export function toCodewords(codebook: HuffmanCodebook): HuffmanCodewords {
  const codewords = new Uint32Array(codebook.symbols.length);
  const lengths = new Uint8Array(codebook.symbols.length);
  let codeword = 0;
  let position = 0;
  for (const [index, count] of codebook.counts.entries()) {
    codeword <<= 1;
    for (let taken = 0; taken < count; taken++) {
      const symbol = codebook.symbols[position] ?? 0;
      codewords[symbol] = codeword;
      lengths[symbol] = index + 1;
      codeword++;
      position++;
    }
  }
  return { codewords, lengths };
}

/** Codewords of up to so many bits are found by one look into a table. */
const TABLE_BITS = 9;
/** What `HuffmanLookup.find` wants to see of the input. */
export const LOOKUP_BITS = 20;

/** Finds the symbol at the front of a bit string. */
export class HuffmanLookup {
  /** By the first `TABLE_BITS` bits: symbol << 8 | length; 0 for the start of longer codewords. */
  readonly #table = new Uint32Array(1 << TABLE_BITS);
  /** By length: just above the last codeword, aligned to `LOOKUP_BITS`. */
  readonly #limits = new Uint32Array(LOOKUP_BITS + 1);
  /** By length: the position of a codeword in `#symbols`, less the codeword. */
  readonly #bases = new Int32Array(LOOKUP_BITS + 1);
  readonly #symbols: Uint16Array;

  constructor(codebook: HuffmanCodebook) {
    this.#symbols = Uint16Array.from(codebook.symbols);
    let codeword = 0;
    let position = 0;
    for (const [index, count] of codebook.counts.entries()) {
      const length = index + 1;
      codeword <<= 1;
      this.#bases[length] = position - codeword;
      for (let taken = 0; taken < count; taken++) this.#enter(codeword + taken, length);
      codeword += count;
      position += count;
      this.#limits[length] = codeword << (LOOKUP_BITS - length);
    }
  }

  /**
   * @param bits The next `LOOKUP_BITS` bits.
   * @returns symbol << 8 | length of its codeword in bits. The codes of AAC are complete: there is
   * always one.
   */
  find(bits: number): number {
    const entry = this.#table[bits >>> (LOOKUP_BITS - TABLE_BITS)] ?? 0;
    if (entry !== 0) return entry;
    let length = TABLE_BITS + 1;
    while (length < LOOKUP_BITS && bits >= (this.#limits[length] ?? 0)) length++;
    const position = (bits >>> (LOOKUP_BITS - length)) + (this.#bases[length] ?? 0);
    return ((this.#symbols[position] ?? 0) << 8) | length;
  }

  #enter(codeword: number, length: number): void {
    if (length > TABLE_BITS) return;
    const symbol = this.#symbols[codeword + (this.#bases[length] ?? 0)] ?? 0;
    const first = codeword << (TABLE_BITS - length);
    this.#table.fill((symbol << 8) | length, first, first + (1 << (TABLE_BITS - length)));
  }
}
