/**
 * Has the server end when the process that has started it does.
 *
 * @module
 */

import type { Timer } from "../../base/clock.ts";
import { SystemError } from "../../base/errors.ts";
import { startSweep } from "../../base/sweep.ts";
import type { Runtime } from "../../runtime/runtime.ts";

/** The process that has those whose parents are gone. */
const INIT = 1;

/**
 * @param gone Called once, when the parent has ended.
 * @throws {SystemError} `EPARENT` if there is no parent to follow.
 */
export function followParent(
  { host, clock }: Pick<Runtime, "host" | "clock">,
  gone: () => void,
): Timer {
  const parent = host.parentPid;
  if (parent === INIT) {
    throw new SystemError("EPARENT", "Cannot follow the parent process: there is none");
  }
  const sweep = startSweep(clock, () => {
    if (host.parentPid === parent) return;
    sweep.cancel();
    gone();
  });
  return sweep;
}
