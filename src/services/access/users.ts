/**
 * The users of the configuration: who somebody is by name and password, and what that one may do.
 *
 * To check a password takes a tenth of a second and 32 MiB, on purpose. So one is checked at a time,
 * few wait, and what was right is remembered for a while: clients of HTTP show it with every request.
 *
 * @module
 */

import type { Clock } from "../../base/clock.ts";
import { RefusedError } from "../../base/errors.ts";
import type { UserConfig } from "../../config/config.ts";
import { formatPasswordHash } from "../../config/password-hash.ts";
import { parsePermission, type Right } from "../../config/permission.ts";
import type { Crypto } from "../../runtime/runtime.ts";
import { COST, isPassword, PASSWORD_SIZE_MAX } from "./password.ts";
import { matchesPattern } from "./path-pattern.ts";

export interface UsersPorts {
  /** Those of the configuration, at the moment of the question. */
  readonly users: () => Readonly<Record<string, UserConfig>>;
  readonly crypto: Pick<Crypto, "scrypt" | "isEqual" | "hmac" | "randomBytes">;
  readonly clock: Pick<Clock, "monotonicMs">;
}

/** Some seconds' worth. */
const WAITING_MAX = 32;
const REMEMBERED_MAX = 1_000;
const REMEMBERED_MS = 10 * 60_000;
const KEY_SIZE = 32;

const TEXT_ENCODER = new TextEncoder();

export class Users {
  readonly #ports: UsersPorts;
  /** The key of what is remembered, which is worth nothing without it. */
  readonly #key: Uint8Array;
  /** Until when a password need not be checked again, by what is made of it and its hash. */
  readonly #remembered = new Map<string, number>();
  /** The end of the queue. */
  #last: Promise<unknown> = Promise.resolve();
  #waiting = 0;

  constructor(ports: UsersPorts) {
    this.#ports = ports;
    this.#key = ports.crypto.randomBytes(KEY_SIZE);
  }

  /** Whether any user may do that anywhere. */
  hasAny(...rights: readonly Right[]): boolean {
    const isOne = (text: string): boolean => {
      const right = parsePermission(text)?.right;
      return right !== undefined && rights.includes(right);
    };
    return Object.values(this.#ports.users()).some((user) => user.permissions.some(isOne));
  }

  /**
   * The user with that name and password; `undefined` if there is none, which takes as long to find
   * out for a name that nobody has.
   *
   * @throws {RefusedError} `too_many_attempts`, if too many ask at once.
   */
  async find(name: string, password: string): Promise<UserConfig | undefined> {
    const users = this.#ports.users();
    const user = Object.hasOwn(users, name) ? users[name] : undefined;
    if (password === "" || password.length > PASSWORD_SIZE_MAX) return undefined;
    const hash = user?.password || this.#nobodysHash;
    const mark = this.#markOf(hash, password);
    if (user !== undefined && this.#isRemembered(mark)) return user;
    const isRight = await this.#inTurn(() => isPassword(password, hash, this.#ports.crypto));
    if (!isRight || user === undefined || user.password === "") return undefined;
    this.#remember(mark);
    return user;
  }

  /** Call every second or so. */
  sweep(nowMs: number): void {
    for (const [mark, untilMs] of this.#remembered) {
      if (nowMs < untilMs) return;
      this.#remembered.delete(mark);
    }
  }

  /** Of no password. */
  get #nobodysHash(): string {
    const zeros = new Uint8Array(KEY_SIZE);
    return formatPasswordHash({ ...COST, salt: zeros.subarray(0, 16), hash: zeros });
  }

  async #inTurn<T>(work: () => Promise<T>): Promise<T> {
    if (this.#waiting >= WAITING_MAX) {
      throw new RefusedError("too_many_attempts", "Cannot check password: too many at once");
    }
    this.#waiting += 1;
    const turn = this.#last.then(work);
    this.#last = turn.catch(() => undefined);
    try {
      return await turn;
    } finally {
      this.#waiting -= 1;
    }
  }

  #markOf(hash: string, password: string): string {
    const text = TEXT_ENCODER.encode(`${hash}\n${password}`);
    return this.#ports.crypto.hmac("sha256", this.#key, text).join();
  }

  #isRemembered(mark: string): boolean {
    const untilMs = this.#remembered.get(mark);
    return untilMs !== undefined && this.#ports.clock.monotonicMs() < untilMs;
  }

  #remember(mark: string): void {
    const [oldest] = this.#remembered.keys();
    if (this.#remembered.size >= REMEMBERED_MAX && oldest !== undefined) {
      this.#remembered.delete(oldest);
    }
    this.#remembered.delete(mark);
    this.#remembered.set(mark, this.#ports.clock.monotonicMs() + REMEMBERED_MS);
  }
}

/** Whether the user has the right on `path`: a stream's URL, or that of the HTTP API. */
export function isPermitted(user: UserConfig, right: Right, path: string): boolean {
  return user.permissions.some((text) => {
    const permission = parsePermission(text);
    return permission?.right === right && matchesPattern(permission.pattern, path);
  });
}
