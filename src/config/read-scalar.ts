/**
 * Values written as YAML scalars. Strict: YAML has types.
 *
 * @module
 */

import { parseEndpoint } from "./endpoint.ts";
import type { Report } from "./findings.ts";
import { describeRaw, type RawScalar } from "./raw-value.ts";
import { readRule } from "./read-rule.ts";
import { describeType } from "./settings/describe.ts";
import type { SettingType, SettingValue } from "./settings/setting.ts";

/** Reads `raw`; `undefined` if it is wrong, which is reported. Lists are read as lists of one. */
export function readScalar(
  type: SettingType,
  raw: RawScalar,
  report: Report,
): SettingValue | undefined {
  if (raw.value !== null && type.kind === "endpoints") return readEndpoint(raw, report);
  if (raw.value !== null && type.kind === "rules") {
    return readRule(splitWords(raw.text), raw.place, report);
  }
  const value = raw.value === null ? undefined : convert(type, raw);
  if (value === undefined) {
    report.error(raw.place, `Expected ${describeType(type)}, found ${describeRaw(raw)}`);
  }
  return value;
}

function convert(type: SettingType, { value, text }: RawScalar): SettingValue | undefined {
  switch (type.kind) {
    case "boolean":
      if (text === "on" || text === "off") return text === "on";
      return typeof value === "boolean" ? value : undefined;
    case "integer":
    case "number":
      if (typeof value !== "number") return undefined;
      if (!(type.kind === "integer" ? Number.isInteger(value) : Number.isFinite(value))) {
        return undefined;
      }
      return value >= type.min && value <= type.max ? value : undefined;
    case "string":
      return text;
    case "enum":
      return type.values.includes(text) ? text : undefined;
    case "strings":
      return [text];
    case "commands":
      return [splitWords(text)];
    case "options":
    case "endpoints":
    case "rules":
      return undefined;
  }
}

function readEndpoint(raw: RawScalar, report: Report): SettingValue | undefined {
  const endpoint = parseEndpoint(raw.text, 0);
  if (typeof endpoint !== "string") return [endpoint];
  report.error(raw.place, endpoint);
  return undefined;
}

function splitWords(text: string): string[] {
  return text.split(/\s+/).filter((word) => word !== "");
}
