/**
 * YAML text to raw values, with their lines.
 *
 * Spec: YAML 1.2.2, core schema, where `on` and `off` are words and not booleans.
 *
 * @module
 */

import {
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseDocument,
  type YAMLMap,
} from "yaml";
import type { Findings, Place } from "./findings.ts";
import { quote } from "./quote.ts";
import { type RawBlock, type RawEntry, type RawValue, refusedValue } from "./raw-value.ts";

/** The table is 7 levels deep, so anything deeper is a mistake or an attack. */
const DEPTH_MAX = 16;
/** A list in a list in a list, or lists in brackets, on their way to a stack overflow. */
const DEEP = /(?:[-?:][ \t]+){16}|(?:[[{]\s*(?:[^\s[\]{}"',:]+:\s*)?){16}/;
/** Aliases let a few lines stand for any number of values; a large configuration has some thousands. */
const NODES_MAX = 100_000;

/** Reads `text`. Returns `undefined` if it holds nothing, or nothing usable, which is reported. */
export function readYaml(source: string, text: string, findings: Findings): RawBlock | undefined {
  const lines = new LineCounter();
  const placeOf = (offset: number): Place => ({ source, line: lines.linePos(offset).line || 1 });
  const document = DEEP.test(text) ? undefined : parse(text, lines);
  if (document === undefined) {
    findings.error({ source, line: 1 }, "", "Cannot read YAML: nested too deeply");
    return undefined;
  }
  for (const { pos, code, message } of document.errors) {
    findings.error(placeOf(pos[0]), "", explain(code, message, lineAt(text, pos[0])));
  }
  if (findings.hasErrors) return undefined;
  for (const { pos, message } of document.warnings) findings.warn(placeOf(pos[0]), "", message);

  const converter = new Converter(placeOf, findings);
  const value =
    document.contents === null
      ? undefined
      : converter.convert(document.contents, { depth: 0, path: "" });
  if (value === undefined || (value.kind === "scalar" && value.value === null)) return undefined;
  if (value.kind === "block") return value;
  findings.error(value.place, "", "Expected settings such as `listen: 1935`");
  return undefined;
}

/** The parser calls itself for every level, so that hostile depth ends in a RangeError. */
function parse(
  text: string,
  lineCounter: LineCounter,
): ReturnType<typeof parseDocument> | undefined {
  try {
    return parseDocument(text, {
      lineCounter,
      prettyErrors: false,
      stringKeys: true,
      uniqueKeys: false, // Checked here, in linear time.
    });
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

function explain(code: string, message: string, line: string): string {
  if (code === "MULTIPLE_DOCS") return "Expected one YAML document, found several";
  // The parser may catch the overflow itself, of whatever engine's words.
  if (/call stack|stack overflow/i.test(message)) return "Cannot read YAML: nested too deeply";
  // As in `mount: [vhost]/[app]`, which YAML takes for a list and something after it.
  const isVariable = /[:-]\s+\[[^\]]*\][^\s,#]/.test(line);
  const hint = isVariable ? ': a text that begins with "[" must be in quotes' : "";
  return `Cannot read YAML: ${message.replace(/\.$/, "")}${hint}`;
}

function lineAt(text: string, offset: number): string {
  const start = text.lastIndexOf("\n", offset - 1) + 1;
  const end = text.indexOf("\n", start);
  return text.slice(start, end === -1 ? undefined : end);
}

/** Where the converter is. */
interface Position {
  readonly depth: number;
  readonly path: string;
}

/** Makes raw values of the parser's nodes. */
class Converter {
  readonly #placeOf: (offset: number) => Place;
  readonly #findings: Findings;
  readonly #anchors = new Map<string, Node>();
  #nodeCount = 0;

  constructor(placeOf: (offset: number) => Place, findings: Findings) {
    this.#placeOf = placeOf;
    this.#findings = findings;
  }

  convert(node: Node, at: Position): RawValue {
    const place = this.#placeOf(node.range?.[0] ?? 0);
    const problem = this.#refuse(node, at);
    if (problem !== undefined) {
      if (problem !== "") this.#findings.error(place, at.path, problem);
      return refusedValue(place);
    }
    if (isAlias(node)) {
      const target = this.#anchors.get(node.source);
      return target === undefined
        ? refusedValue(place)
        : this.convert(target, { ...at, depth: at.depth + 1 });
    }
    const { anchor } = node as { readonly anchor?: string };
    if (anchor !== undefined) this.#anchors.set(anchor, node);
    if (isMap(node)) return { kind: "block", place, entries: this.#convertEntries(node, at) };
    if (isSeq(node)) {
      const items = node.items.map((item, index) =>
        this.convert(item as Node, { depth: at.depth + 1, path: `${at.path}[${index}]` }),
      );
      return { kind: "list", place, items };
    }
    return {
      kind: "scalar",
      place,
      ...(isScalar(node) ? scalarOf(node.value, node.source) : EMPTY),
    };
  }

  /** Why a node is not converted; empty if that was said before. */
  #refuse(node: Node, { depth }: Position): string | undefined {
    this.#nodeCount += 1;
    if (this.#nodeCount > NODES_MAX) {
      return this.#nodeCount === NODES_MAX + 1 ? "Cannot read YAML: too many values" : "";
    }
    if (depth > DEPTH_MAX) return "Cannot read YAML: nested too deeply";
    if (isAlias(node) && !this.#anchors.has(node.source)) {
      return `Cannot find the anchor of the alias ${quote(node.source)}`;
    }
    return undefined;
  }

  #convertEntries(node: YAMLMap, { depth, path }: Position): Map<string, RawEntry> {
    const entries = new Map<string, RawEntry>();
    for (const { key, value } of node.items) {
      if (!isScalar(key)) continue; // Refused by the parser already.
      const name = String(key.value);
      const place = this.#placeOf(key.range?.[0] ?? 0);
      const innerPath = path === "" ? name : `${path}.${name}`;
      const first = entries.get(name);
      if (first !== undefined) {
        const message = `Already given on line ${first.place.line}`;
        this.#findings.error(place, innerPath, message);
        continue;
      }
      const raw: RawValue =
        value === null
          ? { kind: "scalar", place, ...EMPTY }
          : this.convert(value as Node, { depth: depth + 1, path: innerPath });
      entries.set(name, { place, value: raw });
    }
    return entries;
  }
}

const EMPTY = { value: null, text: "" } as const;

function scalarOf(
  value: unknown,
  source: string | undefined,
): { readonly value: string | number | boolean | null; readonly text: string } {
  if (typeof value === "string") return { value, text: value };
  if (typeof value === "number" || typeof value === "boolean") {
    return { value, text: source ?? String(value) };
  }
  return value === null ? EMPTY : { value: String(value), text: String(value) };
}
