/**
 * The ways to one peer: which are known, which are proven, and by which it is sent to.
 *
 * Spec: RFC 8445, sections 7.3 and 8.1.1 (nomination); RFC 9000, section 8.1 (how much may be sent
 * to an address before it is proven, which ICE leaves open).
 *
 * @module
 */

import type { RtcPath } from "./rtc-path.ts";

/** A client has some interfaces, and comes by both families; more than this is no client. */
const PATHS_MAX = 16;
/** Another way is taken if the peer checks it, and not this one for so long. */
const PATH_SILENT_MS = 5_000;
/** A way that is not proven is asked for again after so long, if the peer asks. */
const ASK_AGAIN_MS = 40;
/** One that is, to know the round trip. */
const ASK_PROVEN_MS = 5_000;

interface KnownPath {
  /** When the peer last asked by it. */
  seenMs: number;
  /** When we last asked. */
  askedMs: number;
  isProven: boolean;
}

export interface PathUse {
  /** The peer wants media that way. */
  readonly isNominated: boolean;
  /** Little is sent yet, so that the path need not be proven. */
  readonly mayBeUnproven: boolean;
}

export class PeerPaths {
  /** In the order in which the peer last asked by them. */
  readonly #known = new Map<RtcPath, KnownPath>();
  #current: RtcPath | undefined;
  /** What the peer wants to be sent by, once it is proven. */
  #wanted: RtcPath | undefined;

  get all(): Iterable<RtcPath> {
    return this.#known.keys();
  }

  /** What the peer is sent by; `undefined` while there is none. */
  get current(): RtcPath | undefined {
    return this.#current;
  }

  /** Whether the peer is known to be there. */
  get isProven(): boolean {
    return this.#current !== undefined && this.#isProven(this.#current);
  }

  /**
   * The peer, or who knows its password, has asked by a path. One that is not proven is sent by if there
   * is no better one, and if that is allowed.
   *
   * @returns A path that has been given up for it, if any.
   */
  seen(path: RtcPath, { isNominated, mayBeUnproven }: PathUse, nowMs: number): RtcPath | undefined {
    const known = this.#known.get(path);
    this.#known.delete(path);
    this.#known.set(path, {
      seenMs: nowMs,
      askedMs: known?.askedMs ?? Number.NEGATIVE_INFINITY,
      // Who has opened a TCP connection is at its other end.
      isProven: known?.isProven ?? path.protocol === "tcp",
    });
    const current = this.#current;
    const silentMs = current && nowMs - (this.#known.get(current)?.seenMs ?? 0);
    if (isNominated || silentMs === undefined || silentMs > PATH_SILENT_MS) this.#wanted = path;
    if (this.#wanted === path && (this.#isProven(path) || (mayBeUnproven && !this.isProven))) {
      this.#current = path;
    }
    return this.#giveUpOne();
  }

  /** The peer has answered by a path that is known. */
  proven(path: RtcPath): void {
    const known = this.#known.get(path);
    if (known === undefined) return;
    known.isProven = true;
    if (this.#wanted === path || this.#current === undefined) this.#current = path;
  }

  /** A way is no more, as a TCP connection that was closed. */
  lost(path: RtcPath): void {
    this.#known.delete(path);
    if (this.#wanted === path) this.#wanted = undefined;
    if (this.#current !== path) return;
    this.#current = [...this.#known.keys()].findLast((other) => this.#isProven(other));
  }

  /** Whether it is time to ask by a path; if so, that is taken as done. */
  mayAsk(path: RtcPath, nowMs: number): boolean {
    const known = this.#known.get(path);
    if (known === undefined || (known.isProven && path !== this.#current)) return false;
    const periodMs = known.isProven ? ASK_PROVEN_MS : ASK_AGAIN_MS;
    if (nowMs - known.askedMs < periodMs) return false;
    known.askedMs = nowMs;
    return true;
  }

  #isProven(path: RtcPath): boolean {
    return this.#known.get(path)?.isProven === true;
  }

  #giveUpOne(): RtcPath | undefined {
    if (this.#known.size <= PATHS_MAX) return undefined;
    const old = [...this.#known.keys()].find(
      (path) => path !== this.#current && path !== this.#wanted,
    );
    if (old !== undefined) this.#known.delete(old);
    return old;
  }
}
