/**
 * What the doctor has found: a line each, in plain words, with what to do where there is something.
 *
 * @module
 */

import type { Config } from "../../config/config.ts";
import type { Runtime } from "../../runtime/runtime.ts";

/** `problem`: the server will not start, or not do what is configured. */
export type FindingLevel = "ok" | "warning" | "problem";

export interface DoctorFinding {
  readonly level: FindingLevel;
  /** What was looked at, in a word, such as `ports`. */
  readonly area: string;
  readonly text: string;
}

/** What the checks look at. */
export interface DoctorContext {
  readonly config: Config;
  readonly runtime: Runtime;
  /** Absent: the configuration is in the environment alone. */
  readonly configPath: string | undefined;
}

/** Looks at one thing, and throws nothing of what is wrong with the machine. */
export type DoctorCheck = (context: DoctorContext) => Promise<readonly DoctorFinding[]>;

/** Findings of one area. */
export interface Findings {
  ok(text: string): DoctorFinding;
  warning(text: string): DoctorFinding;
  problem(text: string): DoctorFinding;
}

export function findingsOf(area: string): Findings {
  return {
    ok: (text) => ({ level: "ok", area, text }),
    warning: (text) => ({ level: "warning", area, text }),
    problem: (text) => ({ level: "problem", area, text }),
  };
}

/** What went wrong, to follow a colon. */
export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

const UNITS = ["bytes", "KiB", "MiB", "GiB", "TiB"];

/** A size to read, such as `1.5 GiB`. */
export function formatSize(size: number): string {
  let value = size;
  let index = 0;
  while (value >= 1024 && index < UNITS.length - 1) {
    value /= 1024;
    index += 1;
  }
  const digits = index === 0 || value >= 10 ? 0 : 1;
  return `${value.toFixed(digits)} ${UNITS[index]}`;
}
