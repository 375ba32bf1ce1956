/**
 * The compression function of SHA-1, for what hash functions of runtimes do not give: a state to go on
 * from. Where a vector unit is at hand, packets are hashed by it instead (srtp-lanes.as).
 *
 * Spec: RFC 3174, sections 5 and 6.1.
 *
 * @module
 */

/** Bytes of a block. */
export const SHA1_BLOCK_SIZE = 64;

/** Words of a chaining value. */
export const SHA1_STATE_LENGTH = 5;

/** The chaining value before the first block. */
export const SHA1_INITIAL_STATE: readonly number[] = [
  0x6745_2301, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476, 0xc3d2_e1f0,
];

/** The constants of 20 rounds each. */
const ROUND_CONSTANTS = [0x5a82_7999, 0x6ed9_eba1, 0x8f1b_bcdc, 0xca62_c1d6] as const;

const ROUND_COUNT = 80;

/** Hashes blocks one after another into a chaining value of its own. */
export class Sha1Compressor {
  readonly state: Uint32Array = new Uint32Array(SHA1_STATE_LENGTH);
  /** The message schedule. */
  #words = new Int32Array(ROUND_COUNT);

  /** Takes one block, of 16 big-endian words from `offset` on. */
  compress(bytes: DataView, offset: number): void {
    const words = this.#words;
    for (let t = 0; t < 16; t++) words[t] = bytes.getInt32(offset + 4 * t);
    for (let t = 16; t < ROUND_COUNT; t++) {
      const mixed =
        (words[t - 3] ?? 0) ^ (words[t - 8] ?? 0) ^ (words[t - 14] ?? 0) ^ (words[t - 16] ?? 0);
      words[t] = (mixed << 1) | (mixed >>> 31);
    }
    this.#rounds(words);
  }

  #rounds(words: Int32Array): void {
    const state = this.state;
    let [a = 0, b = 0, c = 0, d = 0, e = 0] = state;
    for (let t = 0; t < ROUND_COUNT; t++) {
      const stage = Math.trunc(t / 20);
      const mixed =
        stage === 0 ? d ^ (b & (c ^ d)) : stage === 2 ? (b & c) | (d & (b | c)) : b ^ c ^ d;
      const sum =
        ((a << 5) | (a >>> 27)) + mixed + e + (ROUND_CONSTANTS[stage] ?? 0) + (words[t] ?? 0);
      e = d;
      d = c;
      c = (b << 30) | (b >>> 2);
      b = a;
      a = sum | 0;
    }
    state[0] = (state[0] ?? 0) + a;
    state[1] = (state[1] ?? 0) + b;
    state[2] = (state[2] ?? 0) + c;
    state[3] = (state[3] ?? 0) + d;
    state[4] = (state[4] ?? 0) + e;
  }
}
