/**
 * Node with a program inside of its executable.
 *
 * @module
 */

import { isBuiltin } from "node:module";
import process from "node:process";

/** What scripts/build-node.ts calls the program's text in there. */
export const PROGRAM_ASSET = "sluice.js";

interface SingleExecutable {
  isSea(): boolean;
  getAsset(name: string, encoding: string): string;
}

/** @returns The text of the program, if the executable that runs has it inside. */
export function readOwnCode(): string | undefined {
  if (!isBuiltin("node:sea")) return undefined;
  const sea = process.getBuiltinModule?.("node:sea") as SingleExecutable | undefined;
  return sea?.isSea() ? sea.getAsset(PROGRAM_ASSET, "utf8") : undefined;
}
