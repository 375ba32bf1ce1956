/**
 * Writes the checksums of what was built, as `sha256sum -c` reads them.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename } from "node:path";

/**
 * Of all files in `folder`: packages that others have put there too.
 *
 * @param folder Ends with a slash.
 */
export function writeChecksums(folder: string, output: string): void {
  const names = readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name !== basename(output))
    .map(({ name }) => name)
    .sort();
  writeFileSync(output, names.map((name) => `${hashFile(folder + name)}  ${name}\n`).join(""));
}

/** SHA-256, in lower-case digits. */
export function hashFile(path: string): string {
  return createHash("sha256").update(readFileSync(path)).digest("hex");
}
