/**
 * Makes one file of JavaScript that holds all but Node: the server, the pages, the configurations and
 * the test picture.
 *
 * What is bundled is text inside of that file, compressed as everything else in it. So older versions
 * of Node, which could not even read the bundle, read as far as to say what they lack.
 *
 * @module
 */

import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { brotliCompressSync, constants } from "node:zlib";
import { ASSET_FILES } from "../../src/cli/asset-list.ts";
import { CONFIG_FILES } from "../../src/cli/built-in-configs.ts";
import { OPUS_FILES } from "../../src/cli/thread-list.ts";
import { findBun, ROOT } from "../programs.ts";
import { PLACE_ARGUMENTS } from "./compile.ts";
import type { Source } from "./source.ts";

/** Debian 12 has 18.20, also for 32-bit ARM. */
export const NODE_MAJOR_MIN = 18;

const WORK = `${ROOT}dist/.build-node/`;
const ENTRY = `${WORK}main.ts`;
const BUNDLE = `${WORK}main.js`;

/** @throws {Error} If Bun, or a file, cannot be had. */
export function bundleForNode(source: Source, output: string): void {
  rmSync(WORK, { recursive: true, force: true });
  mkdirSync(WORK, { recursive: true });
  try {
    writeFileSync(ENTRY, entryText(source));
    const { status, error } = spawnSync(
      findBun(),
      [
        ...["build", "--target=node", "--format=cjs", ...PLACE_ARGUMENTS],
        // Nothing is read from the checkout; as with folders, its place must not matter.
        ...["--define", 'import.meta.url="file:///sluice/"'],
        ...[ENTRY, "--outfile", BUNDLE],
      ],
      { stdio: ["ignore", "ignore", "inherit"], cwd: ROOT },
    );
    if (error !== undefined) throw error;
    if (status !== 0) throw new Error(`Cannot build ${output}: Bun ended with ${status}`);
    writeFileSync(output, wrap(source, readFileSync(BUNDLE)), { mode: 0o755 });
  } finally {
    rmSync(WORK, { recursive: true, force: true });
  }
}

/** The bundle's main module. `readInside` and `programFile` are parameters of the function around it. */
function entryText({ commit }: Source): string {
  return `
    import { isMainThread, workerData } from "node:worker_threads";
    import { serveNodeThread, startOnNode } from "../../src/cli/node-program.ts";
    const inside = { read: readInside, file: programFile, commit: ${JSON.stringify(commit)} };
    if (isMainThread) startOnNode(inside);
    else serveNodeThread(workerData, inside);
  `;
}

/** In the language of 2009, as far as it is read by whatever Node starts it. */
function wrap({ version, commit }: Source, bundle: Uint8Array): string {
  const names = [
    ...ASSET_FILES.map(({ file }) => file),
    ...[CONFIG_FILES, OPUS_FILES].flatMap((files) => Object.values(files)),
  ];
  const packed: Record<string, string> = { "main.js": pack(bundle) };
  for (const name of new Set(names)) packed[name] = pack(readFileSync(`${ROOT}${name}`));
  return `#!/usr/bin/env node
// Sluice ${version} (commit ${commit}), a live video server, for Node ${NODE_MAJOR_MIN} or later.
// Licences of what is inside: /third-party-notices.txt of the running server.
"use strict";
if (Number(process.versions.node.split(".")[0]) < ${NODE_MAJOR_MIN}) {
  process.stderr.write(
    "sluice: Node ${NODE_MAJOR_MIN} or later is needed, and this one is " + process.version + "\\n"
  );
  process.exit(255);
}
var inside = ${JSON.stringify(packed, null, 0)};
function readInside(name) {
  var text = inside[name];
  if (text === undefined) throw new Error("Cannot find " + name + " inside of " + __filename);
  return require("zlib").brotliDecompressSync(Buffer.from(text, "base64"));
}
require("vm").compileFunction(
  readInside("main.js").toString(),
  ["require", "module", "exports", "readInside", "programFile"],
  { filename: __filename }
)(require, module, exports, readInside, __filename);
`;
}

function pack(bytes: Uint8Array): string {
  const params = {
    [constants.BROTLI_PARAM_QUALITY]: 9,
    [constants.BROTLI_PARAM_LGWIN]: constants.BROTLI_MAX_WINDOW_BITS,
    [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
  };
  return brotliCompressSync(bytes, { params }).toString("base64");
}
