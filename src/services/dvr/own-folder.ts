/**
 * Where the recorder keeps its own notes: beside the recordings, under a name that no server gives out.
 *
 * @module
 */

import { toError } from "../../base/errors.ts";
import type { Files } from "../../runtime/runtime.ts";

const NAME = ".dvr";

/** @param root Where recordings are, however deep. */
export function ownFolder(root: string): string {
  return `${root === "/" ? "" : root}/${NAME}`;
}

/** Whether a level of a path is such a folder, as disks have it that do not tell capital letters apart. */
export function isOwnName(level: string): boolean {
  return level.toLowerCase() === NAME;
}

/** Writes a file in one step. @throws {SystemError} */
export async function replaceFile(files: Files, path: string, text: string): Promise<void> {
  const unfinished = `${path}.tmp`;
  await files.makeFolder(path.slice(0, path.lastIndexOf("/")));
  const file = await files.open(unfinished, "write");
  try {
    await file.write(new TextEncoder().encode(text));
    await file.sync();
  } finally {
    await file.close();
  }
  await files.rename(unfinished, path);
}

/** What a text of JSON says; `undefined` if it is none, as when the machine stopped while it was written. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (toError(error).name === "SyntaxError") return undefined;
    throw error;
  }
}
