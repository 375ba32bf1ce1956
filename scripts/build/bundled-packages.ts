/**
 * Which packages of others are really inside of what is built: not all of what they depend on is.
 *
 * @module
 */

import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync } from "node:fs";
import { ASSET_FILES } from "../../src/cli/asset-list.ts";
import { OPUS_FILES } from "../../src/cli/thread-list.ts";
import { findBun, ROOT } from "../programs.ts";
import { collectPackages, type Manifest } from "./packages-inside.ts";

const WORK = `${ROOT}dist/.build-list/`;
const ENTRIES = ["src/cli/main.ts", "src/cli/threads/audio-transcoder.ts"];

/** In the order of their names. @throws {Error} If Bun cannot tell. */
export function collectBundled(): Map<string, Manifest> {
  const packages = collectPackages();
  const names = new Set(listBundledFiles().flatMap(packageOf));
  // Files for browsers were bundled by who published them, with all that they depend on.
  const ready = [...ASSET_FILES.map(({ file }) => file), ...Object.values(OPUS_FILES)];
  for (const name of new Set(ready.flatMap(packageOf))) addWhole(name, packages, names);
  return new Map([...packages].filter(([name]) => names.has(name)));
}

function addWhole(name: string, packages: Map<string, Manifest>, names: Set<string>): void {
  names.add(name);
  for (const other of Object.keys(packages.get(name)?.dependencies ?? {})) {
    if (!names.has(other)) addWhole(other, packages, names);
  }
}

/** As Bun tells of its bundle. */
function listBundledFiles(): string[] {
  mkdirSync(WORK, { recursive: true });
  try {
    const report = `${WORK}report.json`;
    const args = ["build", "--target=bun", "--format=esm", `--outdir=${WORK}`];
    const { status, error } = spawnSync(findBun(), [...args, `--metafile=${report}`, ...ENTRIES], {
      stdio: ["ignore", "ignore", "inherit"],
      cwd: ROOT,
    });
    if (error !== undefined) throw error;
    if (status !== 0) throw new Error(`Cannot list what is bundled: Bun ended with ${status}`);
    const { inputs } = JSON.parse(readFileSync(report, "utf8")) as { inputs: object };
    return Object.keys(inputs);
  } finally {
    rmSync(WORK, { recursive: true, force: true });
  }
}

/** @returns The name of the package that a file is of, if it is of one. */
function packageOf(file: string): string[] {
  return /node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(file)?.slice(1) ?? [];
}
