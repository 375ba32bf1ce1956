/**
 * Delivery directives: what a client says, in the query of its request, of the version of a playlist
 * that it wants.
 *
 * Spec: draft-pantos-hls-rfc8216bis, section 6.2.5.
 *
 * @module
 */

import { MalformedError } from "../../base/errors.ts";

export interface DeliveryDirectives {
  /** Wait until there is a segment of this media sequence number, or a part of it. */
  readonly msn: number | undefined;
  /** Wait until that segment has a part of this index, or is complete. Only with `msn`. */
  readonly part: number | undefined;
  /** Skip what the client has; `v2` also skips date ranges. */
  readonly skip: "YES" | "v2" | undefined;
}

/** The parameters of a query, as by URLSearchParams, which the pure folders do not know. */
interface Parameters {
  getAll(name: string): string[];
}

/** No encoder makes so many parts of a segment: of 1 ms each they last longer than a minute. */
const PART_MAX = 99_999;

const DIGITS = /^\d{1,16}$/;

/**
 * Finds the directives; of several of a name the first counts.
 *
 * @throws {MalformedError} If one has no sense, for which section 6.2.5.2 has the status 400.
 */
export function parseDeliveryDirectives(parameters: Parameters): DeliveryDirectives {
  const msn = parseCount(parameters, "_HLS_msn", Number.MAX_SAFE_INTEGER);
  const part = parseCount(parameters, "_HLS_part", PART_MAX);
  if (part !== undefined && msn === undefined) {
    throw new MalformedError('Cannot use "_HLS_part": there is no "_HLS_msn"', 0);
  }
  const [skip] = parameters.getAll("_HLS_skip");
  if (skip !== undefined && skip !== "YES" && skip !== "v2") {
    throw new MalformedError('Cannot use "_HLS_skip": it is neither "YES" nor "v2"', 0);
  }
  return { msn, part, skip };
}

function parseCount(parameters: Parameters, name: string, max: number): number | undefined {
  const [text] = parameters.getAll(name);
  if (text === undefined) return undefined;
  const value = DIGITS.test(text) ? Number(text) : Number.NaN;
  if (value <= max) return value;
  throw new MalformedError(`Cannot use "${name}": it is no number from 0 to ${max}`, 0);
}
