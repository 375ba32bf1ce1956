/**
 * What a process and its children cost, as Linux counts it in /proc.
 *
 * @module
 */

import { ProtocolError } from "../base/errors.ts";
import type { Files } from "../runtime/runtime.ts";

/** USER_HZ: 100 on every architecture that Sluice runs on. */
const TICKS_PER_SECOND = 100;
/** The root's own times, and those of children that it has buried; fields count from the state. */
const FIELD_PARENT = 1;
const FIELD_USER_TIME = 11;
const FIELD_SYSTEM_TIME = 12;
const FIELD_BURIED_USER_TIME = 13;
const FIELD_BURIED_SYSTEM_TIME = 14;
const KIBIBYTE = 1_024;

/** A process tree at one moment. */
export interface ProcessSample {
  readonly processCount: number;
  /** Seconds since the processes started. */
  readonly userSeconds: number;
  readonly systemSeconds: number;
  /** Bytes. */
  readonly residentSize: number;
  /** Resident size with shared pages divided among those who share them; 0 if not permitted. */
  readonly proportionalSize: number;
}

/**
 * Looks at a process and all that it has started.
 *
 * @throws {ProtocolError} If there is no such process.
 */
export async function sampleProcess(files: Files, pid: number): Promise<ProcessSample> {
  const all = await readProcesses(files);
  const pids = treeOf(all, pid);
  if (pids.length === 0) throw new ProtocolError(`Cannot watch process ${pid}: there is none`);
  const sum = (field: number): number =>
    pids.reduce((total, each) => total + Number(all.get(each)?.[field] ?? 0), 0);
  let residentSize = 0;
  let proportionalSize = 0;
  for (const each of pids) {
    residentSize += await readSize(files, `/proc/${each}/status`, /^VmRSS:\s+(\d+)/m);
    proportionalSize += await readSize(files, `/proc/${each}/smaps_rollup`, /^Pss:\s+(\d+)/m);
  }
  return {
    processCount: pids.length,
    userSeconds: (sum(FIELD_USER_TIME) + sum(FIELD_BURIED_USER_TIME)) / TICKS_PER_SECOND,
    systemSeconds: (sum(FIELD_SYSTEM_TIME) + sum(FIELD_BURIED_SYSTEM_TIME)) / TICKS_PER_SECOND,
    residentSize,
    proportionalSize,
  };
}

/** The fields of /proc/PID/stat from the state on, of every process. */
async function readProcesses(files: Files): Promise<Map<number, string[]>> {
  const all = new Map<number, string[]>();
  const names = await files.list("/proc");
  const pids = names.filter((name) => /^\d+$/.test(name));
  await Promise.all(
    pids.map(async (name) => {
      // A process may end between the two reads.
      const text = await files.readText(`/proc/${name}/stat`).catch(() => "");
      const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
      if (text !== "") all.set(Number(name), fields);
    }),
  );
  return all;
}

function treeOf(all: ReadonlyMap<number, readonly string[]>, root: number): number[] {
  const found = all.has(root) ? [root] : [];
  for (const parent of found) {
    for (const [pid, fields] of all) {
      if (Number(fields[FIELD_PARENT]) === parent) found.push(pid);
    }
  }
  return found;
}

async function readSize(files: Files, path: string, pattern: RegExp): Promise<number> {
  const text = await files.readText(path).catch(() => "");
  return Number(pattern.exec(text)?.[1] ?? 0) * KIBIBYTE;
}
