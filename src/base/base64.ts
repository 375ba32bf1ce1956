/**
 * Base 64, with the standard alphabet and padded, or with that for URLs and without padding.
 *
 * Spec: RFC 4648, sections 4 and 5.
 *
 * @module
 */

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/** @returns `undefined` if the text is no Base 64; its padding may be left out, and blanks be in it. */
export function decodeBase64(text: string): Uint8Array | undefined {
  try {
    return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  } catch {
    return undefined;
  }
}

export function encodeBase64(bytes: Uint8Array): string {
  let text = "";
  for (let i = 0; i < bytes.length; i += 3) {
    const second = bytes[i + 1];
    const third = bytes[i + 2];
    const group = ((bytes[i] ?? 0) << 16) | ((second ?? 0) << 8) | (third ?? 0);
    text += ALPHABET.charAt(group >>> 18);
    text += ALPHABET.charAt((group >>> 12) & 63);
    text += second === undefined ? "=" : ALPHABET.charAt((group >>> 6) & 63);
    text += third === undefined ? "=" : ALPHABET.charAt(group & 63);
  }
  return text;
}

/** @returns `undefined` if the text is none; padding and blanks are none. */
export function decodeBase64Url(text: string): Uint8Array | undefined {
  if (!/^[\w-]*$/.test(text)) return undefined;
  return decodeBase64(text.replaceAll("-", "+").replaceAll("_", "/"));
}

export function encodeBase64Url(bytes: Uint8Array): string {
  return encodeBase64(bytes).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}
