/**
 * What all packages have in common: their source, programs, and folders.
 *
 * @module
 */

import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdirSync } from "node:fs";
import { writeChecksums } from "../build/checksums.ts";
import { readSource, type Source } from "../build/source.ts";
import { ROOT } from "../programs.ts";

export const RELEASE_FOLDER: string = `${ROOT}dist/release/`;

/** All that is packed is dated to its time, so that a commit makes the same packages each time. */
export const SOURCE: Source = readSource();

export const VERSION: string = SOURCE.version;

/** Who answers for packages; whoever hands them on says so by the variable. */
export const MAINTAINER: string =
  process.env["SLUICE_PACKAGE_MAINTAINER"] ?? "The Sluice authors <sluice@example.org>";

/** @throws {Error} That says where to get the program. */
export function needProgram(name: string, debianPackage: string): void {
  if (spawnSync(name, ["--version"], { stdio: "ignore" }).error === undefined) return;
  throw new Error(`Cannot find ${name}: on Debian it is in the package ${debianPackage}`);
}

/** Runs a program to its end, with what it prints on the terminal. */
export function runTool(
  name: string,
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): void {
  execFileSync(name, args, {
    cwd: ROOT,
    stdio: ["ignore", "inherit", "inherit"],
    env: { ...process.env, ...environment },
  });
}

/** Processors that there are compiled programs for, by the names that others have for them. */
export const ARCHITECTURES = [
  { name: "x64", debian: "amd64", rpm: "x86_64" },
  { name: "arm64", debian: "arm64", rpm: "aarch64" },
] as const;

/** The compiled program of a target such as `linux-x64`. @throws {Error} If it is not built. */
export function findBinary(target: string): string {
  const path = `${RELEASE_FOLDER}sluice-${VERSION}-${target}`;
  if (existsSync(path)) return path;
  throw new Error(`Cannot find ${path}: run 'npm run build:all' first`);
}

/** The program for Node. @throws {Error} If it is not built. */
export function findNodeBundle(): string {
  const path = `${ROOT}dist/node/sluice.js`;
  if (existsSync(path)) return path;
  throw new Error(`Cannot find ${path}: run 'npm run build:node' first`);
}

export function makeReleaseFolder(): void {
  mkdirSync(RELEASE_FOLDER, { recursive: true });
}

/** Of the packages too, beside what `npm run build:all` has left there. */
export function writeReleaseChecksums(): void {
  writeChecksums(RELEASE_FOLDER, `${RELEASE_FOLDER}SHA256SUMS`);
}
