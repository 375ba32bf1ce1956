/**
 * Which bytes may stand where in an HTTP head.
 *
 * Spec: RFC 9110, sections 5.5 (field-value) and 5.6.2 (token); RFC 9112, section 3.
 *
 * @module
 */

/** `tchar`: what tokens, such as methods and field names, are made of. */
const TOKEN_CHARACTERS =
  "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

/** Indexed by byte. */
export const IS_TOKEN: Uint8Array = table((byte) =>
  TOKEN_CHARACTERS.includes(String.fromCharCode(byte)),
);

/** What a field value and a start line are made of: all but control characters; tab is no such. */
export const IS_TEXT: Uint8Array = table(
  (byte) => byte === 0x09 || (byte >= 0x20 && byte !== 0x7f),
);

export function isToken(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    if (IS_TOKEN[text.charCodeAt(i)] !== 1) return false;
  }
  return text.length > 0;
}

/** Whether `text` can be sent as a field value without ending it. */
export function isFieldValue(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    if (IS_TEXT[text.charCodeAt(i)] !== 1) return false;
  }
  return true;
}

/** Removes spaces and tabs at both ends; `trim` would remove U+00A0, which is text here. */
export function trimBlanks(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && isBlank(text.charCodeAt(start))) start++;
  while (end > start && isBlank(text.charCodeAt(end - 1))) end--;
  return text.slice(start, end);
}

function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x09;
}

function table(isMember: (byte: number) => boolean): Uint8Array {
  return Uint8Array.from({ length: 256 }, (_, byte) => (isMember(byte) ? 1 : 0));
}
