/**
 * SRS's configuration format to raw values, under YAML's keys.
 *
 * @module
 */

import type { Findings, Place } from "../findings.ts";
import { quote } from "../quote.ts";
import type { RawBlock, RawEntry, RawValue, RawWords } from "../raw-value.ts";
import type { Block, Setting } from "../settings/setting.ts";
import { describeUnknown } from "../unknown-setting.ts";
import { type Directive, DirectiveParser, type ReadText } from "./directives.ts";
import { modernize } from "./old-spellings.ts";

/** The key of `transcode { }`, which has no name because it is for all streams. */
const ALL_STREAMS = "*";

/** Reads `text`. What is wrong is reported. */
export function readSrs(
  file: { readonly path: string; readonly text: string },
  readText: ReadText,
  table: Block,
  findings: Findings,
): RawBlock {
  const parsed = new DirectiveParser(readText, findings).parse(file.path, file.text);
  const directives = modernize(parsed);
  const start = { source: file.path, line: 1 };
  if (directives.length === 0 && !findings.hasErrors) {
    findings.error(start, "", "The file is empty");
  }
  const marker = directives.find(({ name }) => name === "is_full");
  if (marker?.words[0] === "on") {
    const message = "This is the sample of all settings and not meant to be used";
    findings.error(marker.place, "is_full", message);
  }
  return convertDirectives(directives, start, table, findings);
}

/** A file's directives, in today's spelling, as raw values. @param start The file's first line. */
export function convertDirectives(
  directives: readonly Directive[],
  start: Place,
  table: Block,
  findings: Findings,
): RawBlock {
  return new Converter(table, findings).convert(table, directives, { place: start, path: "" });
}

/** Where a block is. */
interface Position {
  readonly place: Place;
  readonly path: string;
}

/** Directives of the same name in the same block; never empty. */
type Group = readonly [Directive, ...Directive[]];

/** Translates directives to the shape that YAML has, by the table. */
class Converter {
  readonly #table: Block;
  readonly #findings: Findings;

  constructor(table: Block, findings: Findings) {
    this.#table = table;
    this.#findings = findings;
  }

  convert(block: Block, directives: readonly Directive[], at: Position): RawBlock {
    const entries = new Map<string, RawEntry>();
    for (const [name, group] of groupBy(directives, (directive) => directive.name)) {
      const items = block.items.filter((candidate) => srsNameOf(candidate) === name);
      if (items.length === 0) this.#refuseUnknown(block, group, join(at.path, name));
      for (const item of items) {
        const own = items.length === 1 ? group : ofShape(group, item);
        const entry = own && this.#convertItem(item, own, join(at.path, item.name));
        if (entry !== undefined) entries.set(item.name, entry);
      }
    }
    return { kind: "block", place: at.place, entries };
  }

  #convertItem(item: Block | Setting, group: Group, path: string): RawEntry | undefined {
    const value =
      item.kind === "setting"
        ? this.#convertSetting(item, group, path)
        : this.#convertBlock(item, group, path);
    return value && { place: group[0].place, value };
  }

  #refuseUnknown(block: Block, [{ name, place }]: Group, path: string): void {
    if (block.isUncheckedBySrs) {
      this.#findings.warn(place, path, "Unknown setting, ignored as in SRS");
    } else if (!this.#findings.isFull) {
      const known = block.items.map(srsNameOf);
      this.#findings.error(place, path, describeUnknown(name, known, this.#table));
    }
  }

  #convertSetting(setting: Setting, group: Group, path: string): RawValue | undefined {
    const [{ place, words, children }] = group;
    const { kind } = setting.type;
    if (setting.obsolete !== undefined) return undefined;
    if (kind === "rules" || kind === "commands") {
      return { kind: "list", place, items: group.map(toWords) };
    }
    this.#warnRepeated(group, path);
    // A word instead of a block counts as an empty block, as in SRS.
    if (kind === "options") return children === undefined ? undefined : toOptions(group[0]);
    if (children !== undefined) {
      this.#findings.error(place, path, `Expected a value and ";", found a block`);
      return undefined;
    }
    return words.length === 0 ? undefined : toWords(group[0]);
  }

  #convertBlock(block: Block, group: Group, path: string): RawValue {
    const [{ place, words, children }] = group;
    if (block.shape === "list") {
      const items = group.map((directive, index) =>
        this.convert(block, directive.children ?? [], {
          place: directive.place,
          path: `${path}[${index}]`,
        }),
      );
      return { kind: "list", place, items };
    }
    if (block.shape === "map") return this.#convertNamed(block, group, path);
    if (children === undefined) {
      const found = `found ${quote(words.join(" "))}, which is ignored as in SRS`;
      this.#findings.warn(place, path, `Expected a block { }, ${found}`);
    }
    if (block.name === "http_remux") this.#refuseRepeated(group, path);
    else this.#warnRepeated(group, path);
    return this.convert(block, children ?? [], { place, path });
  }

  /** Blocks with a name each. */
  #convertNamed(block: Block, group: Group, path: string): RawBlock {
    const entries = new Map<string, RawEntry>();
    const byKey = groupBy(group, ({ words: [key] }) => {
      return key ?? (block.name === "transcode" ? ALL_STREAMS : "");
    });
    for (const [key, sameKey] of byKey) {
      const [{ place, children = [] }] = sameKey;
      const keyPath = join(path, key);
      if (block.name === "ingest") this.#refuseRepeated(sameKey, keyPath);
      else this.#warnRepeated(sameKey, keyPath);
      entries.set(key, { place, value: this.convert(block, children, { place, path: keyPath }) });
    }
    return { kind: "block", place: group[0].place, entries };
  }

  #warnRepeated([first, ...others]: Group, path: string): void {
    for (const { place } of others) {
      const message = `Repeated, the first one on line ${first.place.line} is used`;
      this.#findings.warn(place, path, message);
    }
  }

  /** For what SRS does not let pass. */
  #refuseRepeated([first, ...others]: Group, path: string): void {
    for (const { place } of others) {
      this.#findings.error(place, path, `Already given on line ${first.place.line}`);
    }
  }
}

/** Of directives of a name that is a setting's and a block's, those which are the one or the other. */
function ofShape(group: Group, item: Block | Setting): Group | undefined {
  const isBlock = item.kind === "block";
  const [first, ...others] = group.filter(({ children }) => (children !== undefined) === isBlock);
  return first && [first, ...others];
}

/** Groups in the order of their first directives. */
function groupBy(
  directives: readonly Directive[],
  keyOf: (directive: Directive) => string,
): ReadonlyMap<string, Group> {
  const groups = new Map<string, [Directive, ...Directive[]]>();
  for (const directive of directives) {
    const key = keyOf(directive);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [directive]);
    else group.push(directive);
  }
  return groups;
}

/** What SRS's format calls a setting or a block. */
export function srsNameOf(item: Block | Setting): string {
  return item.kind === "block" ? (item.srsName ?? item.name) : item.name;
}

function join(path: string, name: string): string {
  return path === "" ? name : `${path}.${name}`;
}

function toWords({ place, words }: Directive): RawWords {
  return { kind: "words", place, words, isStrict: false };
}

function toOptions({ place, children = [] }: Directive): RawBlock {
  const entries = new Map<string, RawEntry>();
  for (const child of children) {
    if (!entries.has(child.name)) {
      entries.set(child.name, { place: child.place, value: toWords(child) });
    }
  }
  return { kind: "block", place, entries };
}
