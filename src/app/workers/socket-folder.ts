/**
 * The folder of the local sockets by which the server's processes talk: what is in it, and how it is
 * removed when the supervisor can no longer do so.
 *
 * @module
 */

import { sleep } from "../../base/clock.ts";
import type { Files, Runtime, Tcp } from "../../runtime/runtime.ts";

export const FOLDER_PREFIX = "sluice-workers-";

/** Every name there can be in the folder. */
const SOCKET_NAMES = /^(control|supervisor|worker-\d+-\d+)$/;

/** A supervisor that lives accepts at once; one that is busy is none of ours to clean up behind. */
const PROBE_MS_MAX = 2_000;

/**
 * The listener of a process that was killed may outlive it: for a moment, as the kernel closes one
 * thing after the other, or, on Deno, whose children inherit it, for as long as a worker lives. So the
 * process itself is looked for too, and more than once.
 */
const PROBE_COUNT_MAX = 5;
const PROBE_PAUSE_MS = 100;

export function controlPath(folder: string): string {
  return `${folder}/control`;
}

export function supervisorPath(folder: string): string {
  return `${folder}/supervisor`;
}

/** Where a worker listens for its peers. */
export function workerPath(folder: string, worker: number, pid: number): string {
  return `${folder}/worker-${worker}-${pid}`;
}

/** The folder of a control socket. */
export function folderOf(control: string): string {
  return control.slice(0, Math.max(0, control.lastIndexOf("/")));
}

/**
 * Removes what a supervisor has left behind that is gone: the sockets by their names, then the folder
 * if nothing else is in it. Does nothing as long as somebody listens at the control socket, or if that
 * is in no folder of ours.
 *
 * @param supervisorPid The supervisor's process, if it is known.
 * @returns Whether the supervisor is gone.
 */
export async function removeDeadFolder(
  { tcp, files, clock, processes }: Pick<Runtime, "tcp" | "files" | "clock" | "processes">,
  control: string,
  supervisorPid?: number,
): Promise<boolean> {
  const hasEnded = (): boolean =>
    supervisorPid !== undefined && !processes.isRunning(supervisorPid);
  for (let probe = 1; !(hasEnded() || (await isDead(tcp, control))); probe++) {
    if (probe === PROBE_COUNT_MAX) return false;
    await sleep(clock, PROBE_PAUSE_MS);
  }
  const folder = folderOf(control);
  const name = folder.slice(folder.lastIndexOf("/") + 1);
  if (name.startsWith(FOLDER_PREFIX)) {
    // Another worker may be at the same, and faster.
    await removeSockets(files, folder).catch(() => undefined);
  }
  return true;
}

async function removeSockets(files: Files, folder: string): Promise<void> {
  const names = (await files.list(folder)).filter((name) => SOCKET_NAMES.test(name));
  await Promise.allSettled(names.map((name) => files.remove(`${folder}/${name}`)));
  await files.removeFolder(folder);
}

/** Only a refusal says that nobody listens. */
async function isDead(tcp: Tcp, path: string): Promise<boolean> {
  const handler = { data: () => undefined, drain: () => undefined, close: () => undefined };
  try {
    const socket = await tcp.connectLocal(path, PROBE_MS_MAX, handler);
    socket.destroy();
    return false;
  } catch (error) {
    return isRefusal(error) || (error instanceof Error && isRefusal(error.cause));
  }
}

function isRefusal(error: unknown): boolean {
  if (typeof error !== "object" || error === null || !("code" in error)) return false;
  return error.code === "ECONNREFUSED" || error.code === "ENOENT";
}
