/**
 * NAL units in a byte stream, told apart by start codes: as MPEG-TS and raw files carry them.
 *
 * Spec: ITU-T H.264, Annex B; ITU-T H.265, Annex B.
 *
 * @module
 */

import { MalformedError } from "../../base/errors.ts";
import { checkNalUnitCount } from "./length-prefixed.ts";

/** The start code without the zeros that may stand before it. */
const START_CODE_SIZE = 3;

/**
 * ```text
 * {00} 00 00 01 | NAL unit | {00} 00 00 01 | NAL unit | {00}
 * ```
 *
 * Zeros before a start code, four-byte start codes included, belong to no NAL unit: none ends in 0.
 *
 * @returns Views into the input: copy to keep.
 * @throws {MalformedError} If something else stands before the first start code, or there are absurdly
 *   many units.
 */
export function splitAnnexB(bytes: Uint8Array): Uint8Array[] {
  const nalUnits: Uint8Array[] = [];
  let code = findStartCode(bytes, 0);
  if (trimmedEnd(bytes, 0, code) > 0) throw new MalformedError("Cannot find a start code", 0);
  while (code < bytes.length) {
    const start = code + START_CODE_SIZE;
    code = findStartCode(bytes, start);
    const end = trimmedEnd(bytes, start, code);
    if (end > start) nalUnits.push(bytes.subarray(start, end));
    checkNalUnitCount(nalUnits.length, start);
  }
  return nalUnits;
}

/** The offset of the next 00 00 01, or the size of the input. */
function findStartCode(bytes: Uint8Array, from: number): number {
  let i = from;
  while (i + 2 < bytes.length) {
    // Looks at every third byte: what is neither 0 nor 1 has no part in a start code.
    const third = bytes[i + 2] ?? 0;
    if (third > 1) i += 3;
    else if (third === 1 && bytes[i] === 0 && bytes[i + 1] === 0) return i;
    else i += 1;
  }
  return bytes.length;
}

function trimmedEnd(bytes: Uint8Array, start: number, end: number): number {
  let trimmed = end;
  while (trimmed > start && bytes[trimmed - 1] === 0) trimmed--;
  return trimmed;
}
