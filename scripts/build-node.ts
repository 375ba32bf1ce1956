/**
 * Makes dist/node/sluice.js, one file of JavaScript that Node runs. With `--sea` it also makes
 * dist/node/sluice, which is the Node that runs this script with that file inside.
 *
 *     npm run build:node
 *     npm run build:node -- --sea
 *
 * @module
 */

import { mkdirSync, statSync, writeFileSync } from "node:fs";
import { bundleForNode } from "./build/node-bundle.ts";
import { buildSingleExecutable } from "./build/single-executable.ts";
import { readSource } from "./build/source.ts";
import { ROOT } from "./programs.ts";

const FOLDER = `${ROOT}dist/node/`;

mkdirSync(FOLDER, { recursive: true });
bundleForNode(readSource(), `${FOLDER}sluice.js`);
// The checkout's package.json says of all below that it is an ES module.
writeFileSync(`${FOLDER}package.json`, `${JSON.stringify({ type: "commonjs" })}\n`);
tell("sluice.js");
if (process.argv.includes("--sea")) {
  await buildSingleExecutable(`${FOLDER}sluice.js`, `${FOLDER}sluice`);
  tell("sluice");
}

function tell(name: string): void {
  process.stdout.write(
    `dist/node/${name}: ${(statSync(FOLDER + name).size / 1e6).toFixed(1)} MB\n`,
  );
}
