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
import type { NameAndPassword } from "./credentials.ts";
import { ownerNetworkOf } from "./networks.ts";
import { COST, isPassword, PASSWORD_SIZE_MAX } from "./password.ts";
import { matchesPattern } from "./path-pattern.ts";

export interface UsersPorts {
  /** Those of the configuration, at the moment of the question. */
  readonly users: () => Readonly<Record<string, UserConfig>>;
  readonly crypto: Pick<Crypto, "scrypt" | "isEqual" | "hmac" | "randomBytes">;
  readonly clock: Pick<Clock, "monotonicMs">;
}

/** Who asks whether a password is right. */
export interface Guesser {
  readonly address: string;
  /** Whether nothing that comes from there is to be looked at any more. */
  readonly isHeldOff: () => boolean;
  /** What came from there was wrong. Called before anything else from there is looked at. */
  readonly failed: () => void;
}

/** Some seconds' worth. */
const WAITING_MAX = 32;
/** Of these from one network, so that nobody keeps all others out. */
const WAITING_FROM_ONE_MAX = 2;
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
  #waitingCount = 0;
  /** By network. */
  readonly #waiting = new Map<string, number>();

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
   * @throws {RefusedError} `too_many_attempts`, if too many ask at once, in all or from one network, or
   *   if it is held off when its turn comes.
   */
  async find(
    { name, password }: NameAndPassword,
    guesser: Guesser,
  ): Promise<UserConfig | undefined> {
    const users = this.#ports.users();
    const user = Object.hasOwn(users, name) ? users[name] : undefined;
    if (password === "" || password.length > PASSWORD_SIZE_MAX) {
      guesser.failed();
      return undefined;
    }
    const hash = user?.password || this.#nobodysHash;
    const mark = this.#markOf(hash, password);
    if (user !== undefined && this.#isRemembered(mark)) return user;
    return this.#inTurn(guesser, async () => {
      const isRight = await isPassword(password, hash, this.#ports.crypto);
      if (isRight && user !== undefined && user.password !== "") {
        this.#remember(mark);
        return user;
      }
      guesser.failed();
      return undefined;
    });
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

  async #inTurn<T>({ address, isHeldOff }: Guesser, work: () => Promise<T>): Promise<T> {
    const network = ownerNetworkOf(address);
    const waitingFromThere = this.#waiting.get(network) ?? 0;
    if (this.#waitingCount >= WAITING_MAX || waitingFromThere >= WAITING_FROM_ONE_MAX) {
      throw new RefusedError("too_many_attempts", "Cannot check password: too many at once");
    }
    this.#waitingCount += 1;
    this.#waiting.set(network, waitingFromThere + 1);
    const turn = this.#last.then(() => {
      // What came before it from there may have been wrong.
      if (!isHeldOff()) return work();
      throw new RefusedError("too_many_attempts", "Cannot check password: too many were wrong");
    });
    this.#last = turn.catch(() => undefined);
    try {
      return await turn;
    } finally {
      this.#waitingCount -= 1;
      const rest = (this.#waiting.get(network) ?? 1) - 1;
      if (rest === 0) this.#waiting.delete(network);
      else this.#waiting.set(network, rest);
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
