/**
 * A walk through the settings table.
 *
 * @module
 */

import type { Block, Item, Setting } from "./settings/setting.ts";

/** A setting and the blocks around it. */
export interface Located {
  readonly setting: Setting;
  /** From the whole configuration down to the block it is in. */
  readonly blocks: readonly Block[];
}

/** Yields every setting of `block`, in order. */
export function* walkSettings(
  block: Block,
  around: readonly Block[] = [],
): Generator<Located, void, undefined> {
  const blocks = [...around, block];
  for (const item of block.items) {
    if (item.kind === "setting") yield { setting: item, blocks };
    else yield* walkSettings(item, blocks);
  }
}

/** The dotted path of what is in `blocks`, such as `vhosts.NAME.play.gop_cache`. */
export function pathOf(blocks: readonly Block[], item?: Item): string {
  const steps = blocks.slice(1).flatMap((block) => {
    if (block.shape === "map") return [block.name, block.keyName ?? "NAME"];
    return block.shape === "list" ? [`${block.name}[]`] : [block.name];
  });
  return [...steps, ...(item === undefined ? [] : [item.name])].join(".");
}
