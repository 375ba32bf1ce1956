/**
 * Values in messages.
 *
 * @module
 */

const LENGTH_MAX = 80; // A message is one line of a terminal or log.

/** Quotes a value from a configuration: on one line, and not longer than a glance. */
export function quote(text: string): string {
  return JSON.stringify(text.length > LENGTH_MAX ? `${text.slice(0, LENGTH_MAX)}…` : text);
}
