/**
 * Writes what is made from the settings table: the types, conf/full.yaml, the JSON Schema and the
 * reference of the configuration.
 *
 * @module
 */

import { writeFileSync } from "node:fs";
import { generateFiles } from "../src/config/generate-files.ts";

const ROOT = new URL("../", import.meta.url);

for (const [path, text] of generateFiles()) writeFileSync(new URL(path, ROOT), text);
