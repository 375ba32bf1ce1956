/**
 * What is different between two configurations, for reload.
 *
 * @module
 */

import type { Config } from "./config.ts";
import type { Block, TakesEffect, Values } from "./settings/setting.ts";
import { SETTINGS } from "./settings/table.ts";

/** A setting whose value changed, or a named block that came or went. */
export interface ConfigChange {
  /** Dotted path, such as `vhosts.__defaultVhost__.play.gop_cache`. */
  readonly path: string;
  readonly takesEffect: TakesEffect;
}

/** Lists the changes from `before` to `after`, in the table's order. */
export function diffConfig(before: Config, after: Config): readonly ConfigChange[] {
  return diffBlock(SETTINGS, before as unknown as Values, after as unknown as Values, "");
}

function diffBlock(block: Block, before: Values, after: Values, path: string): ConfigChange[] {
  return block.items.flatMap((item): ConfigChange[] => {
    const { property } = item;
    const [old, current] = [before[property], after[property]];
    const itemPath = path === "" ? item.name : `${path}.${item.name}`;
    if (item.kind === "setting") {
      return isEqual(old, current) ? [] : [{ path: itemPath, takesEffect: item.takesEffect }];
    }
    // A block of obsolete settings has no values.
    if (old === undefined || current === undefined) return [];
    if (item.shape === "one") return diffBlock(item, old as Values, current as Values, itemPath);
    if (item.shape === "list") {
      return isEqual(old, current) ? [] : [{ path: itemPath, takesEffect: "restart" }];
    }
    return diffMap(item, old as Values, current as Values, itemPath);
  });
}

function diffMap(block: Block, before: Values, after: Values, path: string): ConfigChange[] {
  const keys = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...keys].flatMap((key): ConfigChange[] => {
    const [old, current] = [before[key], after[key]];
    if (old === undefined || current === undefined) {
      return [{ path: `${path}.${key}`, takesEffect: "now" }];
    }
    return diffBlock(block, old as Values, current as Values, `${path}.${key}`);
  });
}

/** Values come from the same table, so that their properties have the same order. */
function isEqual(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
