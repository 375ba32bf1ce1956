/**
 * Leaves out the directives that there is no setting for, and writes down why.
 *
 * @module
 */

import type { Block, Item } from "../settings/setting.ts";
import type { Directive } from "../srs/directives.ts";
import { srsNameOf } from "../srs/read-srs.ts";
import { describeUnknown } from "../unknown-setting.ts";
import { reasonNotNeeded, reasonNotYet } from "./former-directives.ts";
import type { Ledger, LedgerEntry } from "./ledger.ts";

/** Directives in today's spelling; returns those that settings take. */
export function sortOut(
  directives: readonly Directive[],
  table: Block,
  ledger: Ledger,
): readonly Directive[] {
  const sorter = new Sorter(table, ledger);
  const kept = sorter.sort(table, directives, {
    yamlPath: "",
    genericPath: "",
    srsPath: "",
    isRenamed: false,
  });
  sorter.settleUnseen();
  return kept;
}

/** Where the sorter is. */
interface Position {
  readonly yamlPath: string;
  /** The same without names: `vhosts.NAME.play`. */
  readonly genericPath: string;
  /** In SRS's words of today, without names: `vhost.play`. */
  readonly srsPath: string;
  /** The block has been called otherwise, which is said with the block. */
  readonly isRenamed: boolean;
}

class Sorter {
  readonly #table: Block;
  readonly #ledger: Ledger;
  readonly #seen = new Set<LedgerEntry>();

  constructor(table: Block, ledger: Ledger) {
    this.#table = table;
    this.#ledger = ledger;
  }

  sort(block: Block, directives: readonly Directive[], at: Position): readonly Directive[] {
    let index = 0;
    return directives.flatMap((directive): readonly Directive[] => {
      const entry = directive.origin && this.#ledger.entryOf(directive.origin);
      if (entry !== undefined) this.#seen.add(entry);
      const item = block.items.find((candidate) => srsNameOf(candidate) === directive.name);
      if (item === undefined) {
        if (entry !== undefined) this.#settleUnknown(block, directive, entry);
        return [];
      }
      if (isRtspCaster(directive)) {
        if (entry !== undefined) this.#settleRtspCaster(entry);
        return [];
      }
      const inner = positionOf(item, directive, at, index);
      if (item.kind === "block" && item.shape === "list") index += 1;
      if (entry !== undefined) this.#settleKnown(item, entry, inner, at);
      return this.#keep(item, directive, inner, entry);
    });
  }

  #keep(
    item: Item,
    directive: Directive,
    inner: Position,
    entry: LedgerEntry | undefined,
  ): readonly Directive[] {
    const { children } = directive;
    if (item.kind === "setting") {
      this.#seeAll(entry?.inner ?? []);
      return item.obsolete === undefined ? [directive] : [];
    }
    if (children === undefined) return [directive];
    return [{ ...directive, children: this.sort(item, children, inner) }];
  }

  /** What old spellings have no counterpart for. */
  settleUnseen(): void {
    for (const entry of this.#ledger.entries) {
      if (this.#seen.has(entry)) continue;
      const { path } = entry.origin;
      if (entry.inner.some((inner) => this.#seen.has(inner))) {
        // Its directives are elsewhere today, and each says where.
        Object.assign(entry, { outcome: "changed", isCovered: true });
        continue;
      }
      const reason = reasonNotNeeded(path, []) ?? "It was given before";
      this.#ledger.settle(entry, "not needed", reason);
    }
  }

  #settleKnown(item: Item, entry: LedgerEntry, inner: Position, around: Position): void {
    entry.yamlPath = inner.yamlPath;
    if (item.kind === "setting" && item.obsolete !== undefined) {
      this.#ledger.settle(entry, "not needed", item.obsolete.replace(/\.$/, ""));
      return;
    }
    const isSaid = around.isRenamed && entry.origin.path.endsWith(`.${item.name}`);
    if (!inner.isRenamed || isSaid || entry.outcome !== "same") return;
    entry.outcome = "changed";
    entry.text = `It is \`${inner.genericPath}\` now`;
  }

  #settleUnknown(block: Block, directive: Directive, entry: LedgerEntry): void {
    this.#seeAll(entry.inner);
    const { path } = entry.origin;
    const notNeeded = reasonNotNeeded(path, directive.words);
    const notYet = reasonNotYet(path);
    if (notNeeded !== undefined) this.#ledger.settle(entry, "not needed", notNeeded);
    else if (notYet !== undefined) this.#ledger.settle(entry, "not there yet", notYet);
    else {
      const known = block.items.map(srsNameOf);
      this.#ledger.settle(entry, "lost", describeUnknown(directive.name, known, this.#table));
    }
  }

  #settleRtspCaster(entry: LedgerEntry): void {
    this.#seeAll(entry.inner);
    const text = "SRS has had no RTSP caster since version 4, and RTSP is to come here";
    this.#ledger.settle(entry, "not there yet", text);
  }

  #seeAll(entries: readonly LedgerEntry[]): void {
    for (const entry of entries) {
      this.#seen.add(entry);
      entry.isCovered = true;
      this.#seeAll(entry.inner);
    }
  }
}

/** Of SRS 2 and 3: what else is said of it means nothing to other casters. */
function isRtspCaster({ name, children = [] }: Directive): boolean {
  if (name !== "stream_caster") return false;
  return children.some(({ name: inner, words }) => inner === "caster" && words[0] === "rtsp");
}

function positionOf(item: Item, directive: Directive, at: Position, index: number): Position {
  const srsPath = join(at.srsPath, directive.name);
  const { origin } = directive;
  return {
    yamlPath: yamlPathOf(item, directive, at.yamlPath, index),
    genericPath: genericPathOf(item, at.genericPath),
    srsPath,
    isRenamed: origin !== undefined && origin.path !== srsPath,
  };
}

/** As the readers of values call it in what they report. */
function yamlPathOf(item: Item, { words }: Directive, path: string, index: number): string {
  const own = join(path, item.name);
  if (item.kind === "setting" || item.shape === "one") return own;
  if (item.shape === "list") return `${own}[${index}]`;
  return join(own, words[0] ?? (item.name === "transcode" ? "*" : ""));
}

function genericPathOf(item: Item, path: string): string {
  const own = join(path, item.name);
  return item.kind === "block" && item.shape === "map" ? join(own, item.keyName ?? "NAME") : own;
}

function join(path: string, name: string): string {
  return path === "" ? name : `${path}.${name}`;
}
