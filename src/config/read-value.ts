/**
 * A configuration that a program holds as a value, in the shape of the YAML, to raw values.
 *
 * @module
 */

import { type Findings, type Place, VALUE_SOURCE } from "./findings.ts";
import type { RawBlock, RawEntry, RawValue } from "./raw-value.ts";
import { refusedValue } from "./raw-value.ts";

/** The table is 7 levels deep: anything deeper is a mistake, such as an object inside of itself. */
const DEPTH_MAX = 16;
/** As for YAML: a large configuration has some thousands. */
const VALUES_MAX = 100_000;

const PLACE: Place = { source: VALUE_SOURCE, line: undefined };

/** Reads `value`. Returns `undefined` if it is no object of settings, which is reported. */
export function readValue(value: unknown, findings: Findings): RawBlock | undefined {
  const raw = new Converter(findings).convert(value, 0, "");
  if (raw.kind === "block") return raw;
  if (!findings.hasErrors) findings.error(PLACE, "", "Expected an object of settings");
  return undefined;
}

class Converter {
  readonly #findings: Findings;
  #count = 0;

  constructor(findings: Findings) {
    this.#findings = findings;
  }

  convert(value: unknown, depth: number, path: string): RawValue {
    this.#count += 1;
    if (this.#count > VALUES_MAX) return this.#refuse("", "Too many values");
    if (depth > DEPTH_MAX) return this.#refuse(path, "Nested too deeply");
    if (value === null || value === undefined) {
      return { kind: "scalar", place: PLACE, value: null, text: "" };
    }
    if (typeof value === "string" || typeof value === "number" || typeof value === "boolean") {
      return { kind: "scalar", place: PLACE, value, text: String(value) };
    }
    if (Array.isArray(value)) return this.#convertItems(value, depth, path);
    if (typeof value === "object" && isPlain(value)) {
      return this.#convertEntries(value, depth, path);
    }
    return this.#refuse(path, `Expected plain data, found ${describe(value)}`);
  }

  #convertItems(values: readonly unknown[], depth: number, path: string): RawValue {
    const items: RawValue[] = [];
    for (const [index, value] of values.entries()) {
      if (this.#count > VALUES_MAX) break;
      items.push(this.convert(value, depth + 1, `${path}[${index}]`));
    }
    return { kind: "list", place: PLACE, items };
  }

  /** What is `undefined` counts as absent, as in JSON. */
  #convertEntries(block: object, depth: number, path: string): RawBlock {
    const entries = new Map<string, RawEntry>();
    for (const [name, value] of Object.entries(block)) {
      if (value === undefined) continue;
      if (this.#count > VALUES_MAX) break;
      const inner = this.convert(value, depth + 1, path === "" ? name : `${path}.${name}`);
      entries.set(name, { place: PLACE, value: inner });
    }
    return { kind: "block", place: PLACE, entries };
  }

  #refuse(path: string, message: string): RawValue {
    this.#findings.error(PLACE, path, message);
    return refusedValue(PLACE);
  }
}

/** Whether it is as from a literal, of whatever realm, and not an instance of a class. */
function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

function describe(value: unknown): string {
  return typeof value === "object" ? "an instance of a class" : `a ${typeof value}`;
}
