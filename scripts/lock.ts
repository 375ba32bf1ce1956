/**
 * Makes package-lock.json anew: without download addresses, and with an entry for every platform's
 * program, also for those that the registry at hand does not carry, so that `npm ci` accepts the
 * lock on every platform.
 *
 * @module
 */

import { spawnSync } from "node:child_process";
import { readFileSync, rmSync, writeFileSync } from "node:fs";

interface LockEntry {
  version?: string;
  resolved?: string;
  dev?: boolean;
  optional?: boolean;
  os?: string[];
  cpu?: string[];
  optionalDependencies?: Record<string, string>;
}

const LOCK = new URL("../package-lock.json", import.meta.url).pathname;
const OS_NAMES: Record<string, string> = { windows: "win32", win32: "win32" };
const CPU_NAMES: Record<string, string> = { aarch64: "arm64", x64: "x64", arm64: "arm64" };

/** Reads the platform out of a package name such as `@oven/bun-linux-x64-musl`. */
function platformOf(name: string): { os: string[]; cpu: string[] } {
  const words = name.split(/[/-]/);
  const os = words.find((word) => /^(linux|darwin|win32|windows|android|freebsd)$/.test(word));
  const cpu = words.find((word) => word in CPU_NAMES);
  return {
    os: [OS_NAMES[os ?? ""] ?? os ?? "none"],
    cpu: [CPU_NAMES[cpu ?? ""] ?? cpu ?? "none"],
  };
}

rmSync(LOCK, { force: true });
spawnSync(
  "npm",
  ["install", "--package-lock-only", "--ignore-scripts", "--omit-lockfile-registry-resolved=false"],
  { stdio: "inherit" },
);
const lock: { packages: Record<string, LockEntry> } = JSON.parse(readFileSync(LOCK, "utf8"));
for (const entry of Object.values({ ...lock.packages })) {
  for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
    const path = `node_modules/${name}`;
    if (path in lock.packages || !/^[\d.]+$/.test(version)) continue;
    lock.packages[path] = { version, ...platformOf(name), optional: true, dev: entry.dev === true };
  }
}
for (const entry of Object.values(lock.packages)) delete entry.resolved;
writeFileSync(LOCK, `${JSON.stringify(lock, null, 2)}\n`);
