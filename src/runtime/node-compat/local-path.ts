/**
 * Paths of local sockets: how long they may be, and whose they are when something is there already.
 *
 * @module
 */

import { lstat, unlink } from "node:fs/promises";
import { connect } from "node:net";
import { dirname } from "node:path";
import { SystemError } from "../../base/errors.ts";
import { LOCAL_PATH_SIZE_MAX } from "../runtime.ts";
import { errorCode, toSystemError } from "./system-fault.ts";

/** Returns the path as a message shows it. */
export function checkLocalPath(path: string): string {
  const size = new TextEncoder().encode(path).length;
  if (size <= LOCAL_PATH_SIZE_MAX && path !== "" && !path.includes("\0")) return `"${path}"`;
  const [code, state] =
    size > LOCAL_PATH_SIZE_MAX
      ? ["ENAMETOOLONG", `${size} bytes, and at most ${LOCAL_PATH_SIZE_MAX} will do`]
      : ["EINVAL", "not a path"];
  throw new SystemError(code, `Cannot use "${path}" as a local socket: ${state}`);
}

/**
 * Listens by `listen`, and once more if only a socket that nobody listens on any more was in the way.
 * Two processes must not do so at the same path at the same time: each could remove the other's.
 */
export async function listenAtPath<Listener>(
  path: string,
  listen: () => Promise<Listener>,
): Promise<Listener> {
  const action = `listen on ${checkLocalPath(path)}`;
  try {
    return await listen();
  } catch (error) {
    const isTaken = errorCode(error) === "EADDRINUSE";
    if (!isTaken || !(await removeDead(path))) throw await explain(error, path, action);
  }
  try {
    return await listen();
  } catch (error) {
    throw toSystemError(error, action);
  }
}

/** Removes the socket at `path` if nobody listens on it; returns whether the path is free now. */
async function removeDead(path: string): Promise<boolean> {
  if (await isAnswered(path)) return false;
  const stats = await lstat(path).catch(() => undefined);
  // A connection to a file of another kind is refused too.
  if (stats !== undefined && !stats.isSocket()) return false;
  await unlink(path).catch(() => undefined);
  return true;
}

/** libuv calls a folder that is not there EACCES, as on Windows. */
async function explain(error: unknown, path: string, action: string): Promise<SystemError> {
  if (errorCode(error) !== "EACCES") return toSystemError(error, action);
  const cause = await lstat(dirname(path)).then(
    () => error,
    (missing: unknown) => missing,
  );
  return toSystemError(cause, action);
}

/** Only a refusal says that nobody listens: a listener that is busy answers otherwise. */
function isAnswered(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const raw = connect({ path });
    raw.once("connect", () => {
      raw.destroy();
      resolve(true);
    });
    raw.once("error", (error) => {
      const code = errorCode(error);
      resolve(code !== "ECONNREFUSED" && code !== "ENOENT");
    });
  });
}
