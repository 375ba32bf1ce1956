/**
 * The addresses of names, which are kept for a while. Looking one up takes a thread of the runtime's,
 * of which there are few, for as long as the servers of the name like.
 *
 * @module
 */

import type { Clock } from "../../base/clock.ts";
import type { Host } from "../../runtime/runtime.ts";

/** Names are asked for again after this long. */
const NAME_KEPT_MS = 30_000;
/** Who asks for a session does not wait longer than this for a name. */
const RESOLVE_MS_MAX = 2_000;

export interface NameLimits {
  /** Names that are kept. */
  readonly keptMax: number;
  /** Names that are looked up at the same time; others have no address then. */
  readonly pendingMax: number;
}

interface Known {
  readonly addresses: Promise<readonly string[]>;
  readonly untilMs: number;
}

export class NameAddresses {
  readonly #host: Pick<Host, "resolve">;
  readonly #clock: Pick<Clock, "monotonicMs" | "setTimer">;
  readonly #limits: NameLimits | undefined;
  /** From old to new. */
  readonly #names = new Map<string, Known>();
  #pendingCount = 0;

  /** @param limits For names that anybody may make up. */
  constructor(
    host: Pick<Host, "resolve">,
    clock: Pick<Clock, "monotonicMs" | "setTimer">,
    limits?: NameLimits,
  ) {
    this.#host = host;
    this.#clock = clock;
    this.#limits = limits;
  }

  /** None if nobody knows the name, or does not say in time. */
  find(name: string): Promise<readonly string[]> {
    const nowMs = this.#clock.monotonicMs();
    const known = this.#names.get(name);
    if (known !== undefined && nowMs < known.untilMs) return known.addresses;
    const { keptMax, pendingMax } = this.#limits ?? {};
    if (pendingMax !== undefined && this.#pendingCount >= pendingMax) return Promise.resolve([]);
    this.#forgetOld(nowMs);
    const [oldest] = this.#names.keys();
    if (oldest !== undefined && this.#names.size === keptMax) this.#names.delete(oldest);
    const addresses = this.#withinTime(this.#lookUp(name));
    this.#names.set(name, { addresses, untilMs: nowMs + NAME_KEPT_MS });
    return addresses;
  }

  #forgetOld(nowMs: number): void {
    for (const [name, { untilMs }] of this.#names) {
      if (nowMs < untilMs) return;
      this.#names.delete(name);
    }
  }

  async #lookUp(name: string): Promise<readonly string[]> {
    this.#pendingCount += 1;
    try {
      return await this.#host.resolve(name);
    } finally {
      this.#pendingCount -= 1;
    }
  }

  #withinTime(resolving: Promise<readonly string[]>): Promise<readonly string[]> {
    return new Promise((resolve) => {
      const timer = this.#clock.setTimer(RESOLVE_MS_MAX, () => resolve([]));
      const settle = (addresses: readonly string[]): void => {
        timer.cancel();
        resolve(addresses);
      };
      resolving.then(settle, () => settle([]));
    });
  }
}
