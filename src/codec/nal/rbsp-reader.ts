/**
 * Reads the syntax elements of parameter sets.
 *
 * Spec: ITU-T H.264, section 9.1 (Exp-Golomb codes); ITU-T H.265, section 9.2.
 *
 * @module
 */

import { BitReader } from "../../base/bit-reader.ts";
import { MalformedError } from "../../base/errors.ts";

/** ue(v) goes to 2^32 - 2, which takes 31 zeros in front. */
const LEADING_ZEROS_MAX = 31;
const UNSIGNED_MAX = 2 ** 32 - 2;

/** A BitReader that knows Exp-Golomb codes. Give it an RBSP, not a NAL unit (see `toRbsp`). */
export class RbspReader extends BitReader {
  /**
   * ue(v):
   *
   * ```text
   * 1 -> 0   01x -> 1 2   001xx -> 3 to 6   ...   n zeros, 1, n bits x -> 2^n - 1 + x
   * ```
   *
   * @param max What the specification allows in this place.
   * @throws {MalformedError} If the value is larger, or the bits end.
   */
  readUnsignedExpGolomb(max: number = UNSIGNED_MAX): number {
    const start = this.offset;
    let zeros = 0;
    while (!this.readFlag()) {
      zeros++;
      if (zeros > LEADING_ZEROS_MAX) {
        throw new MalformedError(`Cannot read a code of more than ${zeros} zeros`, start);
      }
    }
    const value = 2 ** zeros - 1 + this.readBits(zeros);
    if (value > max) throw new MalformedError(`Cannot accept ${value}: more than ${max}`, start);
    return value;
  }

  /**
   * se(v): 0, 1, -1, 2, -2 and so on.
   *
   * @throws {MalformedError} If the code is too long, or the bits end.
   */
  readSignedExpGolomb(): number {
    const code = this.readUnsignedExpGolomb();
    if (code === 0) return 0; // Not -0.
    return code % 2 === 1 ? (code + 1) / 2 : -code / 2;
  }
}
