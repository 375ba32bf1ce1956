/**
 * The short-term reference picture sets of an SPS. Nobody here needs them, but they must be
 * understood to find what stands behind them: how long a set is depends on the one before.
 *
 * Spec: ITU-T H.265, sections 7.3.7 (st_ref_pic_set) and 7.4.8.
 *
 * @module
 */

import { MalformedError } from "../../base/errors.ts";
import type { RbspReader } from "../nal/rbsp-reader.ts";

const SET_COUNT_MAX = 64;
/** sps_max_dec_pic_buffering_minus1 is at most 15, and no set may have more pictures. */
const PICTURE_COUNT_MAX = 16;
/** delta_poc_s0_minus1, delta_poc_s1_minus1 and abs_delta_rps_minus1. */
const DELTA_MINUS1_MAX = 32_767;

/** By how much the order counts of a set's pictures differ: the earlier ones first, nearest first. */
type Deltas = readonly number[];

/** Passes over num_short_term_ref_pic_sets and the sets. @throws {MalformedError} */
export function skipShortTermReferencePictureSets(reader: RbspReader): void {
  const count = reader.readUnsignedExpGolomb(SET_COUNT_MAX);
  let deltas: Deltas = [];
  for (let i = 0; i < count; i++) {
    const isPredicted = i > 0 && reader.readFlag();
    deltas = isPredicted ? readPredicted(reader, deltas) : readExplicit(reader);
  }
}

/** The set before, shifted by the distance between the two, and with some pictures left out. */
function readPredicted(reader: RbspReader, previous: Deltas): Deltas {
  const isNegative = reader.readFlag();
  const distance = 1 + reader.readUnsignedExpGolomb(DELTA_MINUS1_MAX);
  const shift = isNegative ? -distance : distance;
  const earlier: number[] = [];
  const later: number[] = [];
  for (let i = 0; i <= previous.length; i++) {
    const isUsedByCurrent = reader.readFlag();
    const isKept = isUsedByCurrent || reader.readFlag(); // use_delta_flag
    // Behind the pictures of the set before stands that which it was the set of.
    const delta = (previous[i] ?? 0) + shift;
    if (isKept && delta < 0) earlier.push(delta);
    if (isKept && delta > 0) later.push(delta);
  }
  if (earlier.length + later.length > PICTURE_COUNT_MAX) throw tooMany(reader);
  earlier.sort((a, b) => b - a);
  later.sort((a, b) => a - b);
  return [...earlier, ...later];
}

/** Each picture by its distance to the one before it in the list. */
function readExplicit(reader: RbspReader): Deltas {
  const earlierCount = reader.readUnsignedExpGolomb(PICTURE_COUNT_MAX);
  const laterCount = reader.readUnsignedExpGolomb(PICTURE_COUNT_MAX);
  if (earlierCount + laterCount > PICTURE_COUNT_MAX) throw tooMany(reader);
  return [...readRun(reader, earlierCount, -1), ...readRun(reader, laterCount, 1)];
}

function readRun(reader: RbspReader, count: number, sign: number): number[] {
  const deltas: number[] = [];
  let delta = 0;
  for (let i = 0; i < count; i++) {
    delta += sign * (1 + reader.readUnsignedExpGolomb(DELTA_MINUS1_MAX));
    deltas.push(delta);
    reader.skipBits(1); // used_by_curr_pic
  }
  return deltas;
}

function tooMany(reader: RbspReader): MalformedError {
  return new MalformedError("Cannot take a reference picture set of so many", reader.offset);
}
