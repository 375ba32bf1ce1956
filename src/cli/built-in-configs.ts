/**
 * The configurations that the program carries. A checkout reads them from disk, scripts/build.ts
 * puts them into the compiled program.
 *
 * @module
 */

import type { Files } from "../runtime/runtime.ts";
import { inCheckout } from "./thread-list.ts";

/** Where they are, seen from the top of the checkout. */
export const CONFIG_FILES = {
  default: "conf/sluice.yaml",
  demo: "conf/demo.yaml",
  full: "conf/full.yaml",
} as const;

export type ConfigName = keyof typeof CONFIG_FILES;

/** Reads the text of one, which is YAML. */
export type ReadConfig = (name: ConfigName) => string;

export function isConfigName(name: string): name is ConfigName {
  return Object.hasOwn(CONFIG_FILES, name);
}

/** @param paths Absolute. */
export function createConfigReader(
  files: Pick<Files, "readTextSync">,
  paths: Readonly<Record<ConfigName, string>>,
): ReadConfig {
  return (name) => files.readTextSync(paths[name]);
}

export function readsFromCheckout(files: Pick<Files, "readTextSync">): ReadConfig {
  return (name) => files.readTextSync(inCheckout(CONFIG_FILES[name]));
}
