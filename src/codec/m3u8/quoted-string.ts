/**
 * Quoted strings: values of attributes that are text, such as addresses and names.
 *
 * Spec: RFC 8216, section 4.2 (quoted-string).
 *
 * @module
 */

import { assert } from "../../base/assert.ts";

/** A quote would end the value and a line break the tag; there is no way to write either. */
const FORBIDDEN = ['"', "\n", "\r"];

/** Whether the text can stand between quotes. */
export function isQuotable(text: string): boolean {
  return !FORBIDDEN.some((character) => text.includes(character));
}

/** The text between quotes. The caller has seen to it that it can stand there (`isQuotable`). */
export function quote(text: string): string {
  assert(isQuotable(text), "a quoted string has neither quotes nor line breaks");
  return `"${text}"`;
}
