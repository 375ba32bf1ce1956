/**
 * A list with its filter, its order and its pages.
 *
 * @module
 */

import { ListTable, showText } from "./list-table.js";
import { arrange } from "./list-view.js";
import { formatCount } from "./units.js";

export class ListSection {
  #section;
  #table;
  #state;
  #items = [];
  /** How many there are, where not all are known. */
  #total = 0;
  #isKnown = false;

  /**
   * @param {HTMLElement} section
   * @param {readonly import("./list-table.js").Column[]} columns
   * @param {{ sortKey: string, isDescending: boolean }} order At first.
   */
  constructor(section, columns, order) {
    this.#section = section;
    this.#state = { ...order, filter: "", page: 0 };
    this.#table = new ListTable(this.#part("table"), columns, (key, isNumber) => {
      const { sortKey, isDescending } = this.#state;
      this.#change({ sortKey: key, isDescending: key === sortKey ? !isDescending : isNumber });
    });
    const filter = this.#part("filter");
    filter.addEventListener("input", () => this.#change({ filter: filter.value, page: 0 }));
    for (const [name, step] of [
      ["previous", -1],
      ["next", 1],
    ]) {
      const turn = () => this.#change({ page: this.#state.page + step });
      this.#part(name).addEventListener("click", turn);
    }
  }

  /** @param {readonly import("./list-view.js").ListItem[]} items @param {number} [total] */
  update(items, total = items.length) {
    this.#items = items;
    this.#total = Math.max(total, items.length);
    this.#isKnown = true;
    this.#show();
  }

  /** Shows what has these words, and leads there. @param {string} filter */
  find(filter) {
    const field = this.#part("filter");
    field.value = filter;
    this.#change({ filter, page: 0 });
    field.focus();
    this.#section.scrollIntoView({ block: "start" });
  }

  #part(name) {
    return this.#section.querySelector(`[data-part="${name}"]`);
  }

  #change(state) {
    this.#state = { ...this.#state, ...state };
    this.#show();
  }

  #show() {
    if (!this.#isKnown) return;
    const { sortKey, isDescending } = this.#state;
    const { items, page, pageCount, start, matchCount } = arrange(this.#items, this.#state);
    this.#state.page = page;
    this.#table.showOrder(sortKey, isDescending);
    this.#table.show(items);
    const all = this.#items.length;
    showText(this.#part("count"), this.#countText(matchCount));
    const isEmpty = matchCount === 0;
    this.#part("frame").hidden = isEmpty;
    this.#part("empty").hidden = !isEmpty;
    const { none } = this.#part("empty").dataset;
    showText(this.#part("empty"), all === 0 ? none : "Nothing matches the filter.");
    this.#part("pager").hidden = pageCount === 1;
    this.#part("previous").disabled = page === 0;
    this.#part("next").disabled = page === pageCount - 1;
    const last = formatCount(start + items.length);
    const place = `${formatCount(start + 1)} to ${last} of ${formatCount(matchCount)}`;
    showText(this.#part("place"), place);
  }

  #countText(matchCount) {
    const read = formatCount(this.#items.length);
    const all =
      this.#total > this.#items.length
        ? `the first ${read} of about ${formatCount(this.#total)}`
        : read;
    return matchCount === this.#items.length ? all : `${formatCount(matchCount)} of ${all}`;
  }
}
