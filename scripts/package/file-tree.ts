/**
 * Files of a package, before they are packed: written with the same modes and dates wherever and
 * whenever that is done.
 *
 * @module
 */

import {
  chmodSync,
  copyFileSync,
  lutimesSync,
  mkdirSync,
  readdirSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { dirname } from "node:path";

export interface PackedFile {
  /** In the system it is installed to, such as `/usr/bin/sluice`. */
  readonly path: string;
  readonly mode: number;
  /** A file to copy, or what is in it. */
  readonly content: { readonly file: string } | string | Uint8Array;
}

const FOLDER_MODE = 0o755;

/** Writes all of them below `root`, which must be there and empty. */
export function writeTree(root: string, files: readonly PackedFile[], dateSeconds: number): void {
  for (const { path, mode, content } of files) {
    const target = `${root}${path}`;
    mkdirSync(dirname(target), { recursive: true });
    if (typeof content === "string" || content instanceof Uint8Array) {
      writeFileSync(target, content);
    } else copyFileSync(content.file, target);
    chmodSync(target, mode);
  }
  settleTree(root, dateSeconds);
}

/** Dates everything, and takes from folders what the umask of whoever runs this has made of them. */
export function settleTree(path: string, dateSeconds: number): void {
  if (statSync(path).isDirectory()) {
    for (const name of readdirSync(path)) settleTree(`${path}/${name}`, dateSeconds);
    chmodSync(path, FOLDER_MODE);
  }
  lutimesSync(path, dateSeconds, dateSeconds);
}

/** Bytes of all files in a folder. */
export function sizeOfTree(path: string): number {
  const stat = statSync(path);
  if (!stat.isDirectory()) return stat.size;
  return readdirSync(path).reduce((sum, name) => sum + sizeOfTree(`${path}/${name}`), 0);
}
