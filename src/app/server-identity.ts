/**
 * Which server this is: an id that lasts over restarts, and one for this run.
 *
 * @module
 */

import { createClientId } from "../base/client-id.ts";
import type { Config } from "../config/config.ts";
import type { ServerIdentity } from "../live/server-identity.ts";
import type { Runtime } from "../runtime/runtime.ts";

/** Nobody guesses so many letters. */
const PROGRAM_KEY_LENGTH = 32;
const SERVER_ID = /^[\w-]{1,64}$/;

/**
 * Takes the server's id from the configuration, else from the file beside the pid file (`.id` in
 * place of `.pid`), else makes one and keeps it there.
 */
export async function createServerIdentity(
  config: Config,
  runtime: Runtime,
): Promise<ServerIdentity> {
  const randomBytes = (size: number): Uint8Array => runtime.crypto.randomBytes(size);
  return {
    serverId: await serverId(config, runtime, randomBytes),
    serviceId: createClientId(randomBytes),
    pid: String(runtime.host.pid),
    programKey: createClientId(randomBytes, PROGRAM_KEY_LENGTH),
  };
}

async function serverId(
  config: Config,
  { files }: Runtime,
  randomBytes: (size: number) => Uint8Array,
): Promise<string> {
  if (config.serverId !== "") return config.serverId;
  const made = `vid-${createClientId(randomBytes, 7)}`;
  if (config.pid === "") return made;
  const path = idPath(config);
  if ((await files.stat(path))?.isFile === true) {
    const kept = (await files.readText(path)).trim();
    if (SERVER_ID.test(kept)) return kept;
  }
  await files.write(path, made);
  return made;
}

/** The files by which the server is known: the pid file, and that of its id. */
export function identityPaths(config: Config): string[] {
  return config.pid === "" ? [] : [config.pid, idPath(config)];
}

function idPath({ pid }: Config): string {
  return `${pid.replace(/\.pid$/, "")}.id`;
}
