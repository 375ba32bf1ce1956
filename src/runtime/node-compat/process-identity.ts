/**
 * What tells a process from others with the same id: elsewhere, and before it.
 *
 * Spec: proc(5) (`/proc/[pid]/stat`, `/proc/sys/kernel/random/boot_id`), pid_namespaces(7)
 *
 * @module
 */

import { readFileSync, readlinkSync } from "node:fs";
import { hostname } from "node:os";
import process from "node:process";

/** `starttime` is field 22 of `/proc/[pid]/stat`; the state, field 3, is the first behind the name. */
const START_INDEX = 22 - 3;
/** States of what is dead: a zombie that nobody has buried, and what is being buried. */
const DEAD = /^[ZXx]$/;

/** As `Processes.idScope`. */
export function readIdScope(): string | undefined {
  try {
    if (process.platform !== "linux") return hostname();
    const boot = readFileSync("/proc/sys/kernel/random/boot_id", "latin1").trim();
    // Clones of a virtual machine share its boot, but seldom its name.
    return `${hostname()} ${boot} ${readlinkSync("/proc/self/ns/pid")}`;
  } catch {
    return undefined; // There is no /proc, or not all of it.
  }
}

/** As `Processes.startOf`. */
export function readStart(pid: number): string | undefined {
  let text: string;
  try {
    text = readFileSync(`/proc/${pid}/stat`, "latin1");
  } catch {
    return undefined;
  }
  // The name stands in brackets, and may hold any of them.
  const [state = "", ...fields] = text.slice(text.lastIndexOf(")") + 2).split(" ");
  return DEAD.test(state) ? undefined : fields[START_INDEX - 1];
}
