/**
 * Gives up root's rights.
 *
 * Spec: setuid(2), setgroups(2), credentials(7)
 *
 * @module
 */

import process from "node:process";
import { SystemError } from "../../base/errors.ts";
import type { UserIdentity } from "../runtime.ts";
import type { SystemCalls } from "./system-calls.ts";
import { toSystemError } from "./system-fault.ts";

const ACTION = "change the user";

/** As `Host.changeUser`. */
export function changeUser(user: UserIdentity, calls: SystemCalls): void {
  const { setgid, setuid } = process;
  if (process.geteuid?.() !== 0) {
    throw new SystemError("EPERM", `Cannot ${ACTION}: only root may`);
  }
  if (setgid === undefined || setuid === undefined) throw notSupported("this system has no users");
  // In this order: without root's user id, neither groups can be changed.
  setGroups(user.groupIds, calls);
  try {
    process.setgid?.(user.groupId);
    process.setuid?.(user.userId);
  } catch (error) {
    throw toSystemError(error, ACTION);
  }
}

function setGroups(groupIds: readonly number[], calls: SystemCalls): void {
  // Deno lacks it. Groups of root's must not be kept, so that there is no going on without it.
  if (typeof process.setgroups === "function") {
    try {
      process.setgroups([...groupIds]);
    } catch (error) {
      throw toSystemError(error, ACTION);
    }
    return;
  }
  if (!calls.isThere) throw notSupported("this runtime cannot give up root's groups");
  if (!calls.setGroups(groupIds)) throw new SystemError("EPERM", `Cannot ${ACTION}: not permitted`);
}

function notSupported(reason: string): SystemError {
  return new SystemError("ENOTSUP", `Cannot ${ACTION}: ${reason}`);
}
