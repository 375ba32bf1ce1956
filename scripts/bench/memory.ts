/**
 * What a server holds: its process and those that it started.
 *
 * @module
 */

import { globSync, readFileSync } from "node:fs";

/** Bytes of resident memory that is the processes' own, shared pages by their share. */
export function memoryOf(pid: number): number {
  let total = 0;
  for (const one of [pid, ...descendants(pid)]) {
    const text = read(`/proc/${one}/smaps_rollup`);
    total += Number(/^Pss:\s+(\d+)/m.exec(text)?.[1] ?? 0) * 1024;
  }
  return total;
}

/** Bytes of resident memory as `ps` shows it. */
export function residentSizeOf(pid: number): number {
  return Number(/^VmRSS:\s+(\d+)/m.exec(read(`/proc/${pid}/status`))?.[1] ?? 0) * 1024;
}

function descendants(pid: number): number[] {
  const children = globSync(`/proc/${pid}/task/*/children`).flatMap((path) =>
    read(path).split(" ").filter(Boolean).map(Number),
  );
  return children.flatMap((child) => [child, ...descendants(child)]);
}

function read(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return ""; // It has just ended.
  }
}
