/**
 * Fingerprints of certificates.
 *
 * Spec: RFC 8122, section 5.
 *
 * @module
 */

import type { SdpAttribute } from "./session-description.ts";
import { attributeError } from "./syntax.ts";

export interface Fingerprint {
  /** In lower case, such as `sha-256`. */
  readonly algorithm: string;
  /** Pairs of hexadecimal digits in upper case with colons between them. */
  readonly value: string;
}

/** Bytes, of the algorithms that are registered. */
const HASH_SIZES: Readonly<Record<string, number>> = {
  md5: 16,
  "sha-1": 20,
  "sha-224": 28,
  "sha-256": 32,
  "sha-384": 48,
  "sha-512": 64,
};
const HASH = /^[0-9A-F]{2}(?::[0-9A-F]{2}){0,127}$/;

/** @throws {MalformedError} If it breaks the specification. */
export function parseFingerprint(attribute: SdpAttribute): Fingerprint {
  const [algorithm = "", value = "", ...rest] = (attribute.value ?? "").trim().split(" ");
  const fingerprint = { algorithm: algorithm.toLowerCase(), value: value.toUpperCase() };
  if (rest.length > 0 || !HASH.test(fingerprint.value)) {
    throw attributeError(attribute, "no hash in hexadecimal digits");
  }
  const size = HASH_SIZES[fingerprint.algorithm];
  if (size !== undefined && fingerprint.value.length !== 3 * size - 1) {
    throw attributeError(attribute, `not the ${size} bytes of ${fingerprint.algorithm}`);
  }
  return fingerprint;
}
