/**
 * What this version can do, as the settings table knows it: a setting that is not `planned` works.
 *
 * @module
 */

import { assert } from "../base/assert.ts";
import type { Item } from "./settings/setting.ts";
import { SETTINGS } from "./settings/table.ts";

/** @param path Names from the top, such as `vhosts`, `http_hooks`. */
export function isSupported(path: readonly string[]): boolean {
  let items: readonly Item[] = SETTINGS.items;
  for (const name of path) {
    const item: Item | undefined = items.find((one) => one.name === name);
    assert(item !== undefined, "only settings that there are can be asked for");
    if (item.planned !== undefined) return false;
    if (item.kind === "setting") return item.obsolete === undefined;
    items = item.items;
  }
  return true;
}
