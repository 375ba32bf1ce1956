/**
 * What has become of each directive of a file that is imported: every one ends in one outcome.
 *
 * @module
 */

import type { Place } from "../findings.ts";
import type { Directive, Origin } from "../srs/directives.ts";

/**
 * - `same`: carried over, with the meaning that it has in SRS.
 * - `changed`: carried over under another name or value, or had no effect in SRS either.
 * - `not needed`: left out, as nothing here has a use for it.
 * - `not there yet`: carried over if there is a setting for it, but the feature is to come.
 * - `lost`: left out, as its name or value is not known.
 */
export type Outcome = "same" | "changed" | "not needed" | "not there yet" | "lost";

export interface LedgerEntry {
  readonly origin: Origin;
  outcome: Outcome;
  /** Why; empty for what is the same. */
  text: string;
  /** Those of the block's own directives. */
  readonly inner: LedgerEntry[];
  /** Told with the block that it is in. */
  isCovered: boolean;
  /** Where it is in YAML. */
  yamlPath: string;
}

/** Puts into every directive how it is spelled and where, so that old spellings keep it. */
export function withOrigins(directives: readonly Directive[], around = ""): Directive[] {
  return directives.map((directive) => {
    const path = around === "" ? directive.name : `${around}.${directive.name}`;
    const origin: Origin = { path, place: directive.place };
    const { children } = directive;
    return children === undefined
      ? { ...directive, origin }
      : { ...directive, origin, children: withOrigins(children, path) };
  });
}

export class Ledger {
  readonly #entries = new Map<Origin, LedgerEntry>();
  /** A directive's place is an object of its own, which raw values and findings hand on. */
  readonly #byPlace = new Map<Place, LedgerEntry>();
  /** What is at or below each path of YAML, made when all of them are known. */
  #below: ReadonlyMap<string, readonly LedgerEntry[]> | undefined;

  /** @param directives As written, with their origins. */
  constructor(directives: readonly Directive[]) {
    this.#add(directives);
  }

  /** In the order of the file. */
  get entries(): readonly LedgerEntry[] {
    return [...this.#entries.values()];
  }

  entryOf(origin: Origin): LedgerEntry | undefined {
    return this.#entries.get(origin);
  }

  entryAt(place: Place): LedgerEntry | undefined {
    return this.#byPlace.get(place);
  }

  /** Settles a directive, and with it all that is in it. The worst that is said of it counts. */
  settle(entry: LedgerEntry, outcome: Outcome, text: string): void {
    if (SEVERITY.indexOf(outcome) <= SEVERITY.indexOf(entry.outcome)) return;
    entry.outcome = outcome;
    entry.text = text;
    for (const inner of entry.inner) {
      this.settle(inner, outcome, text);
      // What is worse is told by itself.
      if (inner.outcome === outcome) inner.isCovered = true;
    }
  }

  /** Settles what is at or below a path of YAML, told once, at `place` if it is one of them. */
  settleBelow(path: string, place: Place, outcome: Outcome, text: string): boolean {
    this.#below ??= indexByPath(this.entries);
    const below = this.#below.get(path) ?? [];
    const told = below.find(({ origin }) => origin.place === place) ?? below[0];
    for (const entry of below) {
      this.settle(entry, outcome, text);
      if (entry !== told && entry.outcome === outcome) entry.isCovered = true;
    }
    if (told !== undefined && told.outcome === outcome) told.isCovered = false;
    return told !== undefined;
  }

  #add(directives: readonly Directive[]): LedgerEntry[] {
    return directives.flatMap(({ origin, children = [] }): LedgerEntry[] => {
      if (origin === undefined) return [];
      const entry: LedgerEntry = {
        origin,
        outcome: "same",
        text: "",
        inner: [],
        isCovered: false,
        yamlPath: "",
      };
      this.#entries.set(origin, entry);
      this.#byPlace.set(origin.place, entry);
      entry.inner.push(...this.#add(children));
      return [entry];
    });
  }
}

/** Under each path that one of the entries is at or below. */
function indexByPath(entries: readonly LedgerEntry[]): Map<string, LedgerEntry[]> {
  const index = new Map<string, LedgerEntry[]>();
  for (const entry of entries) {
    const { yamlPath } = entry;
    for (let end = yamlPath.indexOf("."); end !== -1; end = yamlPath.indexOf(".", end + 1)) {
      add(yamlPath.slice(0, end), entry);
    }
    add(yamlPath, entry);
  }
  return index;

  function add(path: string, entry: LedgerEntry): void {
    const known = index.get(path);
    if (known === undefined) index.set(path, [entry]);
    else known.push(entry);
  }
}

const SEVERITY: readonly Outcome[] = ["same", "changed", "not needed", "not there yet", "lost"];
