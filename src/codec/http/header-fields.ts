/**
 * The header fields of one message, in the order in which they came.
 *
 * Spec: RFC 9110, section 5.
 *
 * @module
 */

import { trimBlanks } from "./characters.ts";

/** Names are kept in lower case; a message has few fields, so a look-up goes through all of them. */
export class HeaderFields implements Iterable<readonly [string, string]> {
  readonly #names: string[] = [];
  readonly #values: string[] = [];

  constructor(fields: Iterable<readonly [string, string]> = []) {
    for (const [name, value] of fields) this.append(name, value);
  }

  get count(): number {
    return this.#names.length;
  }

  append(name: string, value: string): void {
    this.#names.push(name.toLowerCase());
    this.#values.push(value);
  }

  has(name: string): boolean {
    return this.#names.includes(name.toLowerCase());
  }

  /** The field's value, those of repeated fields joined by a comma (RFC 9110, section 5.3). */
  get(name: string): string | undefined {
    const wanted = name.toLowerCase();
    let joined: string | undefined;
    for (let i = this.#names.indexOf(wanted); i >= 0; i = this.#names.indexOf(wanted, i + 1)) {
      const value = this.#values[i] ?? "";
      joined = joined === undefined ? value : `${joined}, ${value}`;
    }
    return joined;
  }

  /** The values of every field of that name. */
  getAll(name: string): string[] {
    const wanted = name.toLowerCase();
    return this.#values.filter((_, index) => this.#names[index] === wanted);
  }

  /** Whether the field is a comma-separated list that has `token`, which is in lower case. */
  hasToken(name: string, token: string): boolean {
    const value = this.get(name);
    if (value === undefined) return false;
    return value.split(",").some((part) => trimBlanks(part).toLowerCase() === token);
  }

  *[Symbol.iterator](): Generator<readonly [string, string], void, void> {
    for (let i = 0; i < this.#names.length; i++) {
      yield [this.#names[i] ?? "", this.#values[i] ?? ""];
    }
  }
}
