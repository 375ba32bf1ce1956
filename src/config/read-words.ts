/**
 * Values written as words: in SRS's format and in the environment. As lenient as SRS where files
 * that work with SRS may rely on it, but not silently.
 *
 * @module
 */

import { type Endpoint, parseEndpoint } from "./endpoint.ts";
import type { Report } from "./findings.ts";
import { quote } from "./quote.ts";
import type { RawWords } from "./raw-value.ts";
import { readRule } from "./read-rule.ts";
import { describeType } from "./settings/describe.ts";
import {
  plainDefault,
  type Setting,
  type SettingType,
  type SettingValue,
} from "./settings/setting.ts";

type NumberType = Extract<SettingType, { kind: "integer" | "number" }>;

/** Reads `raw`; `undefined` if it is wrong, which is reported, or empty, which means the default. */
export function readWords(
  setting: Setting,
  raw: RawWords,
  report: Report,
): SettingValue | undefined {
  const { type } = setting;
  if (raw.words.length === 0) return undefined;
  switch (type.kind) {
    case "endpoints":
      return readEndpoints(raw, report);
    case "strings":
      return raw.words.filter((word) => word !== "");
    case "rules":
      return readRule(raw.words, raw.place, report);
    case "commands":
      return [raw.words];
    case "options":
      report.error(
        raw.place,
        `Expected a block { NAME VALUE; }, found ${quote(raw.words.join(" "))}`,
      );
      return undefined;
    default:
      return readWord(setting, raw, report);
  }
}

/** SRS takes the first word and does not look at the others. */
function readWord(setting: Setting, raw: RawWords, report: Report): SettingValue | undefined {
  const { type } = setting;
  const [word = "", next] = raw.words;
  if (next !== undefined) {
    report.warn(raw.place, `Expected one value, only ${quote(word)} is used`);
  }
  if (word === "") return undefined;
  if (type.kind === "boolean") return readBoolean(setting, word, raw, report);
  if (type.kind === "integer" || type.kind === "number") {
    return readNumber(setting, type, word, { raw, report });
  }
  if (type.kind === "enum" && !type.values.includes(word)) {
    report.error(raw.place, `Expected ${describeType(type)}, found ${quote(word)}`);
    return undefined;
  }
  return word;
}

function readBoolean(
  setting: Setting,
  word: string,
  raw: RawWords,
  report: Report,
): boolean | undefined {
  if (word === "on" || word === "off") return word === "on";
  if (raw.isStrict) {
    if (word === "true" || word === "false") return word === "true";
    report.error(raw.place, `Expected on or off, found ${quote(word)}`);
    return undefined;
  }
  // SRS compares with one word only: with "off" where the default is on, else with "on".
  const value = setting.srsOtherWords ?? plainDefault(setting, "srs") === true;
  const meaning = value ? "on" : "off";
  report.warn(
    raw.place,
    `Expected on or off, found ${quote(word)}, which means ${meaning} as in SRS`,
  );
  return value;
}

function readNumber(
  setting: Setting,
  type: NumberType,
  word: string,
  { raw, report }: { readonly raw: RawWords; readonly report: Report },
): number | undefined {
  const expected = `Expected ${describeType(type)}`;
  if (!/^[+-]?(\d+(\.\d*)?|\.\d+)$/.test(word)) {
    report.error(raw.place, `${expected}, found ${quote(word)}`);
    return undefined;
  }
  let value = Number(word);
  if (type.kind === "integer" && !Number.isInteger(value)) {
    value = Math.trunc(value);
    report.warn(raw.place, `${expected}, found ${quote(word)}, which means ${value} as in SRS`);
  }
  if (value >= type.min && value <= type.max) return value;
  if (setting.srsOutOfRange === undefined || raw.isStrict) {
    report.error(raw.place, `${expected}, found ${quote(word)}`);
    return undefined;
  }
  const used =
    setting.srsOutOfRange === "clamp"
      ? Math.min(Math.max(value, type.min), type.max)
      : (plainDefault(setting, "srs") as number);
  report.warn(raw.place, `${expected}, found ${quote(word)}, ${used} is used`);
  return used;
}

function readEndpoints(raw: RawWords, report: Report): readonly Endpoint[] | undefined {
  const words = raw.words.filter((word) => word !== "");
  // SRS refuses port 0.
  const parsed = words.map((word) => parseEndpoint(word, raw.isStrict ? 0 : 1));
  for (const problem of parsed.filter((endpoint) => typeof endpoint === "string")) {
    report.error(raw.place, problem);
  }
  const good = parsed.filter((endpoint) => typeof endpoint !== "string");
  return good.length === 0 ? undefined : good;
}
