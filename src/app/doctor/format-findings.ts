/**
 * Findings in lines to read.
 *
 * @module
 */

import type { DoctorFinding, FindingLevel } from "./finding.ts";

export function hasProblem(findings: readonly DoctorFinding[]): boolean {
  return findings.some(({ level }) => level === "problem");
}

/** A line each, and one for the whole. */
export function formatFindings(findings: readonly DoctorFinding[]): string {
  const width = Math.max(0, ...findings.map(({ area }) => area.length));
  const lines = findings.map(
    ({ level, area, text }) => `${level.padEnd(7)}  ${area.padEnd(width)}  ${text}`,
  );
  return `${[...lines, "", summarize(findings)].join("\n")}\n`;
}

function summarize(findings: readonly DoctorFinding[]): string {
  const count = (wanted: FindingLevel): number =>
    findings.filter(({ level }) => level === wanted).length;
  const [problems, warnings] = [count("problem"), count("warning")];
  if (problems + warnings === 0) return "All is well.";
  return [plural(problems, "problem"), plural(warnings, "warning")].filter(Boolean).join(", ");
}

function plural(count: number, word: string): string {
  if (count === 0) return "";
  return count === 1 ? `1 ${word}` : `${count} ${word}s`;
}
