/**
 * The NAL units of a picture, put together from what packets hold: one, several, or a fragmentation unit
 * (FU), which is a part of one.
 *
 * Spec: RFC 6184, 5.7 and 5.8; RFC 7798, 4.4.2 and 4.4.3.
 *
 * @module
 */

import { concatBytes } from "../../base/bytes.ts";
import { MalformedError } from "../../base/errors.ts";
import { checkNalUnitCount } from "../../codec/nal/length-prefixed.ts";

const FU_START = 0x80;
const FU_END = 0x40;

/** Collects the NAL units of one picture. */
export class NalUnitCollector {
  readonly #nalUnits: Uint8Array[] = [];
  /** The header of a NAL unit whose end has not come, and its pieces. */
  #pieces: Uint8Array[] | undefined;

  /** @throws {MalformedError} If the one before has no end, or there are absurdly many. */
  add(nalUnit: Uint8Array): void {
    this.#checkEnded();
    if (nalUnit.length === 0) throw new MalformedError("Cannot take an empty NAL unit", 0);
    this.#nalUnits.push(nalUnit);
    checkNalUnitCount(this.#nalUnits.length, 0);
  }

  /**
   * @param fuHeader `| S 1 | E 1 | ... |`
   * @param createHeader Makes the header of the whole.
   * @param piece Of what follows that header.
   * @throws {MalformedError} If it is the start of one while another has no end, or goes on with none.
   */
  addFragment(fuHeader: number, createHeader: () => Uint8Array, piece: Uint8Array): void {
    if ((fuHeader & FU_START) !== 0) {
      this.#checkEnded();
      this.#pieces = [createHeader()];
    }
    if (this.#pieces === undefined) throw new MalformedError("Cannot find the start of FU", 0);
    this.#pieces.push(piece);
    if ((fuHeader & FU_END) === 0) return;
    const whole = concatBytes(this.#pieces);
    this.#pieces = undefined;
    this.add(whole);
  }

  /** `| size 16 | NAL unit | ...` from `offset` on. @throws {MalformedError} If one goes beyond the end. */
  addAggregated(payload: Uint8Array, offset: number): void {
    let start = offset;
    while (start < payload.length) {
      const end = start + 2 + (((payload[start] ?? 0) << 8) | (payload[start + 1] ?? 0));
      if (end > payload.length) {
        throw new MalformedError(`Cannot take a NAL unit up to ${end} of ${payload.length}`, start);
      }
      this.add(payload.subarray(start + 2, end));
      start = end;
    }
  }

  /** @throws {MalformedError} If the last one has no end. */
  take(): readonly Uint8Array[] {
    this.#checkEnded();
    return this.#nalUnits;
  }

  #checkEnded(): void {
    if (this.#pieces !== undefined) throw new MalformedError("Cannot find the end of FU", 0);
  }
}
