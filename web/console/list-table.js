/**
 * A table whose rows stay who they are while their figures change: what has the focus, or is under the
 * pointer, is not exchanged for another.
 *
 * @module
 */

/**
 * @typedef {object} Column
 * @property {string} key What it is sorted by, if `title` is not empty.
 * @property {string} title
 * @property {boolean} [isNumber] To the right, and the greatest first.
 * @property {string} [explanation]
 * @property {(cell: HTMLElement, item: any) => void} show Called again for each change.
 */

/** Leaves alone what has not changed. @param {HTMLElement} element @param {string} text */
export function showText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** The only child of a cell, made once. @param {HTMLElement} cell @param {string} tag */
export function childOf(cell, tag) {
  const known = cell.firstElementChild;
  if (known?.localName === tag) return known;
  const child = document.createElement(tag);
  cell.replaceChildren(child);
  return child;
}

function create(tag, role, parent) {
  const element = document.createElement(tag);
  // On telephones the table is shown as blocks, which browsers take for no table.
  element.setAttribute("role", role);
  parent?.append(element);
  return element;
}

export class ListTable {
  #columns;
  #heads = [];
  #body;
  /** By the id of their item. */
  #rows = new Map();

  /**
   * @param {HTMLTableElement} table
   * @param {readonly Column[]} columns
   * @param {(key: string, isNumber: boolean) => void} onSort
   */
  constructor(table, columns, onSort) {
    this.#columns = columns;
    table.setAttribute("role", "table");
    const head = create("tr", "row", create("thead", "rowgroup", table));
    for (const { key, title, isNumber = false, explanation = "" } of columns) {
      const cell = create("th", "columnheader", head);
      cell.scope = "col";
      cell.classList.toggle("number", isNumber);
      if (title === "") {
        cell.ariaLabel = "Action";
        continue;
      }
      const button = childOf(cell, "button");
      button.type = "button";
      button.textContent = title;
      button.title = explanation;
      button.dataset.sort = key;
      button.addEventListener("click", () => onSort(key, isNumber));
      this.#heads.push({ key, cell });
    }
    this.#body = create("tbody", "rowgroup", table);
  }

  /** @param {string} sortKey @param {boolean} isDescending */
  showOrder(sortKey, isDescending) {
    for (const { key, cell } of this.#heads) {
      if (key !== sortKey) cell.removeAttribute("aria-sort");
      else cell.setAttribute("aria-sort", isDescending ? "descending" : "ascending");
    }
  }

  /** @param {readonly { id: string, details?: [string, string][] }[]} items */
  show(items) {
    const focused = document.activeElement;
    const hadFocus = this.#body.contains(focused);
    const rows = new Map();
    const elements = [];
    for (const item of items) {
      const row = this.#rows.get(item.id) ?? this.#createRow();
      rows.set(item.id, row);
      row.cells.forEach((cell, i) => {
        this.#columns[i].show(cell, item);
      });
      elements.push(row.element);
      if (this.#showDetails(row, item.details ?? [])) elements.push(row.details);
    }
    this.#rows = rows;
    this.#place(elements);
    // What is moved loses it.
    if (hadFocus && focused.isConnected) focused.focus({ preventScroll: true });
  }

  #createRow() {
    const element = create("tr", "row");
    const cells = this.#columns.map(({ title, isNumber = false }) => {
      const cell = create("td", "cell", element);
      cell.dataset.label = title;
      cell.classList.toggle("number", isNumber);
      return cell;
    });
    return { element, cells, details: undefined };
  }

  /** @returns {boolean} Whether there are any. */
  #showDetails(row, details) {
    if (details.length === 0) return false;
    if (row.details === undefined) {
      row.details = create("tr", "row");
      row.details.className = "details";
      const cell = create("td", "cell", row.details);
      cell.colSpan = this.#columns.length;
      row.list = childOf(cell, "dl");
    }
    while (row.list.children.length < details.length) {
      const pair = document.createElement("div");
      pair.append(document.createElement("dt"), document.createElement("dd"));
      row.list.append(pair);
    }
    details.forEach(([name, text], i) => {
      const [term, figure] = row.list.children[i].children;
      showText(term, name);
      showText(figure, text);
    });
    return true;
  }

  /** Moves only what is not in its place. */
  #place(elements) {
    const wanted = new Set(elements);
    for (const old of [...this.#body.children]) if (!wanted.has(old)) old.remove();
    elements.forEach((element, i) => {
      const there = this.#body.children[i];
      if (there !== element) this.#body.insertBefore(element, there ?? null);
    });
  }
}
