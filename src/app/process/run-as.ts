/**
 * Acts for another user than root, once all that takes root's rights has been done.
 *
 * @module
 */

import { SystemError } from "../../base/errors.ts";
import type { Logger } from "../../base/logger.ts";
import type { Config } from "../../config/config.ts";
import type { Files, Runtime, UserIdentity } from "../../runtime/runtime.ts";
import { findUser } from "./find-user.ts";

const ROOT = 0;

/**
 * Finds out who the server is to act for.
 *
 * @returns `undefined`: for whom it acts already.
 * @throws {SystemError} If there is no such user, or only root could act for it.
 */
export async function planUser(
  { user }: Pick<Config, "user">,
  { files, host }: Pick<Runtime, "files" | "host">,
): Promise<UserIdentity | undefined> {
  if (user === "") return undefined;
  const identity = await findUser(user, files);
  const own = host.userId();
  if (own === identity.userId) return undefined;
  if (own === ROOT) return identity;
  const reason = "only root may, so start it as root, or leave out `user`";
  throw new SystemError("EPERM", `Cannot act for user "${user}": ${reason}`);
}

export interface RunAsPorts {
  readonly runtime: Pick<Runtime, "files" | "host">;
  readonly logger: Logger;
  readonly config: Config;
  /** Files that the server has made for itself and goes on using, beside the log. */
  readonly paths: readonly string[];
  /** No other process opens the log anew for this one. */
  readonly isAlone: boolean;
}

/**
 * Gives the user what it needs, and acts for it from now on, for good.
 *
 * @throws {SystemError} If that cannot be done.
 */
export async function runAs(identity: UserIdentity, ports: RunAsPorts): Promise<void> {
  const { runtime, logger, config, paths, isAlone } = ports;
  const { host, files } = runtime;
  await giveAway([...logPaths(config), ...paths], identity, files);
  await host.changeUser(identity);
  const { userId, groupId } = identity;
  logger.info("user changed", { user: config.user, userId, groupId });
  for (const path of isAlone ? logPaths(config) : []) {
    const folder = folderOf(path);
    if (await files.isWritable(folder)) continue;
    const reason = `${config.user} cannot create files in ${folder}, so that SIGUSR1 will not do`;
    logger.warn("log cannot be opened anew", { path, reason });
  }
}

/** Those that are there. */
export async function giveAway(
  paths: readonly string[],
  { userId, groupId }: UserIdentity,
  files: Pick<Files, "stat" | "changeOwner">,
): Promise<void> {
  for (const path of paths) {
    if ((await files.stat(path)) !== undefined) await files.changeOwner(path, userId, groupId);
  }
}

/** The log's file, if it is one. A device or a pipe belongs to others as well. */
export function logPaths({ srsLogTank, srsLogFile }: Config): string[] {
  return srsLogTank === "file" && !srsLogFile.startsWith("/dev/") ? [srsLogFile] : [];
}

function folderOf(path: string): string {
  const end = path.lastIndexOf("/");
  if (end < 0) return ".";
  return end === 0 ? "/" : path.slice(0, end);
}
