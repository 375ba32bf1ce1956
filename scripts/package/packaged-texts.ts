/**
 * All texts of packages that are made from tables.
 *
 * @module
 */

import { completions } from "./completions.ts";
import { programPage } from "./program-page.ts";
import { settingsPage } from "./settings-page.ts";

/** Texts by path from the project's folder. */
export function packagedTexts(): ReadonlyMap<string, string> {
  return new Map([
    ["packaging/man/sluice.8", programPage()],
    ["packaging/man/sluice.yaml.5", settingsPage()],
    ...completions(),
  ]);
}
