/**
 * How hashed passwords are written: `$scrypt$ln=15,r=8,p=3$SALT$HASH`, as PHC strings are.
 *
 * @module
 */

import { decodeBase64, encodeBase64 } from "../base/base64.ts";

export interface PasswordHash {
  /** Of scrypt (RFC 7914): the binary logarithm of N, then r and p. */
  readonly logCost: number;
  readonly blockSize: number;
  readonly parallelization: number;
  readonly salt: Uint8Array;
  readonly hash: Uint8Array;
}

const FORM =
  /^\$scrypt\$ln=([1-9]\d?),r=([1-9]\d?),p=([1-9]\d?)\$([A-Za-z0-9+/]{11,86})\$([A-Za-z0-9+/]{43,86})$/;
/** One of them is computed at a time; who writes more than this has mistaken the unit. */
const MEMORY_MAX = 256 * 1024 * 1024;

/** @returns `undefined` if `text` is none, or one that would take too much memory to check. */
export function parsePasswordHash(text: string): PasswordHash | undefined {
  const [, logCost, blockSize, parallelization, saltText = "", hashText = ""] =
    FORM.exec(text) ?? [];
  const salt = decodeBase64(saltText);
  const hash = decodeBase64(hashText);
  if (logCost === undefined || salt === undefined || hash === undefined) return undefined;
  const parsed = {
    logCost: Number(logCost),
    blockSize: Number(blockSize),
    parallelization: Number(parallelization),
  };
  if (128 * parsed.blockSize * 2 ** parsed.logCost > MEMORY_MAX) return undefined;
  return { ...parsed, salt, hash };
}

export function formatPasswordHash(value: PasswordHash): string {
  const { logCost, blockSize, parallelization } = value;
  const [salt, hash] = [value.salt, value.hash].map((bytes) =>
    encodeBase64(bytes).replaceAll("=", ""),
  );
  return `$scrypt$ln=${logCost},r=${blockSize},p=${parallelization}$${salt}$${hash}`;
}
