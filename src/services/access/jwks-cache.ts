/**
 * The keys of issuers, which change: asked for when they are needed, kept for a while, and asked for
 * again when a token names one that is unknown, but never more often than now and then, whatever is
 * sent.
 *
 * @module
 */

import type { Clock } from "../../base/clock.ts";
import { toError } from "../../base/errors.ts";
import type { Logger } from "../../base/logger.ts";
import { parseJwkSet, type VerificationKey } from "./jwk-set.ts";

export interface JwksCachePorts {
  /** What is at a URL or in a file. */
  readonly read: (source: string) => Promise<string>;
  readonly clock: Pick<Clock, "monotonicMs">;
  readonly logger: Logger;
}

/** Keys of this age are replaced, while they go on being used. */
const FRESH_MS = 10 * 60_000;
/** Keys that could not be replaced for so long are no longer trusted: one may have been revoked. */
const TRUSTED_MS = 24 * 3_600_000;
/** Between two questions to one issuer. */
const PAUSE_MS = 30_000;
/** Sources come from the configuration, a reload may bring others. */
const SOURCES_MAX = 1_000;

interface Entry {
  keys: readonly VerificationKey[];
  /** When the keys came. */
  readMs: number;
  /** When they were asked for last. */
  askedMs: number;
  /** The question that is open. */
  asking: Promise<void> | undefined;
}

export class JwksCache {
  readonly #ports: JwksCachePorts;
  readonly #entries = new Map<string, Entry>();

  constructor(ports: JwksCachePorts) {
    this.#ports = ports;
  }

  /**
   * The keys that a signature may be verified by.
   *
   * @param id As the token has it, if it does.
   * @returns `undefined` if there is none among those that are known, and it cannot be known at present
   *   whether the issuer has another one.
   */
  async find(
    source: string,
    algorithm: VerificationKey["algorithm"],
    id: string | undefined,
  ): Promise<readonly VerificationKey[] | undefined> {
    const entry = this.#entryOf(source);
    const matching = (): readonly VerificationKey[] =>
      this.#trusted(entry).filter(
        (key) => key.algorithm === algorithm && (id === undefined || key.id === id),
      );
    const found = matching();
    const isFresh = this.#age(entry.readMs) < FRESH_MS;
    if (found.length > 0 && isFresh) return found;
    const askedMs = this.#ports.clock.monotonicMs();
    const asking = this.#ask(source, entry);
    if (found.length > 0) return found;
    await asking;
    const keys = matching();
    // What came before the question was put says nothing of a key that has been made since.
    return keys.length > 0 || entry.readMs >= askedMs ? keys : undefined;
  }

  #entryOf(source: string): Entry {
    let entry = this.#entries.get(source);
    if (entry === undefined) {
      const [oldest] = this.#entries.keys();
      if (this.#entries.size >= SOURCES_MAX && oldest !== undefined) this.#entries.delete(oldest);
      const never = Number.NEGATIVE_INFINITY;
      entry = { keys: [], readMs: never, askedMs: never, asking: undefined };
      this.#entries.set(source, entry);
    }
    return entry;
  }

  #trusted(entry: Entry): readonly VerificationKey[] {
    return this.#age(entry.readMs) < TRUSTED_MS ? entry.keys : [];
  }

  /** Does nothing if that was done a moment ago. Never rejects. */
  #ask(source: string, entry: Entry): Promise<void> {
    if (entry.asking !== undefined) return entry.asking;
    if (this.#age(entry.askedMs) < PAUSE_MS) return Promise.resolve();
    entry.askedMs = this.#ports.clock.monotonicMs();
    entry.asking = this.#read(source, entry).finally(() => {
      entry.asking = undefined;
    });
    return entry.asking;
  }

  async #read(source: string, entry: Entry): Promise<void> {
    const { read, clock, logger } = this.#ports;
    try {
      entry.keys = parseJwkSet(await read(source));
      entry.readMs = clock.monotonicMs();
      logger.debug("token keys read", { source: shown(source), keys: entry.keys.length });
    } catch (error) {
      const reason = toError(error).message;
      logger.warn("token keys not read", { source: shown(source), reason });
    }
  }

  #age(sinceMs: number): number {
    return this.#ports.clock.monotonicMs() - sinceMs;
  }
}

/** Without a query and a user, which may be secret. */
function shown(source: string): string {
  if (!URL.canParse(source)) return source;
  const { protocol, host, pathname } = new URL(source);
  return `${protocol}//${host}${pathname}`;
}
