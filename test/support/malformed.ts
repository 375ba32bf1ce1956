/**
 * What hostile input may do to a decoder.
 *
 * @module
 */

import { expect } from "vitest";
import { MalformedError } from "../../src/base/errors.ts";

/** Runs a decoder, which may throw MalformedError. Returns `undefined` if it did. */
export function unlessMalformed<T>(decode: () => T): T | undefined {
  try {
    return decode();
  } catch (error) {
    expect(error).toBeInstanceOf(MalformedError);
    return undefined;
  }
}
