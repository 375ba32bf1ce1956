/**
 * The file that tells others which process the server is.
 *
 * @module
 */

import { SystemError } from "../base/errors.ts";
import type { Files, Processes, Runtime } from "../runtime/runtime.ts";

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
    const isServer = /^\d+$/.test(other) && (await isSluice(Number(other), files, processes));
    if (other !== own && isServer) {
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
    if ((await files.stat(path)) === undefined) return; // Somebody has tidied up.
    const isOurs = (await files.readText(path)).trim() === own;
    if (isOurs) await files.remove(path);
  };
}

/** Whether a server runs under that id: ids are used again, above all in containers. */
async function isSluice(pid: number, files: Files, processes: Processes): Promise<boolean> {
  if (!processes.isRunning(pid)) return false;
  const path = `/proc/${pid}/cmdline`;
  if ((await files.stat(path)) === undefined) return true; // No Linux: there is no telling.
  return /sluice|cli\/main\.ts/.test(await files.readText(path)); // The binary, or a checkout.
}
