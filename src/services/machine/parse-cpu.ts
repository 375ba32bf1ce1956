/**
 * `/proc/stat`: what the cores have done.
 *
 * ```text
 * cpu  346583 7845 104024 316522 4038 0 8888 530 0 0    user nice system idle iowait irq softirq steal guest
 * cpu0 171409 ...                                       a line for each core that is on
 * ```
 *
 * Spec: proc_stat(5).
 *
 * @module
 */

import type { CpuTimes } from "../../live/machine-report.ts";
import { lineOf, numbersOf } from "./proc-text.ts";

export interface CpuStat {
  readonly times: CpuTimes;
  readonly coreCount: number;
}

export function parseCpuStat(text: string): CpuStat | undefined {
  const words = lineOf(text, "cpu");
  // Kernels before 2.6.33 have fewer columns.
  const numbers = numbersOf([...(words ?? []), ..."00000".split("")], 9);
  if (words === undefined || words.length < 4 || numbers === undefined) return undefined;
  const [user = 0, nice = 0, system = 0, idle = 0] = numbers;
  const [ioWait = 0, irq = 0, softIrq = 0, steal = 0, guest = 0] = numbers.slice(4);
  const coreCount = text.match(/^cpu\d+ /gm)?.length ?? 0;
  return { times: { user, nice, system, idle, ioWait, irq, softIrq, steal, guest }, coreCount };
}

/** How much of all cores was in use between two looks. */
export function cpuUse(before: CpuTimes | undefined, after: CpuTimes): number {
  if (before === undefined) return 0;
  const total = totalOf(after) - totalOf(before);
  const idle = after.idle - before.idle;
  return total > 0 ? Math.min(1, Math.max(0, (total - idle) / total)) : 0;
}

/** Time of guests is in that of users already. */
function totalOf({ guest: _, ...times }: CpuTimes): number {
  return Object.values(times).reduce((sum, ticks) => sum + ticks, 0);
}
