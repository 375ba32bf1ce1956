/**
 * Writes what is made from the settings table and from the help of the program: the types,
 * conf/full.yaml, the JSON Schema and the reference of the configuration; manual pages and what
 * completes the command line in shells.
 *
 * @module
 */

import { mkdirSync, writeFileSync } from "node:fs";
import { generateFiles } from "../src/config/generate-files.ts";
import { packagedTexts } from "./package/packaged-texts.ts";

const ROOT = new URL("../", import.meta.url);

for (const [path, text] of [...generateFiles(), ...packagedTexts()]) {
  const file = new URL(path, ROOT);
  mkdirSync(new URL(".", file), { recursive: true });
  writeFileSync(file, text);
}
