/**
 * One value of the kind its setting asks for, from whatever spelling.
 *
 * @module
 */

import { type Endpoint, withoutCovered } from "./endpoint.ts";
import type { Report } from "./findings.ts";
import { describeRaw, type RawBlock, type RawList, type RawValue } from "./raw-value.ts";
import { readScalar } from "./read-scalar.ts";
import { readWords } from "./read-words.ts";
import { describeType } from "./settings/describe.ts";
import type { Setting, SettingValue } from "./settings/setting.ts";

/** More than any machine has addresses to listen on. */
const ENDPOINTS_MAX = 64;

/** Reads `raw`; `undefined` if it is wrong, which is reported, or empty, which means the default. */
export function readSetting(
  setting: Setting,
  raw: RawValue,
  report: Report,
): SettingValue | undefined {
  const value = readAnySpelling(setting, raw, report);
  if (value === undefined || setting.type.kind !== "endpoints") return value;
  const endpoints = value as readonly Endpoint[];
  if (endpoints.length <= ENDPOINTS_MAX) return withoutCovered(endpoints);
  report.error(raw.place, `Expected at most ${ENDPOINTS_MAX} endpoints, found ${endpoints.length}`);
  return undefined;
}

function readAnySpelling(
  setting: Setting,
  raw: RawValue,
  report: Report,
): SettingValue | undefined {
  switch (raw.kind) {
    case "words":
      return readWords(setting, raw, report);
    case "scalar":
      return readScalar(setting.type, raw, report);
    case "list":
      return readList(setting, raw, report);
    case "block":
      return readOptions(setting, raw, report);
  }
}

function readList(setting: Setting, raw: RawList, report: Report): SettingValue | undefined {
  const { kind } = setting.type;
  if (kind !== "endpoints" && kind !== "strings" && kind !== "rules" && kind !== "commands") {
    report.error(raw.place, `Expected ${describeType(setting.type)}, found a list`);
    return undefined;
  }
  const values = raw.items.map((item): SettingValue | undefined => {
    if (kind === "commands" && item.kind === "list") return readArguments(item, report);
    if (item.kind === "scalar" || item.kind === "words")
      return readAnySpelling(setting, item, report);
    report.error(item.place, `Expected ${describeType(setting.type)}, found ${describeRaw(item)}`);
    return undefined;
  });
  // Each item was read as a list of one.
  return values.flatMap((value): unknown => value ?? []) as SettingValue;
}

function readArguments(raw: RawList, report: Report): SettingValue | undefined {
  const words = raw.items.map((item) => (item.kind === "scalar" ? item.text : undefined));
  if (words.length > 0 && words.every((word) => word !== undefined)) return [words];
  report.error(raw.place, "Expected a list of arguments, each a text");
  return undefined;
}

function readOptions(setting: Setting, raw: RawBlock, report: Report): SettingValue | undefined {
  if (setting.type.kind !== "options") {
    report.error(raw.place, `Expected ${describeType(setting.type)}, found a block`);
    return undefined;
  }
  const values: Record<string, string> = Object.create(null);
  for (const [name, { place, value }] of raw.entries) {
    if (value.kind === "scalar") values[name] = value.text;
    else if (value.kind === "words") values[name] = value.words[0] ?? "";
    else report.error(place, `Expected a text for ${name}, found ${describeRaw(value)}`);
  }
  return values;
}
