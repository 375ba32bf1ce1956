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

  /** @throws {RefusedError} `too_many_attempts` */
  async judge(
    { name, password }: NameAndPassword,
    right: Right,
    path: string,
  ): Promise<"allowed" | "forbidden" | "unknown"> {
    const user = await this.#users.find(name, password);
    if (user === undefined) return "unknown";
    return isPermitted(user, right, path) ? "allowed" : "forbidden";
  }
}
