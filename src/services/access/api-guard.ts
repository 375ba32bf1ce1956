/**
 * Users and wrong passwords, as the HTTP API asks about them.
 *
 * @module
 */

import type { Right } from "../../config/permission.ts";
import type { AttemptLimit } from "./attempt-limit.ts";
import type { NameAndPassword } from "./credentials.ts";
import { isPermitted, type Users } from "./users.ts";

export class ApiGuard {
  readonly #users: Users;
  readonly #limit: AttemptLimit;

  constructor(users: Users, limit: AttemptLimit) {
    this.#users = users;
    this.#limit = limit;
  }

  /** Whether there are users who may ask the API for anything. */
  get hasUsers(): boolean {
    return this.#users.hasAny("api:read", "api:write");
  }

  isHeldOff(address: string): boolean {
    return this.#limit.isHeldOff(address);
  }

  /** What was shown from there was wrong. */
  failed(address: string): void {
    this.#limit.failed(address);
  }

  /** Counts what is wrong. @throws {RefusedError} `too_many_attempts` */
  async judge(
    shown: NameAndPassword & { readonly address: string },
    right: Right,
    path: string,
  ): Promise<"allowed" | "forbidden" | "unknown"> {
    const { address } = shown;
    const user = await this.#users.find(shown, {
      address,
      isHeldOff: () => this.#limit.isHeldOff(address),
      failed: () => this.failed(address),
    });
    if (user === undefined) return "unknown";
    return isPermitted(user, right, path) ? "allowed" : "forbidden";
  }
}
