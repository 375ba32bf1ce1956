/**
 * Compiles what is written in AssemblyScript (*.as below src/) to WebAssembly, as a module of Base 64
 * beside each, so that it is part of every program whatever it is bundled by.
 *
 * Usage: scripts/with-node build-wasm.ts
 *
 * @module
 */

import { createHash } from "node:crypto";
import { globSync, readFileSync, writeFileSync } from "node:fs";
import { basename } from "node:path";
import { main } from "assemblyscript/asc";
import { ROOT } from "./programs.ts";

const LINE_LENGTH = 94;

const OPTIONS = [
  ...["-O3", "--noAssert", "--runtime", "stub", "--enable", "simd,bulk-memory"],
  ...["--use", "abort="],
];

/** The compiler knows sources by the ending .ts, which here is for what TypeScript compiles. */
async function compile(source: string): Promise<Uint8Array> {
  let result: Uint8Array | undefined;
  const { error, stderr } = await main(["main.ts", "--outFile", "main.wasm", ...OPTIONS], {
    readFile: (name) => (name === "main.ts" ? source : null),
    writeFile: (name, content) => {
      if (name === "main.wasm" && typeof content !== "string") result = content;
    },
    listFiles: () => null,
  });
  if (error !== null || result === undefined) throw new Error(stderr.toString(), { cause: error });
  return result;
}

function toModule(name: string, source: string, wasm: Uint8Array): string {
  const base64 = Buffer.from(wasm).toString("base64");
  const lines = base64.match(new RegExp(`.{1,${LINE_LENGTH}}`, "g")) ?? [];
  const constant = `${name.replaceAll("-", "_").toUpperCase()}_WASM`;
  return `/**
 * Made by scripts/build-wasm.ts from ${name}.as: do not edit. ${wasm.length} bytes.
 *
 * Source: ${createHash("sha256").update(source).digest("hex")}
 *
 * @module
 */

/** WebAssembly in Base 64. */
export const ${constant} = \`
${lines.map((line) => `${line}\n`).join("")}\`;
`;
}

for (const path of globSync(`${ROOT}src/**/*.as`)) {
  const source = readFileSync(path, "utf8");
  const name = basename(path, ".as");
  writeFileSync(path.replace(/\.as$/, "-wasm.ts"), toModule(name, source, await compile(source)));
}
