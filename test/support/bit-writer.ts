/**
 * Writes parameter sets field by field, as specifications list them.
 *
 * @module
 */

export class BitWriter {
  #bits = "";

  /** u(n). */
  u(count: number, value: number): this {
    this.#bits += BigInt(value).toString(2).padStart(count, "0");
    return this;
  }

  /** Flags, one bit each. */
  flags(...values: readonly (0 | 1)[]): this {
    this.#bits += values.join("");
    return this;
  }

  /** ue(v), one or many. */
  ue(...values: readonly number[]): this {
    for (const value of values) {
      const code = BigInt(value + 1).toString(2);
      this.#bits += "0".repeat(code.length - 1) + code;
    }
    return this;
  }

  /** se(v), one or many. */
  se(...values: readonly number[]): this {
    return this.ue(...values.map((value) => (value > 0 ? 2 * value - 1 : -2 * value)));
  }

  /** Bits as they are. */
  raw(bits: string): this {
    this.#bits += bits;
    return this;
  }

  /** Ends with the stop bit and zeros up to a whole byte (rbsp_trailing_bits). */
  trailing(): Uint8Array {
    return this.raw("1").bytes();
  }

  bytes(): Uint8Array {
    const padded = this.#bits.padEnd(Math.ceil(this.#bits.length / 8) * 8, "0");
    return Uint8Array.from(padded.match(/.{8}/g) ?? [], (byte) => Number.parseInt(byte, 2));
  }
}

/** Puts in the bytes that keep zeros from looking like a start code: the reverse of `toRbsp`. */
export function toNalUnit(rbsp: Uint8Array): Uint8Array {
  const bytes: number[] = [];
  let zeros = 0;
  for (const byte of rbsp) {
    if (zeros >= 2 && byte <= 3) {
      bytes.push(3);
      zeros = 0;
    }
    bytes.push(byte);
    zeros = byte === 0 ? zeros + 1 : 0;
  }
  return Uint8Array.from(bytes);
}
