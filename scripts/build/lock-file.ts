/**
 * What package-lock.json says of packages.
 *
 * @module
 */

import { readFileSync } from "node:fs";
import { ROOT } from "../programs.ts";

export interface LockedPackage {
  readonly version: string;
  /** Of the package's archive: `sha512-` and base 64. */
  readonly integrity: string;
  readonly license?: string;
}

/**
 * @param path As `node_modules/hono`.
 * @throws {Error} If the lock does not have the package, or no hash of it.
 */
export function readLock(path: string): LockedPackage {
  const lock = JSON.parse(readFileSync(`${ROOT}package-lock.json`, "utf8")) as {
    packages: Record<string, Partial<LockedPackage>>;
  };
  const { version, integrity, license } = lock.packages[path] ?? {};
  if (version === undefined || !integrity?.startsWith("sha512-")) {
    throw new Error(`Cannot find ${path} with its hash in package-lock.json`);
  }
  return { version, integrity, ...(license === undefined ? {} : { license }) };
}
