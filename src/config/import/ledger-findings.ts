/**
 * Findings about the values of a file that is imported: each goes to the directive that it is about.
 *
 * @module
 */

import { Findings, type Place } from "../findings.ts";
import type { Block } from "../settings/setting.ts";
import type { Ledger } from "./ledger.ts";

/** Something to be told that no directive has brought about. */
export interface ImportNote {
  readonly path: string;
  readonly text: string;
}

export class LedgerFindings extends Findings {
  readonly #ledger: Ledger;
  readonly #planned: ReadonlySet<string>;
  readonly #notes: ImportNote[] = [];
  readonly #lost = new Set<Place>();

  constructor(ledger: Ledger, table: Block) {
    super();
    this.#ledger = ledger;
    this.#planned = new Set(plannedOf(table));
  }

  get notes(): readonly ImportNote[] {
    return this.#notes;
  }

  /** Whether what is written there cannot be carried over. */
  isLost(place: Place): boolean {
    return this.#lost.has(place);
  }

  override error(place: Place, path: string, message: string): void {
    this.#lost.add(place);
    const entry = this.#ledger.entryAt(place);
    if (entry !== undefined) this.#ledger.settle(entry, "lost", message);
    else this.#notes.push({ path, text: message });
  }

  override warn(place: Place, path: string, message: string): void {
    if (this.#planned.has(message)) {
      if (!this.#ledger.settleBelow(path, place, "not there yet", message)) {
        this.#notes.push({ path, text: message });
      }
      return;
    }
    const entry = this.#ledger.entryAt(place);
    if (entry !== undefined) this.#ledger.settle(entry, "changed", message);
    else this.#notes.push({ path, text: message });
  }
}

/** What is warned with where a feature is not there yet. */
function plannedOf(block: Block): string[] {
  const own = block.planned === undefined ? [] : [block.planned];
  return [
    ...own,
    ...block.items.flatMap((item) => {
      if (item.kind === "block") return plannedOf(item);
      return item.planned === undefined ? [] : [item.planned];
    }),
  ];
}
