/**
 * What has become of an imported file, in lines to read.
 *
 * @module
 */

import type { ImportReport } from "./import-srs.ts";
import type { LedgerEntry, Outcome } from "./ledger.ts";

/** In the order of what an operator has to look at first. */
const TITLES: readonly (readonly [Outcome, string])[] = [
  ["lost", "Lost, since the name or the value is not known:"],
  ["not there yet", "Not there yet:"],
  ["changed", "Carried over otherwise:"],
  ["not needed", "Not needed any more:"],
];

/** So many lines are told of what is said in the same words; a farm has a thousand. */
const PLACES_MAX = 8;

/** Whether there is anything that the new configuration does not do. */
export function losesSomething({ entries }: ImportReport): boolean {
  return entries.some(({ outcome }) => outcome === "lost" || outcome === "not there yet");
}

/** One line for the whole. */
export function formatSummary({ path, entries }: ImportReport): string {
  const count = (wanted: Outcome): number =>
    entries.filter(({ outcome }) => outcome === wanted).length;
  const counts = [
    `${count("same")} as they were`,
    `${count("changed")} otherwise`,
    `${count("not needed")} not needed any more`,
    `${count("not there yet")} not there yet`,
    `${count("lost")} lost`,
  ];
  return `${sanitize(path)}: ${entries.length} directives, ${counts.join(", ")}`;
}

/** The whole report. @param isFull With what is the same, too. */
export function formatReport(report: ImportReport, isFull: boolean): string {
  const { defaults } = report;
  const same = isFull ? formatEntries(report, "same", "Carried over as they were:") : [];
  const written =
    defaults.length === 0
      ? []
      : [
          "",
          "Written out, since SRS's default is another than that of YAML:",
          ...defaults.map(({ path, value, count }) => {
            const places = count === 1 ? "" : ` (in ${count} places)`;
            return sanitize(`  ${path}: ${value}${places}`);
          }),
        ];
  const lines = [formatSummary(report), ...formatDetails(report), ...same, ...written];
  return `${lines.join("\n")}\n`;
}

/** Comment lines for the top of the YAML file. */
export function formatHeader(report: ImportReport): string[] {
  const lines = ["Imported from SRS's configuration.", formatSummary(report)];
  const details = formatDetails(report);
  return ["# yaml-language-server: $schema=sluice.schema.json", "#"].concat(
    [...lines, ...details].map((line) => `# ${line}`.trimEnd()),
  );
}

function formatDetails(report: ImportReport): string[] {
  const notes = report.notes.map(({ path, text }) => sanitize(`  ${path}: ${text}`));
  return [
    ...TITLES.flatMap(([outcome, title]) => formatEntries(report, outcome, title)),
    ...(notes.length === 0 ? [] : ["", "To know besides:", ...notes]),
  ];
}

/** What is said in the same words of several directives is said once, with all their lines. */
function formatEntries(report: ImportReport, outcome: Outcome, title: string): string[] {
  const groups = new Map<string, LedgerEntry[]>();
  for (const entry of report.entries) {
    if (entry.outcome !== outcome || entry.isCovered) continue;
    const key = `${entry.origin.path}\n${entry.text}`;
    const known = groups.get(key);
    if (known === undefined) groups.set(key, [entry]);
    else known.push(entry);
  }
  if (groups.size === 0) return [];
  return ["", title, ...[...groups.values()].map((group) => formatGroup(group, report.path))];
}

function formatGroup(group: readonly LedgerEntry[], path: string): string {
  const [{ origin, text } = { origin: { path: "" }, text: "" }] = group;
  const reason = text === "" ? "" : `: ${text}`;
  return sanitize(`  ${formatPlaces(group, path)}, ${origin.path}${reason}`);
}

/** @param path Of the file; lines of files that it includes have their file before them. */
function formatPlaces(group: readonly LedgerEntry[], path: string): string {
  const places = group.map(({ origin: { place } }) => {
    return place.source === path ? `${place.line}` : `${place.source}:${place.line}`;
  });
  const unique = [...new Set(places)];
  const shown = unique.slice(0, PLACES_MAX).join(", ");
  const more = unique.length - PLACES_MAX;
  if (more > 0) return `lines ${shown} and ${more} more`;
  const isFile = group.every(({ origin }) => origin.place.source !== path);
  if (unique.length > 1) return isFile ? shown : `lines ${shown}`;
  return isFile ? shown : `line ${shown}`;
}

/** What is quoted from a file must stay on its line. */
function sanitize(line: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
  return line.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029\ufeff]/g, "?");
}
