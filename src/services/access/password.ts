/**
 * Passwords as they are kept: hashed by scrypt with a salt of their own.
 *
 * @module
 */

import {
  formatPasswordHash,
  type PasswordHash,
  parsePasswordHash,
} from "../../config/password-hash.ts";
import type { Crypto } from "../../runtime/runtime.ts";

/** As the OWASP Password Storage Cheat Sheet has it for 32 MiB. */
export const COST = { logCost: 15, blockSize: 8, parallelization: 3 } as const;
const SALT_SIZE = 16;
const HASH_SIZE = 32;
/** What a user types; hashing takes no longer for a long one, but reading does. */
export const PASSWORD_SIZE_MAX = 1024;

const TEXT_ENCODER = new TextEncoder();

/** For the configuration: never twice the same. */
export async function hashPassword(
  password: string,
  crypto: Pick<Crypto, "scrypt" | "randomBytes">,
): Promise<string> {
  const salt = crypto.randomBytes(SALT_SIZE);
  const hash = await crypto.scrypt(TEXT_ENCODER.encode(password), salt, COST, HASH_SIZE);
  return formatPasswordHash({ ...COST, salt, hash });
}

/** Whether it is the password that was hashed. False too for a text that is no hash. */
export async function isPassword(
  password: string,
  text: string,
  crypto: Pick<Crypto, "scrypt" | "isEqual">,
): Promise<boolean> {
  const parsed = parsePasswordHash(text);
  return parsed !== undefined && (await isHashOf(password, parsed, crypto));
}

async function isHashOf(
  password: string,
  { salt, hash, ...cost }: PasswordHash,
  crypto: Pick<Crypto, "scrypt" | "isEqual">,
): Promise<boolean> {
  const given = await crypto.scrypt(TEXT_ENCODER.encode(password), salt, cost, hash.length);
  return crypto.isEqual(given, hash);
}
