/**
 * `/proc/meminfo`: memory of the machine.
 *
 * ```text
 * MemTotal:       24684096 kB
 * ```
 *
 * Spec: proc_meminfo(5).
 *
 * @module
 */

import type { MemoryReport } from "../../live/machine-report.ts";
import { lineOf, numberOf } from "./proc-text.ts";

const KIBIBYTE = 1024;

export function parseMemory(text: string): MemoryReport | undefined {
  const sizeOf = (name: string): number | undefined => {
    const kibibytes = numberOf(lineOf(text, `${name}:`)?.[0]);
    return kibibytes === undefined ? undefined : kibibytes * KIBIBYTE;
  };
  const totalSize = sizeOf("MemTotal");
  const freeSize = sizeOf("MemFree");
  if (totalSize === undefined || freeSize === undefined) return undefined;
  return {
    totalSize,
    freeSize,
    buffersSize: sizeOf("Buffers") ?? 0,
    cachedSize: sizeOf("Cached") ?? 0,
    swapSize: sizeOf("SwapTotal") ?? 0,
    swapFreeSize: sizeOf("SwapFree") ?? 0,
  };
}
