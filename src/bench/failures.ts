/**
 * Why clients failed, counted by reason.
 *
 * @module
 */

import { SystemError, toError } from "../base/errors.ts";

/** Reasons that are told apart: ten thousand players may fail, but not in so many ways. */
const REASONS_MAX = 20;
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
  const { message } = toError(error);
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
