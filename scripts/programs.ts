/**
 * Where the programs are that come with `npm ci`.
 *
 * @module
 */

import { globSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** The top of the checkout. */
export const ROOT: string = fileURLToPath(new URL("../", import.meta.url));

/** Programs of packages. */
export const BIN: string = `${ROOT}node_modules/.bin/`;

/** Bun's package moves its program to .bin by an install script, which may not have run. */
export function findBun(): string {
  return globSync(`${ROOT}node_modules/@oven/bun-*/bin/bun`)[0] ?? `${BIN}bun`;
}
