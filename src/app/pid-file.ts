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
export async function writePidFile(path: string, runtime: Runtime): Promise<() => Promise<void>> {
  const { files, host } = runtime;
  const own = String(host.pid);
  const other = await findRunningServer(path, runtime);
  if (other !== undefined) {
    throw new SystemError("EEXIST", `Cannot write pid file "${path}": server ${other} is running`);
  }
  const folder = path.slice(0, path.lastIndexOf("/"));
  if (folder !== "") await files.makeFolder(folder);
  await files.write(path, own);
  return async () => {
    if ((await files.stat(path)) === undefined) return; // Somebody has tidied up.
    const isOurs = (await files.readText(path)).trim() === own;
    if (!isOurs) return;
    // Who has become another user may not be let remove it; empty it names nobody.
    await files.remove(path).catch(() => files.write(path, ""));
  };
}

/** The id of the other server that a pid file names; `undefined` if none runs, or there is no file. */
export async function findRunningServer(
  path: string,
  { files, host, processes }: Pick<Runtime, "files" | "host" | "processes">,
): Promise<number | undefined> {
  if ((await files.stat(path))?.isFile !== true) return undefined;
  const text = (await files.readText(path)).trim();
  if (!/^\d+$/.test(text) || Number(text) === host.pid) return undefined;
  return (await isSluice(Number(text), files, processes)) ? Number(text) : undefined;
}

/** Whether a server runs under that id: ids are used again, above all in containers. */
async function isSluice(pid: number, files: Files, processes: Processes): Promise<boolean> {
  if (!processes.isRunning(pid)) return false;
  const path = `/proc/${pid}/cmdline`;
  if ((await files.stat(path)) === undefined) return true; // No Linux: there is no telling.
  return isServer((await files.readText(path)).split("\0"));
}

/** What Node or another runtime is given: the file for Node, what npm installs, or a checkout. */
const SCRIPT = /\/(?:sluice\.c?js|\.?bin\/sluice|cli\/main\.ts)$/;

/** Whether a command line is the server's: not that of an editor which has its configuration open. */
function isServer([program = "", ...words]: readonly string[]): boolean {
  return /(?:^|\/)sluice[^/]*$/.test(program) || words.some((word) => SCRIPT.test(word));
}
