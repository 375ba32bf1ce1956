/**
 * Puts the file for Node into the Node that runs this script, so that the two are one program.
 *
 * As with Bun's, such a program must never be stripped.
 *
 * @module
 */

import { spawnSync } from "node:child_process";
import { chmodSync, copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { PROGRAM_ASSET } from "../../src/runtime/node-compat/single-executable.ts";
import { ROOT } from "../programs.ts";

const WORK = `${ROOT}dist/.build-sea/`;
/** Where Node looks for what is inside of it, and the word that says that something is. */
const RESOURCE = "NODE_SEA_BLOB";
const SENTINEL = "NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2";

/**
 * @param script What `bundleForNode` wrote.
 * @throws {Error} If this Node cannot do so.
 */
export async function buildSingleExecutable(script: string, output: string): Promise<void> {
  rmSync(WORK, { recursive: true, force: true });
  mkdirSync(WORK, { recursive: true });
  try {
    const { inject } = await import("postject");
    const blob = `${WORK}blob`;
    const settings = {
      ...{ main: script, output: blob, disableExperimentalSEAWarning: true },
      // Threads start from it once more.
      assets: { [PROGRAM_ASSET]: script },
    };
    writeFileSync(`${WORK}settings.json`, JSON.stringify(settings));
    const args = ["--experimental-sea-config", `${WORK}settings.json`];
    const { status, stderr } = spawnSync(process.execPath, args, { encoding: "utf8" });
    if (status !== 0) throw new Error(`Cannot build ${output}: ${stderr.trim()}`);
    copyFileSync(process.execPath, output);
    await inject(output, RESOURCE, readFileSync(blob), { sentinelFuse: SENTINEL });
    chmodSync(output, 0o755);
  } finally {
    rmSync(WORK, { recursive: true, force: true });
  }
}
