/**
 * What to tell about a key that is not in the table.
 *
 * @module
 */

import { quote } from "./quote.ts";
import type { Block } from "./settings/setting.ts";
import { suggest } from "./suggest.ts";
import { pathOf, walkSettings } from "./walk-settings.ts";

/** More places than this say nothing: `enabled` is everywhere. */
const PLACES_MAX = 4;

/** The message for `name`, found in `block` of `table`, whose names there are `known`. */
export function describeUnknown(name: string, known: readonly string[], table: Block): string {
  const near = suggest(name, known);
  // A swapped or missing letter is likelier than the wrong block.
  if (near !== undefined) return `Unknown setting, did you mean ${quote(near)}?`;
  const places = findBlocks(name, table);
  if (places.length === 0 || places.length > PLACES_MAX) return "Unknown setting";
  return `Unknown setting here, it belongs in ${places.join(" or ")}`;
}

/** Where settings or blocks of that name are. */
function findBlocks(name: string, table: Block): string[] {
  const places = new Set<string>();
  for (const { setting, blocks } of walkSettings(table)) {
    if (setting.name === name && !setting.obsolete) places.add(pathOf(blocks) || "the top level");
    const parent = blocks.findIndex((block) => block.name === name || block.srsName === name);
    if (parent > 0) places.add(pathOf(blocks.slice(0, parent)) || "the top level");
  }
  return [...places];
}
