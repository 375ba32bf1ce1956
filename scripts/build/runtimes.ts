/**
 * Bun for other machines than this one, as npm has it.
 *
 * @module
 */

import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  chmodSync,
  existsSync,
  globSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { gunzipSync } from "node:zlib";
import { findBun, ROOT } from "../programs.ts";
import { readLock } from "./lock-file.ts";
import { readTarFile } from "./tar.ts";

/** Archives of the packages. Kept, so that who has built once can do so without a network. */
const ARCHIVES = `${ROOT}dist/.runtimes/`;

/**
 * Finds the program of the runtime in one of Bun's packages: that which `npm ci` has installed, or
 * that of the same version from npm. Either is what package-lock.json says, by its hash: npm has
 * compared it of the one, this function does of the other.
 *
 * @param name As `bun-linux-x64`.
 * @param folder Where the program is put, if it has to be unpacked.
 * @returns Its path.
 * @throws {Error} If it cannot be had, or is another.
 */
export function findRuntime(name: string, folder: string): string {
  const packageFolder = `${ROOT}node_modules/@oven/${name}`;
  if (existsSync(`${packageFolder}/bin/bun`)) return `${packageFolder}/bin/bun`;
  // The install script of the package "bun" has taken it from there.
  if (existsSync(packageFolder)) return realpathSync(findBun());
  const { version, integrity } = readLock(`node_modules/@oven/${name}`);
  const archive = readArchive(name, version);
  const found = `sha512-${createHash("sha512").update(archive).digest("base64")}`;
  if (found !== integrity) {
    throw new Error(`Cannot use ${archivePath(name, version)}: it is not what the lock names`);
  }
  const program = readTarFile(gunzipSync(archive), "package/bin/bun");
  if (program === undefined) throw new Error(`Cannot find Bun in the package of ${name}`);
  const path = `${folder}${name}`;
  writeFileSync(path, program);
  chmodSync(path, 0o755);
  return path;
}

function archivePath(name: string, version: string): string {
  return `${ARCHIVES}oven-${name}-${version}.tgz`;
}

/** Reads the archive, and has npm fetch it before, from its cache or its registry. */
function readArchive(name: string, version: string): Buffer {
  const path = archivePath(name, version);
  if (existsSync(path)) return readFileSync(path);
  const arriving = `${ARCHIVES}arriving-${name}/`;
  rmSync(arriving, { recursive: true, force: true });
  mkdirSync(arriving, { recursive: true });
  const args = ["pack", "--silent", "--prefer-offline", "--pack-destination", arriving];
  const { status, error } = spawnSync("npm", [...args, `@oven/${name}@${version}`], {
    cwd: ROOT,
    stdio: ["ignore", "ignore", "inherit"],
  });
  const [arrived] = globSync(`${arriving}*.tgz`);
  if (status === 0 && arrived !== undefined) renameSync(arrived, path);
  rmSync(arriving, { recursive: true });
  if (error !== undefined) throw error;
  if (!existsSync(path)) {
    throw new Error(`Cannot fetch @oven/${name}@${version} by npm, or read it from its cache`);
  }
  return readFileSync(path);
}
