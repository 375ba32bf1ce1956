/**
 * Whether a list of unfinished files is still written by somebody. Whoever takes over what another
 * process is writing spoils its recording; so ids of processes are believed where they mean the same
 * here as there, and nothing but silence elsewhere, as of another container or machine. How long that
 * lasts is told by the own monotonic clock alone: clocks of others differ, and all of them jump.
 *
 * @module
 */

import type { Clock } from "../../base/clock.ts";
import type { Host, Processes } from "../../runtime/runtime.ts";
import { parseJson } from "./own-folder.ts";

/** A list that stays the same for so long is not written any more. It is written every ten seconds. */
const SILENT_MS = 60_000;

/** Who writes a list. */
export interface ListOwner {
  readonly pid: number;
  /** Where that id means this process, and since when; `null` if the system does not tell. */
  readonly scope: string | null;
  readonly start: string | null;
}

export interface ListOwnersPorts {
  readonly clock: Pick<Clock, "monotonicMs">;
  readonly host: Pick<Host, "pid">;
  readonly processes: Pick<Processes, "isRunning" | "idScope" | "startOf">;
}

interface Seen {
  readonly text: string;
  /** When it was seen for the first time, on the monotonic clock. */
  readonly sinceMs: number;
}

export class ListOwners {
  /** This process. */
  readonly own: ListOwner;
  readonly #ports: ListOwnersPorts;
  /** Of whom nothing is known but what they write, by path. */
  readonly #seen = new Map<string, Seen>();

  constructor(ports: ListOwnersPorts) {
    const { host, processes } = ports;
    const { pid } = host;
    this.#ports = ports;
    this.own = {
      pid,
      scope: processes.idScope() ?? null,
      start: processes.startOf(pid) ?? null,
    };
  }

  /** Whether a list is written no more. @param text What is in it. */
  isGone(path: string, text: string): boolean {
    const owner = (parseJson(text) ?? {}) as Partial<ListOwner>;
    if (typeof owner.pid !== "number") return true; // No process has written that, but a bad disk.
    return this.#isDead(owner) ?? this.isSilent(path, text);
  }

  /** Whether a list has not changed for a minute, for as long as it has been looked at. */
  isSilent(path: string, text: string): boolean {
    const nowMs = this.#ports.clock.monotonicMs();
    const seen = this.#seen.get(path);
    if (seen?.text === text) return nowMs - seen.sinceMs >= SILENT_MS;
    this.#seen.set(path, { text, sinceMs: nowMs });
    return false;
  }

  /** Those lists are all that there are in a folder. */
  forgetOthers(folder: string, names: readonly string[]): void {
    const known = new Set(names.map((name) => `${folder}/${name}`));
    for (const path of [...this.#seen.keys()]) {
      if (path.startsWith(`${folder}/`) && !known.has(path)) this.#seen.delete(path);
    }
  }

  /** Whether a process is dead; `undefined` if that cannot be known here. */
  #isDead({ pid, scope, start }: Partial<ListOwner>): boolean | undefined {
    const { processes } = this.#ports;
    const { own } = this;
    if (pid === undefined || own.scope === null || scope !== own.scope) return undefined;
    if (pid === own.pid) return true; // An earlier one: no list of this process is looked at.
    const runningSince = processes.startOf(pid);
    if (runningSince !== undefined && typeof start === "string") return runningSince !== start;
    return processes.isRunning(pid) ? undefined : true;
  }
}
