/**
 * A configuration in SRS's format to one in YAML that does the same, with what has become of each
 * directive.
 *
 * @module
 */

import { DEFAULT_VHOST } from "../../base/stream-name.ts";
import { checkConfig } from "../checks.ts";
import type { Config } from "../config.ts";
import { Findings } from "../findings.ts";
import { loadConfig } from "../load-config.ts";
import type { RawBlock } from "../raw-value.ts";
import { BlockReader } from "../read-block.ts";
import type { Values } from "../settings/setting.ts";
import { SETTINGS } from "../settings/table.ts";
import { DirectiveParser, type ReadText } from "../srs/directives.ts";
import { modernize } from "../srs/old-spellings.ts";
import { convertDirectives } from "../srs/read-srs.ts";
import { formatHeader } from "./format-report.ts";
import { ImportedYaml, type WrittenDefault } from "./imported-yaml.ts";
import { Ledger, type LedgerEntry, withOrigins } from "./ledger.ts";
import { type ImportNote, LedgerFindings } from "./ledger-findings.ts";
import { noteDifferences } from "./note-differences.ts";
import { sortOut } from "./sort-out.ts";

/** What is imported. */
export interface ImportSource {
  readonly path: string;
  readonly text: string;
  /** Reads an included file. May throw. */
  readonly readText: ReadText;
}

/** What has become of a file. */
export interface ImportReport {
  readonly path: string;
  /** One for each directive, in the order of the file. */
  readonly entries: readonly LedgerEntry[];
  /** SRS's defaults that are written out. */
  readonly defaults: readonly WrittenDefault[];
  /** What else differs. */
  readonly notes: readonly ImportNote[];
}

export interface ImportedConfig {
  /** The text of the YAML file; it can be loaded. */
  readonly yaml: string;
  readonly report: ImportReport;
}

/**
 * Imports a file. Environment variables play no part: those that name settings win over either file.
 *
 * @throws {ConfigError} If it is no configuration, or one that SRS refuses as well.
 */
export function importSrs(source: ImportSource): ImportedConfig {
  const faults = new Findings();
  const parsed = new DirectiveParser(source.readText, faults).parse(source.path, source.text);
  const start = { source: source.path, line: 1 };
  if (parsed.length === 0 && !faults.hasErrors) faults.error(start, "", "The file is empty");
  faults.throwErrors();

  const directives = withOrigins(parsed);
  const ledger = new Ledger(directives);
  const kept = sortOut(modernize(directives), SETTINGS, ledger);
  const findings = new LedgerFindings(ledger, SETTINGS);
  const raw = convertDirectives(kept, start, SETTINGS, findings);
  const reader = new BlockReader(SETTINGS, "srs", {}, findings);
  reader.keepReferences();
  const values = reader.read(raw);
  const config = values as unknown as Config;
  checkAll(config, raw, source.path, findings);

  const yaml = new ImportedYaml(({ place }) => findings.isLost(place));
  const lines = yaml.format(SETTINGS, raw, withDefaultVhost(values));
  const { entries } = ledger;
  const notes = [...findings.notes, ...noteDifferences(config)];
  const report = { path: source.path, entries, defaults: yaml.defaults, notes };
  const text = `${[...formatHeader(report), "", ...lines].join("\n")}\n`;
  loadConfig({ source: { path: "imported.yaml", text }, environment: {}, readText: () => "" });
  return { yaml: text, report };
}

/** Together the settings must be right; what is not there yet is written down. @throws {ConfigError} */
function checkAll(config: Config, raw: RawBlock, path: string, findings: LedgerFindings): void {
  const faults = new Findings();
  const both = Object.assign(faults, { warn: findings.warn.bind(findings) });
  checkConfig(config, { findings: both, format: "srs", raw, source: path });
  faults.throwErrors();
}

/** SRS refuses who asks for a vhost that is not there; YAML without a default vhost has one. */
function withDefaultVhost(values: Values): Values {
  const vhosts = values["vhosts"] as Readonly<Record<string, Values>>;
  if (Object.hasOwn(vhosts, DEFAULT_VHOST)) return values;
  return { ...values, vhosts: { [DEFAULT_VHOST]: { enabled: false }, ...vhosts } };
}
