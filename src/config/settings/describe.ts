/**
 * Types of settings in words, for messages and for the documentation.
 *
 * @module
 */

import type { Setting, SettingType } from "./setting.ts";

const INTEGER_MAX = 2_147_483_647;

/** What a value of the type is, to follow "Expected". */
export function describeType(type: SettingType): string {
  switch (type.kind) {
    case "boolean":
      return "true or false";
    case "integer":
      return `a whole number ${describeRange(type.min, type.max)}`;
    case "number":
      return `a number ${describeRange(type.min, type.max)}`;
    case "string":
      return "a text";
    case "enum":
      return `one of ${type.values.map((value) => value || '""').join(", ")}`;
    case "endpoints":
      return "a port, an address and a port, or a list of them";
    case "strings":
      return "a text or a list of texts";
    case "rules":
      return "a list of rules such as `play all` or `publish 10.0.0.0/8`";
    case "commands":
      return "a list of commands, each a text or a list of arguments";
    case "options":
      return "a block of names and texts";
  }
}

/** A range, without the upper end if that is only what an integer can hold. */
export function describeRange(min: number, max: number): string {
  return max === INTEGER_MAX ? `of at least ${min}` : `from ${min} to ${max}`;
}

/** What a setting does, with its unit and whether it does it yet. */
export function describeSetting({ doc, type, planned, obsolete }: Setting): string {
  const unit = "unit" in type && type.unit !== undefined ? ` Unit: ${type.unit}.` : "";
  if (obsolete !== undefined) return `${doc} ${obsolete}`;
  return `${doc}${unit}${planned === undefined ? "" : " Not supported yet."}`;
}

/** Breaks `text` into lines that begin with `prefix` and are at most `width` columns wide. */
export function wrap(text: string, prefix: string, width: number): string[] {
  const lines: string[] = [];
  let line = prefix;
  for (const word of text.split(" ")) {
    if (line !== prefix && line.length + 1 + word.length > width) {
      lines.push(line);
      line = prefix;
    }
    line += line === prefix ? word : ` ${word}`;
  }
  return [...lines, line];
}
