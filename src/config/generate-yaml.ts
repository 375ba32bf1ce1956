/**
 * conf/full.yaml: every setting with its default, made from the settings table.
 *
 * @module
 */

import type { Config } from "./config.ts";
import { type Endpoint, formatEndpoint } from "./endpoint.ts";
import { describeSetting, wrap } from "./settings/describe.ts";
import {
  type AccessRule,
  type Block,
  hasValues,
  plainDefault,
  type Setting,
  type SettingValue,
  type Values,
} from "./settings/setting.ts";

const HEADER = `# yaml-language-server: $schema=sluice.schema.json
#
# Every setting with its default: a reference to copy from, not a file to start from. To leave a
# setting out is to have its default.
#
# Made by scripts/generate.ts from src/config/settings/: do not edit.
`;

const WIDTH = 100;

/** The text of full.yaml. @param defaults What an empty file stands for. */
export function generateYaml(table: Block, defaults: Config): string {
  return `${HEADER}\n${formatBlock(table, defaults as unknown as Values).join("\n")}\n`;
}

/** A commented example of one entry of a block that is repeated. */
export function formatExample(block: Block): string[] {
  const lines = formatBlock(block, {});
  return block.shape === "list"
    ? lines.map((line, index) => (index === 0 ? `- ${line}` : (indent([line])[0] ?? "")))
    : [`${block.keyName ?? "NAME"}:`, ...indent(lines)];
}

/** Lines of a block's items, without the block's own name. */
function formatBlock(block: Block, values: Values): string[] {
  const isTop = block.name === "";
  return block.items.flatMap((item, index): string[] => {
    if (item.kind === "setting" && item.obsolete !== undefined) return [];
    if (item.kind === "block" && !hasValues(item)) return [];
    const value = values[item.property];
    const gap = index > 0 && (isTop || item.kind === "block") ? [""] : [];
    if (item.kind === "setting") {
      const text = wrap(describeSetting(item), "# ", WIDTH - 8);
      const shown = value ?? plainDefault(item, "yaml") ?? [];
      return [...gap, ...text, `${item.name}: ${formatValue(item, shown as SettingValue)}`];
    }
    return [...gap, ...formatInner(item, value)];
  });
}

function formatInner(block: Block, value: unknown): string[] {
  const planned = block.planned === undefined ? "" : " Not supported yet.";
  const text = wrap(`${block.doc}${planned}`, "# ", WIDTH - 8);
  if (block.shape === "one") {
    return [...text, `${block.name}:`, ...indent(formatBlock(block, (value ?? {}) as Values))];
  }
  const entries = Object.entries((value ?? {}) as Record<string, Values>);
  if (block.shape === "map" && entries.length > 0) {
    const lines = entries.flatMap(([key, inner]) => [
      `${key}:`,
      ...indent(formatBlock(block, inner)),
    ]);
    return [...text, `${block.name}:`, ...indent(lines)];
  }
  const example = formatExample(block).map((line) => `#   ${line}`.trimEnd());
  return [...text, `${block.name}: ${block.shape === "list" ? "[]" : "{}"}`, ...example];
}

function indent(lines: readonly string[]): string[] {
  return lines.map((line) => (line === "" ? "" : `  ${line}`));
}

/** A value on one line. */
export function formatValue(setting: Setting, value: SettingValue): string {
  if (setting.type.kind === "endpoints") {
    const [first, ...others] = (value as readonly Endpoint[]).map(formatEndpoint).map(formatText);
    return first !== undefined && others.length === 0
      ? first
      : `[${[first, ...others].join(", ")}]`;
  }
  if (setting.type.kind === "rules") {
    const rules = (value as readonly AccessRule[]).map(({ action, from }) => `${action} ${from}`);
    return `[${rules.map(formatText).join(", ")}]`;
  }
  if (typeof value === "string") return formatText(value);
  if (typeof value !== "object") return String(value);
  return JSON.stringify(value);
}

/** Plain if nobody could take it for something else. */
function formatText(text: string): string {
  const isPlain = /^([a-z][\w.-]*|\.?\/[\w./-]*|\d+)$/i.test(text);
  return isPlain && !/^(on|off|yes|no|y|n|true|false|null)$/i.test(text)
    ? text
    : JSON.stringify(text);
}
