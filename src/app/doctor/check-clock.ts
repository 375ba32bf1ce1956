/**
 * Whether the clock is right: recordings, tokens, certificates and DASH go by it.
 *
 * @module
 */

import type { Runtime } from "../../runtime/runtime.ts";
import { type DoctorContext, type DoctorFinding, findingsOf } from "./finding.ts";
import { runProgram } from "./run-program.ts";

/** Before this was written it cannot be. */
const EARLIEST_MS = Date.UTC(2026, 0, 1);
/** A certificate of that day has long expired. */
const LATEST_MS = Date.UTC(2100, 0, 1);
/** systemd-timesyncd touches it when it has set the clock. */
const TIMESYNCD = "/run/systemd/timesync/synchronized";

export async function checkClock({ runtime }: DoctorContext): Promise<DoctorFinding[]> {
  const { ok, warning, problem } = findingsOf("clock");
  const nowMs = runtime.clock.wallMs();
  const now = new Date(nowMs).toISOString();
  if (nowMs < EARLIEST_MS || nowMs > LATEST_MS) {
    return [problem(`The clock says ${now}, which is wrong: set it, and keep it by NTP`)];
  }
  const isSynchronized = await findSynchronization(runtime);
  if (isSynchronized === undefined) {
    return [ok(`The clock says ${now}; whether NTP keeps it cannot be seen from here`)];
  }
  return isSynchronized
    ? [ok(`The clock says ${now}, and is kept by NTP`)]
    : [warning(`The clock says ${now}, and nothing keeps it: timedatectl set-ntp true`)];
}

async function findSynchronization(runtime: Runtime): Promise<boolean | undefined> {
  if ((await runtime.files.stat(TIMESYNCD).catch(() => undefined)) !== undefined) return true;
  const args = ["show", "--property=NTPSynchronized", "--value"];
  const answer = await runProgram(runtime, "timedatectl", args).catch(() => undefined);
  if (answer?.code !== 0) return undefined;
  const word = answer.output.trim();
  return word === "yes" || word === "no" ? word === "yes" : undefined;
}
