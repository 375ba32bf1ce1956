/**
 * All files that are made from the settings table.
 *
 * @module
 */

import { generateDocs } from "./generate-docs.ts";
import { generateSchema } from "./generate-schema.ts";
import { generateTypes } from "./generate-types.ts";
import { generateYaml } from "./generate-yaml.ts";
import { loadConfig } from "./load-config.ts";
import { SETTINGS } from "./settings/table.ts";

/** Texts by path from the project's folder. */
export function generateFiles(): ReadonlyMap<string, string> {
  const { config } = loadConfig({
    source: { path: "empty.yaml", text: "" },
    environment: {},
    readText: () => "",
  });
  const types = [...generateTypes(SETTINGS)].map(([name, text]): [string, string] => [
    `src/config/${name}`,
    text,
  ]);
  return new Map([
    ...types,
    ["conf/full.yaml", generateYaml(SETTINGS, config)],
    ["conf/sluice.schema.json", generateSchema(SETTINGS)],
    ["docs/configuration.md", generateDocs(SETTINGS)],
  ]);
}
