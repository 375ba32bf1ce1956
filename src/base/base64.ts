/**
 * Base 64, padded, with the standard alphabet.
 *
 * Spec: RFC 4648, section 4.
 *
 * @module
 */

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

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
