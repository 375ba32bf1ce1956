/**
 * What is found wrong, or worth a warning, while a configuration is read.
 *
 * @module
 */

import { ConfigError, type ConfigIssue, formatConfigIssue } from "../base/errors.ts";

/** Where something is written. */
export interface Place {
  /** The file, or the name of the environment variable. */
  readonly source: string;
  /** Line in the file, from 1; `undefined` for an environment variable. */
  readonly line: number | undefined;
  /** Column in the line, from 1, where the text itself is at fault. */
  readonly column?: number;
}

/** The source of a configuration that is no text but a value of the program around the server. */
export const VALUE_SOURCE = "config";

/** More findings than anybody reads at a time; a file of noise has one a line. */
const FINDINGS_MAX = 100;

/** Collects findings, each once, so that one run shows them all. */
export class Findings {
  readonly #issues = new Map<string, ConfigIssue>();
  readonly #warnings = new Map<string, { readonly text: string; count: number }>();

  /** @param key What makes two errors the same. Absent: place, path and message. */
  error(place: Place, path: string, message: string, key?: string): void {
    const issue: ConfigIssue = { ...place, path, message };
    const known = key ?? formatConfigIssue(issue);
    if (!this.isFull && !this.#issues.has(known)) this.#issues.set(known, issue);
  }

  /**
   * @param key What makes two warnings the same: the first is shown, with the count of the others.
   *   Absent: place, path and message.
   */
  warn(place: Place, path: string, message: string, key?: string): void {
    const text = formatConfigIssue({ source: place.source, line: place.line, path, message });
    const known = this.#warnings.get(key ?? text);
    if (known !== undefined) known.count += key === undefined ? 0 : 1;
    else if (this.#warnings.size < FINDINGS_MAX) {
      this.#warnings.set(key ?? text, { text, count: 1 });
    }
  }

  /** No more errors are taken, so that none needs to be described. */
  get isFull(): boolean {
    return this.#issues.size >= FINDINGS_MAX;
  }

  get hasErrors(): boolean {
    return this.#issues.size > 0;
  }

  get warnings(): string[] {
    return [...this.#warnings.values()].map(({ text, count }) =>
      count === 1 ? text : `${text} (and ${count - 1} more like this)`,
    );
  }

  /** @throws {ConfigError} With all errors, if there are any, in the order of their lines. */
  throwErrors(): void {
    if (!this.hasErrors) return;
    const issues = [...this.#issues.values()];
    const sources = [...new Set(issues.map(({ source }) => source))];
    throw new ConfigError(
      sources.flatMap((source) =>
        issues
          .filter((issue) => issue.source === source)
          .sort((one, other) => (one.line ?? 0) - (other.line ?? 0)),
      ),
    );
  }
}

/** Findings about one setting. */
export interface Report {
  error(place: Place, message: string): void;
  warn(place: Place, message: string): void;
}

/** Findings about the setting at `path`. */
export function reportAt(findings: Findings, path: string): Report {
  // A variable applies to every vhost: one finding is enough.
  const keyOf = ({ source, line }: Place, message: string): string | undefined =>
    line === undefined && source !== VALUE_SOURCE ? `${source}: ${message}` : undefined;
  return {
    error: (place, message) => findings.error(place, path, message, keyOf(place, message)),
    warn: (place, message) => findings.warn(place, path, message, keyOf(place, message)),
  };
}
