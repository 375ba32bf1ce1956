/**
 * Makes dist/sluice, one program for this machine that holds everything. With `--all`, or with names
 * of targets, it makes dist/release: such programs for other machines, their checksums, and the list
 * of what is inside.
 *
 *     npm run build
 *     npm run build:all
 *     npm run build -- linux-arm64 linux-x64-musl
 *
 * @module
 */

import { mkdirSync, statSync } from "node:fs";
import { writeChecksums } from "./build/checksums.ts";
import { compile } from "./build/compile.ts";
import { writeSbom } from "./build/sbom.ts";
import { readSource } from "./build/source.ts";
import { findTarget, TARGETS } from "./build/targets.ts";
import { ROOT } from "./programs.ts";

const RELEASE = `${ROOT}dist/release/`;

const source = readSource();

try {
  main(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}

function main(words: readonly string[]): void {
  const targets = words.includes("--all") ? TARGETS : words.map(findTarget);
  if (targets.length === 0) {
    mkdirSync(`${ROOT}dist`, { recursive: true });
    build("dist/sluice", (path) => compile(source, path));
    return;
  }
  mkdirSync(RELEASE, { recursive: true });
  for (const target of targets) {
    const name = `dist/release/sluice-${source.version}-${target.name}`;
    build(name, (path) => compile(source, path, target));
  }
  build(`dist/release/sluice-${source.version}.cdx.json`, (path) => writeSbom(source, path));
  build("dist/release/SHA256SUMS", (path) => writeChecksums(RELEASE, path));
}

function build(name: string, make: (path: string) => void): void {
  const path = `${ROOT}${name}`;
  make(path);
  const { size } = statSync(path);
  process.stdout.write(`${name}: ${size < 1e6 ? `${size} B` : `${(size / 1e6).toFixed(0)} MB`}\n`);
}
