/**
 * Lines of a playlist that are no tags: the addresses of segments and of other playlists.
 *
 * Spec: RFC 8216, section 4.1.
 *
 * @module
 */

import { assert } from "../../base/assert.ts";

/** Whether the text neither ends its line nor begins another. */
export function isLine(text: string): boolean {
  return !text.includes("\n") && !text.includes("\r");
}

/** The line, with its end, that gives an address. A caller has seen to it that it is one. */
export function formatUriLine(uri: string): string {
  assert(uri !== "" && !uri.startsWith("#") && isLine(uri), "an address is one line and no tag");
  return `${uri}\n`;
}
