/**
 * Files that everybody may read, whatever the umask says, and whoever checked the sources out: in the
 * image they belong to root, and the server runs as another user.
 *
 * @module
 */

import { chmodSync, readFileSync, writeFileSync } from "node:fs";

const MODE = 0o644;

export function writeReadable(path: string, content: string | Uint8Array): void {
  writeFileSync(path, content);
  chmodSync(path, MODE);
}

export function copyReadable(from: string, to: string): void {
  writeReadable(to, readFileSync(from));
}
