/**
 * Addresses as they may be shown.
 *
 * @module
 */

const URL_PATTERN = /[a-z][a-z0-9+.-]{0,9}:\/\/[^\s"'()<>]+/giu;

/** Without user and password, and without the query, in which streams have their tokens. */
export function shownUrl(url: string): string {
  return url.replace(/^([a-z][a-z0-9+.-]*:\/\/)[^/?#]*@/iu, "$1").replace(/[?#].*$/su, "?...");
}

/** A text with each address in it as it may be shown. */
export function hideSecrets(text: string): string {
  return text.replace(URL_PATTERN, shownUrl);
}
