/**
 * The packages of others that the program contains.
 *
 * @module
 */

import { readFileSync } from "node:fs";
import { ROOT } from "../programs.ts";

export interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly license: string;
  readonly dependencies?: Readonly<Record<string, string>>;
}

/** What packages hold of others, whose licence they do not hand on: by package, a file in licences/. */
export const CONTENTS: Readonly<Record<string, readonly string[]>> = { "@evan/opus": ["libopus"] };

/** @param folder Of the package. */
export function readManifest(folder: string): Manifest {
  return JSON.parse(readFileSync(`${folder}/package.json`, "utf8")) as Manifest;
}

/** Follows dependencies from what package.json names; npm keeps them all in one folder. */
export function collectPackages(): Map<string, Manifest> {
  const found = new Map<string, Manifest>();
  const waiting = Object.keys(readManifest(ROOT).dependencies ?? {});
  for (let name = waiting.shift(); name !== undefined; name = waiting.shift()) {
    if (found.has(name)) continue;
    const manifest = readManifest(`${ROOT}node_modules/${name}`);
    found.set(name, manifest);
    waiting.push(...Object.keys(manifest.dependencies ?? {}));
  }
  return new Map([...found].sort(([a], [b]) => a.localeCompare(b)));
}
