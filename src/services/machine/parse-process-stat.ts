/**
 * `/proc/self/stat`: what the kernel knows of this process.
 *
 * ```text
 * 28619 (sluice) S 1 28569 2657 0 -1 4194304 4584 0 2 ...
 * ```
 *
 * Spec: proc_pid_stat(5).
 *
 * @module
 */

import {
  PROCESS_STAT_NUMBERS,
  type ProcessStat,
  type ProcessStatNumber,
} from "../../live/process-stat.ts";
import { wordsOf } from "./proc-text.ts";

/** The program's name may hold anything, brackets too: what follows the last of them is behind it. */
const LAYOUT = /^\d+ \((.*)\) ([A-Za-z]) ([-\d\s]+)$/s;
const INTEGER = /^-?\d{1,20}$/;

export function parseProcessStat(text: string): ProcessStat | undefined {
  const [, command = "", state = "", rest = ""] = LAYOUT.exec(text) ?? [];
  const words = wordsOf(rest);
  const numbers: Partial<Record<ProcessStatNumber, number>> = {};
  for (const [index, name] of PROCESS_STAT_NUMBERS.entries()) {
    // Kernels before 2.6.24 have no guest times.
    const word = words[index] ?? (name.endsWith("guest_time") ? "0" : "");
    if (!INTEGER.test(word)) return undefined;
    numbers[name] = toSigned(word);
  }
  return { command, state, numbers: numbers as Record<ProcessStatNumber, number> };
}

/** "No limit" is the largest of 64 bits, for which SRS has -1. */
function toSigned(word: string): number {
  return word.length < 16 ? Number(word) : Number(BigInt.asIntN(64, BigInt(word)));
}
