/**
 * Remembers what has been made of texts that come again with each request.
 *
 * @module
 */

/** As many as there are streams on a large server; past it, all is forgotten and made anew. */
const COUNT_MAX = 10_000;
/** Names and decoder configurations are shorter; what a publisher makes longer is made each time. */
const LENGTH_MAX = 1_024;

export class Memo<Value> {
  readonly #values = new Map<string, Value>();

  /** @param make Makes the same of the same text. */
  get(text: string, make: () => Value): Value {
    const known = this.#values.get(text);
    if (known !== undefined) return known;
    const made = make();
    if (text.length > LENGTH_MAX) return made;
    if (this.#values.size >= COUNT_MAX) this.#values.clear();
    this.#values.set(text, made);
    return made;
  }
}
