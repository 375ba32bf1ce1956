/**
 * From text and environment to a configuration that can be used.
 *
 * @module
 */

import { DEFAULT_VHOST } from "../base/stream-name.ts";
import { checkConfig } from "./checks.ts";
import type { Config } from "./config.ts";
import { type Environment, warnUnknownVariables } from "./environment.ts";
import { Findings, VALUE_SOURCE } from "./findings.ts";
import { isEmptyRaw, type RawBlock, type RawEntry } from "./raw-value.ts";
import { BlockReader } from "./read-block.ts";
import { readValue } from "./read-value.ts";
import { readYaml } from "./read-yaml.ts";
import type { ConfigFormat } from "./settings/setting.ts";
import { SETTINGS } from "./settings/table.ts";
import type { ReadText } from "./srs/directives.ts";
import { readSrs } from "./srs/read-srs.ts";

/** Room for some thousand vhosts, of which an imported one takes a kilobyte, and parsed in a second. */
const SIZE_MAX = 4_194_304;

const DIRECTIVE = /^\s*\w+(\s[^\n#:]*)?[;{]\s*(#.*)?$/m;
const YAML_KEY = /^\w+:( [^;\n]*)?$/m;

export interface LoadOptions {
  /**
   * The file, or a value in the shape of the YAML. Absent: the environment alone, with SRS's defaults
   * but in the foreground.
   */
  readonly source: TextSource | ValueSource | undefined;
  readonly environment: Environment;
  /** Reads a file that an `include` in SRS's format names, relative to the working folder. */
  readonly readText: ReadText;
  /** Absent: by the file's extension, else by what its text looks like. */
  readonly format?: ConfigFormat;
}

interface TextSource {
  readonly path: string;
  readonly text: string;
}

/** What a program holds, whose findings have no line. */
interface ValueSource {
  readonly value: unknown;
}

export interface LoadedConfig {
  /** Frozen, down to the last value. */
  readonly config: Config;
  /** What the operator should know, one line each. */
  readonly warnings: readonly string[];
}

/**
 * Reads a configuration.
 *
 * @throws {ConfigError} With every fault found.
 */
export function loadConfig(options: LoadOptions): LoadedConfig {
  const { source, environment } = options;
  const findings = new Findings();
  const format = options.format ?? formatOf(source);
  const raw = source === undefined ? withoutFile() : readSource(source, options, findings, format);
  if (raw === undefined) findings.throwErrors();

  const reader = new BlockReader(SETTINGS, format, environment, findings);
  const needsDefault = format === "yaml" || source === undefined;
  const values = reader.read(needsDefault ? withDefaultVhost(raw) : raw);
  if (values["inDocker"] && values["disableDaemonForDocker"]) values["daemon"] = false;
  findings.throwErrors();

  // The table says which properties there are, and config.ts is made from the table.
  const config = freeze(values) as unknown as Config;
  checkConfig(config, { findings, format, raw, source: nameOf(source) });
  warnUnknownVariables(environment, reader.environmentNames, findings);
  findings.throwErrors();
  return { config, warnings: findings.warnings };
}

function formatOf(source: LoadOptions["source"]): ConfigFormat {
  if (source === undefined) return "srs";
  return "value" in source ? "yaml" : detectFormat(source);
}

function nameOf(source: LoadOptions["source"]): string {
  if (source === undefined) return "environment";
  return "value" in source ? VALUE_SOURCE : source.path;
}

/**
 * SRS's directives end with `;` or open a block with `{`; YAML's keys are followed by a colon. A file
 * named as SRS's are may hold YAML, where a path for SRS is kept for the sake of scripts.
 */
export function detectFormat(source: TextSource): ConfigFormat {
  if (/\.ya?ml$/i.test(source.path)) return "yaml";
  if (DIRECTIVE.test(source.text)) return "srs";
  return /\.conf$/i.test(source.path) && !YAML_KEY.test(source.text) ? "srs" : "yaml";
}

function readSource(
  source: TextSource | ValueSource,
  options: LoadOptions,
  findings: Findings,
  format: ConfigFormat,
): RawBlock | undefined {
  if ("value" in source) return readValue(source.value, findings);
  const problem = refuseText(source.text);
  if (problem !== undefined) {
    findings.error({ source: source.path, line: 1 }, "", `Cannot read configuration: ${problem}`);
    return undefined;
  }
  return format === "yaml"
    ? readYaml(source.path, source.text, findings)
    : readSrs(source, options.readText, SETTINGS, findings);
}

/** Stops what is no configuration at all, such as a recording, before the parsers struggle with it. */
function refuseText(text: string): string | undefined {
  if (text.length > SIZE_MAX) return `longer than ${SIZE_MAX} characters`;
  return text.includes("\0") ? "not a text" : undefined;
}

/** What SRS assumes when it is run by the environment alone. */
function withoutFile(): RawBlock {
  const place = { source: "environment", line: undefined };
  const word = (text: string): RawEntry => ({
    place,
    value: { kind: "words", place, words: [text], isStrict: false },
  });
  const entries = new Map([
    ["daemon", word("off")],
    ["srs_log_tank", word("console")],
  ]);
  return { kind: "block", place, entries };
}

function withDefaultVhost(raw: RawBlock | undefined): RawBlock {
  const place = raw?.place ?? { source: "environment", line: undefined };
  const vhosts = raw?.entries.get("vhosts");
  const isWrong = vhosts && vhosts.value.kind !== "block" && !isEmptyRaw(vhosts.value);
  if (isWrong && raw !== undefined) return raw; // The reader says so.
  const named = vhosts?.value.kind === "block" ? vhosts.value.entries : new Map();
  if (raw !== undefined && named.has(DEFAULT_VHOST)) return raw;
  const empty: RawEntry = { place, value: { kind: "block", place, entries: new Map() } };
  const all = new Map<string, RawEntry>([[DEFAULT_VHOST, empty], ...named]);
  const value: RawBlock = { kind: "block", place, entries: all };
  return {
    kind: "block",
    place,
    entries: new Map([...(raw?.entries ?? []), ["vhosts", { place, value }]]),
  };
}

function freeze<T>(value: T): T {
  if (typeof value !== "object" || value === null) return value;
  for (const inner of Object.values(value)) freeze(inner);
  return Object.freeze(value);
}
