/**
 * `/proc/uptime` and `/proc/loadavg`.
 *
 * ```text
 * 3976.29 3165.23
 * 3.86 4.72 5.11 5/360 3759
 * ```
 *
 * Spec: proc_uptime(5), proc_loadavg(5).
 *
 * @module
 */

import type { LoadReport, UptimeReport } from "../../live/machine-report.ts";
import { numbersOf, wordsOf } from "./proc-text.ts";

export function parseUptime(text: string): UptimeReport | undefined {
  const [seconds, idleSeconds] = numbersOf(wordsOf(text), 2) ?? [];
  if (seconds === undefined || idleSeconds === undefined) return undefined;
  return { seconds, idleSeconds };
}

export function parseLoad(text: string): LoadReport | undefined {
  const [oneMinute, fiveMinutes, fifteenMinutes] = numbersOf(wordsOf(text), 3) ?? [];
  if (oneMinute === undefined || fiveMinutes === undefined || fifteenMinutes === undefined) {
    return undefined;
  }
  return { oneMinute, fiveMinutes, fifteenMinutes };
}
