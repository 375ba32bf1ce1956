/**
 * Passwords for `users` in the configuration.
 *
 * @module
 */

import type { Crypto } from "../runtime/runtime.ts";
import { hashPassword, PASSWORD_SIZE_MAX } from "../services/access/password.ts";

/** @returns `undefined` if it is none, or too long a one. */
export async function hashForUsers(
  password: string,
  crypto: Pick<Crypto, "scrypt" | "randomBytes">,
): Promise<string | undefined> {
  const isPassword = password !== "" && password.length <= PASSWORD_SIZE_MAX;
  return isPassword ? hashPassword(password, crypto) : undefined;
}
