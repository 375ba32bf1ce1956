/**
 * The file that tells others which process the server is.
 *
 * @module
 */

import { SystemError } from "../base/errors.ts";
import type { Runtime } from "../runtime/runtime.ts";

/**
 * Writes the pid file.
 *
 * @returns Removes it, if it is still ours.
 * @throws {SystemError} `EEXIST`, if the server it names is running.
 */
export async function writePidFile(
  path: string,
  { files, host, processes }: Runtime,
): Promise<() => Promise<void>> {
  const own = String(host.pid);
  if ((await files.stat(path))?.isFile === true) {
    const other = (await files.readText(path)).trim();
    if (other !== own && /^\d+$/.test(other) && processes.isRunning(Number(other))) {
      throw new SystemError(
        "EEXIST",
        `Cannot write pid file "${path}": server ${other} is running`,
      );
    }
  }
  const folder = path.slice(0, path.lastIndexOf("/"));
  if (folder !== "") await files.makeFolder(folder);
  await files.write(path, own);
  return async () => {
    const isOurs = (await files.readText(path)).trim() === own;
    if (isOurs) await files.remove(path);
  };
}
