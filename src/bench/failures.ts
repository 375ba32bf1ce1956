/**
 * Why clients failed, counted by reason.
 *
 * @module
 */

import { SystemError, toError } from "../base/errors.ts";
import { hideSecrets } from "./shown-url.ts";

/** Reasons that are told apart: ten thousand players may fail, but not in so many ways. */
const REASONS_MAX = 20;
/** Of a reason. Servers say them too, and what they say is not to fill the terminal. */
const REASON_LENGTH_MAX = 200;
/** Control characters (C0, DEL, C1), and those that change the order or the lines of a text. */
const UNSHOWABLE = /[\p{Cc}\p{Cf}\u2028\u2029]/gu;
const OTHER_REASONS = "other reasons";

export interface FailureReport {
  readonly reason: string;
  readonly count: number;
}

export class Failures {
  readonly #counts = new Map<string, number>();
  #count = 0;

  get count(): number {
    return this.#count;
  }

  add(error: unknown): void {
    this.#addReason(reasonOf(error), 1);
  }

  addAll(other: Failures): void {
    for (const [reason, count] of other.#counts) this.#addReason(reason, count);
  }

  /** The most frequent first. */
  report(): FailureReport[] {
    const reports = [...this.#counts].map(([reason, count]) => ({ reason, count }));
    return reports.sort((a, b) => b.count - a.count);
  }

  #addReason(reason: string, count: number): void {
    const isNew = !this.#counts.has(reason);
    const name = isNew && this.#counts.size >= REASONS_MAX ? OTHER_REASONS : reason;
    this.#counts.set(name, (this.#counts.get(name) ?? 0) + count);
    this.#count += count;
  }
}

/** What the user is told, with what to do about it if that is known. */
export function reasonOf(error: unknown): string {
  const message = toShown(toError(error).message);
  if (!(error instanceof SystemError)) return message;
  switch (error.code) {
    case "EMFILE":
      return `${message}: this process may open no more files: raise "ulimit -n" and start again`;
    case "EADDRNOTAVAIL":
      return `${message}: no local port is free: see net.ipv4.ip_local_port_range`;
    default:
      return message;
  }
}

/** A text of which a part may be a server's, as a terminal may be given it. */
export function toShown(text: string): string {
  const clean = hideSecrets(text.toWellFormed()).replace(UNSHOWABLE, "\ufffd");
  if (clean.length <= REASON_LENGTH_MAX) return clean;
  return `${clean.slice(0, REASON_LENGTH_MAX - 3).toWellFormed()}...`;
}
