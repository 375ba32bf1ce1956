/**
 * A configuration as written, before the table has said what its values should be: what YAML, SRS's
 * format and the environment have in common.
 *
 * @module
 */

import type { Place } from "./findings.ts";
import { quote } from "./quote.ts";

/** Words without types: a directive's arguments in SRS's format, or an environment variable. */
export interface RawWords {
  readonly kind: "words";
  readonly place: Place;
  readonly words: readonly string[];
  /** Of a `SLUICE_*` variable, which is read strictly: SRS knows none of them. */
  readonly isStrict: boolean;
}

/** A YAML scalar. */
export interface RawScalar {
  readonly kind: "scalar";
  readonly place: Place;
  readonly value: string | number | boolean | null;
  /** As it is in the file, without quotes. */
  readonly text: string;
}

/** A YAML sequence, or a directive that SRS collects when it is repeated. */
export interface RawList {
  readonly kind: "list";
  readonly place: Place;
  readonly items: readonly RawValue[];
}

/** A YAML mapping, or a block in SRS's format, with YAML's keys in either case. */
export interface RawBlock {
  readonly kind: "block";
  readonly place: Place;
  readonly entries: ReadonlyMap<string, RawEntry>;
}

export interface RawEntry {
  /** Where the key is. */
  readonly place: Place;
  readonly value: RawValue;
}

export type RawValue = RawWords | RawScalar | RawList | RawBlock;

/** Stands for a value that is wrong and was reported: it counts as absent. */
export function refusedValue(place: Place): RawWords {
  return { kind: "words", place, words: [], isStrict: false };
}

/** Is there nothing behind the key? */
export function isEmptyRaw(raw: RawValue): boolean {
  return raw.kind === "words"
    ? raw.words.length === 0
    : raw.kind === "scalar" && raw.value === null;
}

/** Finds where the setting at `steps` is written, or the innermost block around it that is. */
export function locate(raw: RawBlock | undefined, steps: readonly string[]): Place | undefined {
  let place = undefined as Place | undefined;
  let current: RawValue | undefined = raw;
  for (const step of steps) {
    if (current?.kind === "list") {
      current = current.items[Number(step)];
      place = current?.place ?? place;
    } else {
      const entry: RawEntry | undefined =
        current?.kind === "block" ? current.entries.get(step) : undefined;
      if (entry === undefined) return place;
      place = entry.place;
      current = entry.value;
    }
  }
  return place;
}

/** Says in a message what was found instead of what was expected. */
export function describeRaw(raw: RawValue): string {
  switch (raw.kind) {
    case "words":
      return quote(raw.words.join(" "));
    case "list":
      return "a list";
    case "block":
      return "a block";
    case "scalar":
      if (raw.value === null) return "nothing";
      return typeof raw.value === "string" ? quote(raw.text) : raw.text;
  }
}
