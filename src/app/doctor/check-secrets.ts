/**
 * Who may read and change what others should not: the configuration and private keys.
 *
 * @module
 */

import type { Config } from "../../config/config.ts";
import type { Files } from "../../runtime/runtime.ts";
import { type DoctorContext, type DoctorFinding, findingsOf } from "./finding.ts";

/** What chmod(1) calls `o+r` and `o+w`. */
const OTHERS_READ = 0o004;
const OTHERS_WRITE = 0o002;

export async function checkSecrets(context: DoctorContext): Promise<DoctorFinding[]> {
  const { config, configPath, runtime } = context;
  const { files } = runtime;
  const keys = await Promise.all(keyPaths(config).map((path) => checkKey(path, files)));
  const own = configPath === undefined ? [] : await checkConfig(configPath, config, files);
  return [...own, ...keys.flat()];
}

async function checkConfig(path: string, config: Config, files: Files): Promise<DoctorFinding[]> {
  const { ok, warning, problem } = findingsOf("permissions");
  const permissions = await permissionsOf(path, files);
  if (permissions === undefined) return [];
  if ((permissions & OTHERS_WRITE) !== 0) {
    return [problem(`Everybody on this machine may change ${path}: chmod o-w ${path}`)];
  }
  if ((permissions & OTHERS_READ) !== 0 && hasSecrets(config)) {
    const text = `Everybody on this machine may read ${path}, in which there are secrets`;
    return [warning(`${text}: chmod o-r ${path}`)];
  }
  return [ok(`${path} is safe from others`)];
}

async function checkKey(path: string, files: Files): Promise<DoctorFinding[]> {
  const permissions = await permissionsOf(path, files);
  if (permissions === undefined || (permissions & OTHERS_READ) === 0) return [];
  const text = `Everybody on this machine may read the private key ${path}: chmod o-r ${path}`;
  return [findingsOf("permissions").warning(text)];
}

async function permissionsOf(path: string, files: Files): Promise<number | undefined> {
  return (await files.stat(path).catch(() => undefined))?.permissions;
}

function keyPaths({ rtmps, httpServer, httpApi, rtcServer }: Config): string[] {
  const paths = [
    rtmps.enabled ? rtmps.key : "",
    httpServer.enabled && httpServer.https.enabled ? httpServer.https.key : "",
    httpApi.enabled && httpApi.https.enabled ? httpApi.https.key : "",
    rtcServer.enabled ? rtcServer.key : "",
  ];
  return [...new Set(paths)].filter((path) => path !== "");
}

/** What is given by `$NAME` counts as well: its value is known here, its origin is not. */
function hasSecrets({ httpApi, users, srtServer, vhosts }: Config): boolean {
  return (
    httpApi.auth.password !== "" ||
    Object.keys(users).length > 0 ||
    srtServer.passphrase !== "" ||
    Object.values(vhosts).some(({ token, httpHooks }) => {
      return token.jwtSecret !== "" || token.signSecrets.length > 0 || httpHooks.secret !== "";
    })
  );
}
