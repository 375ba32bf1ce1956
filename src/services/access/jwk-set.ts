/**
 * Sets of public keys for signatures of tokens.
 *
 * Spec: RFC 7517, sections 4 and 5 (JSON Web Key Set); RFC 7518, sections 3.3, 3.4 and 6.
 *
 * @module
 */

import { MalformedError } from "../../base/errors.ts";
import type { PublicKey } from "../../runtime/runtime.ts";

export interface VerificationKey {
  /** `undefined`: the key has no name. */
  readonly id: string | undefined;
  readonly algorithm: "RS256" | "ES256";
  readonly key: PublicKey;
}

/** Issuers have a handful; a token without the name of its key is tried with each of them. */
const KEYS_MAX = 32;
/** Characters of base64url for 2048 bits, which the specification asks for, and for 8192. */
const MODULUS_LENGTH_MIN = 342;
const MODULUS_LENGTH_MAX = 1366;
const NUMBER = /^[\w-]+$/;
/** Of 256 bits. */
const COORDINATE = /^[\w-]{43}$/;
/** Of no more than 32 bits. */
const EXPONENT = /^[\w-]{2,6}$/;

type Json = Readonly<Record<string, unknown>>;

/**
 * The keys that signatures can be verified by; those for anything else are left out.
 *
 * @throws {MalformedError} If `text` is no set of keys.
 */
export function parseJwkSet(text: string): readonly VerificationKey[] {
  let set: unknown;
  try {
    set = JSON.parse(text);
  } catch (cause) {
    throw noJson(cause);
  }
  const keys = isObject(set) ? set["keys"] : undefined;
  if (!Array.isArray(keys)) throw new MalformedError("Cannot read keys: no list of them", 0);
  return keys.filter(isObject).flatMap(toVerificationKey).slice(0, KEYS_MAX);
}

function toVerificationKey(jwk: Json): VerificationKey[] {
  const { kid, use, alg } = jwk;
  const key = toPublicKey(jwk);
  if (key === undefined || (use !== undefined && use !== "sig")) return [];
  const algorithm = key.kty === "RSA" ? "RS256" : "ES256";
  if (alg !== undefined && alg !== algorithm) return [];
  return [{ id: typeof kid === "string" ? kid : undefined, algorithm, key }];
}

function toPublicKey({ kty, crv, n, e, x, y }: Json): PublicKey | undefined {
  if (kty === "RSA" && isText(n, NUMBER) && isText(e, EXPONENT)) {
    const isSafe = n.length >= MODULUS_LENGTH_MIN && n.length <= MODULUS_LENGTH_MAX;
    return isSafe ? { kty, n, e } : undefined;
  }
  if (kty === "EC" && crv === "P-256" && isText(x, COORDINATE) && isText(y, COORDINATE)) {
    return { kty, crv, x, y };
  }
  return undefined;
}

function isText(value: unknown, form: RegExp): value is string {
  return typeof value === "string" && form.test(value);
}

function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function noJson(cause: unknown): MalformedError {
  return new MalformedError("Cannot read keys: no JSON", 0, { cause });
}
