/**
 * Values that were read from SRS's format, as YAML: what the file says, and those of SRS's defaults
 * that are others than in YAML and make a difference.
 *
 * @module
 */

import { formatValue } from "../generate-yaml.ts";
import type { RawBlock, RawValue } from "../raw-value.ts";
import {
  type Block,
  hasValues,
  isDerived,
  plainDefault,
  type Setting,
  type SettingValue,
  type Values,
} from "../settings/setting.ts";

/** A default that had to be written out. */
export interface WrittenDefault {
  /** Without names: `vhosts.NAME.play.wait_stream`. */
  readonly path: string;
  readonly value: string;
  /** In how many places. */
  readonly count: number;
}

/** What has an effect though the block that it is in is disabled. */
const EFFECTIVE_WHEN_DISABLED = ["http_server.dir"];
const DEFAULT_MARK = "# SRS's default";
/** Of a list on one line; longer ones have a line an item. */
const WIDTH = 90;

/** Where the writer is. */
interface Position {
  /** Without names. */
  readonly path: string;
  /** Values of the blocks around, innermost first. */
  readonly around: readonly Values[];
  readonly isDisabled: boolean;
}

export class ImportedYaml {
  readonly #isLost: (raw: RawValue) => boolean;
  readonly #defaults = new Map<string, WrittenDefault>();

  /** @param isLost Whether what is written cannot be carried over. */
  constructor(isLost: (raw: RawValue) => boolean) {
    this.#isLost = isLost;
  }

  /** What had to be written out, once `format` has been called. */
  get defaults(): readonly WrittenDefault[] {
    return [...this.#defaults.values()];
  }

  /** Lines of the whole configuration, a gap before each block of its own. */
  format(table: Block, raw: RawBlock, values: Values): string[] {
    const at: Position = { path: "", around: [], isDisabled: false };
    const settings = this.#settings(table, raw, values, at);
    const blocks = this.#blocks(table, raw, values, at).flatMap((lines) => ["", ...lines]);
    return [...settings, ...blocks];
  }

  #block(block: Block, raw: RawBlock | undefined, values: Values, at: Position): string[] {
    return [
      ...this.#settings(block, raw, values, at),
      ...this.#blocks(block, raw, values, at).flat(),
    ];
  }

  #settings(block: Block, raw: RawBlock | undefined, values: Values, at: Position): string[] {
    const isDisabled = at.isDisabled || values["enabled"] === false;
    return block.items.flatMap((item): string[] => {
      if (item.kind !== "setting" || item.obsolete !== undefined) return [];
      const value = values[item.property] as SettingValue;
      const written = raw?.entries.get(item.name)?.value;
      // Of a list, only what is wrong in it is lost.
      const isKept = written?.kind === "list" || (written && !this.#isLost(written));
      if (isKept && value !== undefined) return formatSetting(item, value);
      const path = join(at.path, item.name);
      const isIdle = item.name === "enabled" ? at.isDisabled : isDisabled;
      if (isIdle && !EFFECTIVE_WHEN_DISABLED.includes(path)) return [];
      if (item.planned !== undefined || isSame(value, yamlDefault(item, values, at))) return [];
      this.#note(path, formatValue(item, value));
      const [first = "", ...others] = formatSetting(item, value);
      return [`${first} ${DEFAULT_MARK}`, ...others];
    });
  }

  #note(path: string, value: string): void {
    const key = `${path}: ${value}`;
    const count = (this.#defaults.get(key)?.count ?? 0) + 1;
    this.#defaults.set(key, { path, value, count });
  }

  /** The lines of each block that has something to say. */
  #blocks(block: Block, raw: RawBlock | undefined, values: Values, at: Position): string[][] {
    const isDisabled = at.isDisabled || values["enabled"] === false;
    return block.items.flatMap((item): string[][] => {
      if (item.kind !== "block" || !hasValues(item)) return [];
      if (values[item.property] === undefined) return []; // As in a vhost that is only refused.
      const around = [values, ...at.around];
      const inner = { path: join(at.path, item.name), around, isDisabled };
      const written = raw?.entries.get(item.name)?.value;
      const lines = this.#shaped(item, written, values[item.property], inner);
      return lines.length === 0 ? [] : [[`${item.name}:`, ...indent(lines)]];
    });
  }

  #shaped(block: Block, written: RawValue | undefined, value: unknown, at: Position): string[] {
    const blockOf = (raw: RawValue | undefined): RawBlock | undefined =>
      raw?.kind === "block" ? raw : undefined;
    if (block.shape === "one") return this.#block(block, blockOf(written), value as Values, at);
    if (block.shape === "list") {
      const items = written?.kind === "list" ? written.items : [];
      return (value as readonly Values[]).flatMap((one, index) => {
        const lines = this.#block(block, blockOf(items[index]), one, at);
        return lines.map((line, row) => (row === 0 ? `- ${line}` : `  ${line}`));
      });
    }
    return Object.entries(value as Record<string, Values>).flatMap(([key, one]) => {
      const inner = { ...at, path: join(at.path, block.keyName ?? "NAME") };
      const raw = blockOf(blockOf(written)?.entries.get(key)?.value);
      const lines = this.#block(block, raw, one, inner);
      const name = formatKey(key);
      return lines.length === 0 ? [`${name}: {}`] : [`${name}:`, ...indent(lines)];
    });
  }
}

function yamlDefault(setting: Setting, values: Values, at: Position): SettingValue | undefined {
  const plain = plainDefault(setting, "yaml");
  if (plain !== undefined || !isDerived(setting.default)) return plain;
  return setting.default.derive({ format: "yaml", blocks: [values, ...at.around] });
}

function isSame(a: SettingValue | undefined, b: SettingValue | undefined): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

function formatSetting(setting: Setting, value: SettingValue): string[] {
  const { name, type } = setting;
  if (type.kind === "commands") {
    const items = (value as readonly (readonly string[])[]).map((words) => JSON.stringify(words));
    return [`${name}:`, ...items.map((words) => `  - ${words}`)];
  }
  if (type.kind === "options") {
    const entries = Object.entries(value as Readonly<Record<string, string>>);
    if (entries.length === 0) return [`${name}: {}`];
    const lines = entries.map(([key, text]) => `  ${formatKey(key)}: ${JSON.stringify(text)}`);
    return [`${name}:`, ...lines];
  }
  const line = `${name}: ${formatValue(setting, value)}`;
  if (line.length <= WIDTH || type.kind !== "strings") return [line];
  const items = (value as readonly string[]).map((text) => `  - ${JSON.stringify(text)}`);
  return [`${name}:`, ...items];
}

/** Plain if nobody could take it for something else. */
function formatKey(key: string): string {
  const isPlain = /^[a-z_][\w.-]*$/i.test(key);
  return isPlain && !/^(on|off|yes|no|y|n|true|false|null)$/i.test(key) ? key : JSON.stringify(key);
}

function indent(lines: readonly string[]): string[] {
  return lines.map((line) => (line === "" ? "" : `  ${line}`));
}

function join(path: string, name: string): string {
  return path === "" ? name : `${path}.${name}`;
}
