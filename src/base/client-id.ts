/**
 * Session ids: eight characters that every log line of a session carries from accept to close, and
 * that hooks and the HTTP API use as the client's id.
 *
 * @module
 */

const ALPHABET = "0123456789abcdefghijklmnopqrstuvwxyz";
const LENGTH = 8; // As in SRS, whose backends may hold it in a column of that width.

/** Makes an id of `length` characters from `randomBytes`. */
export function createClientId(
  randomBytes: (size: number) => Uint8Array,
  length: number = LENGTH,
): string {
  let id = "";
  // 256 is not a multiple of 36: bytes from 252 up are skipped, so that every id is equally likely.
  while (id.length < length) {
    for (const byte of randomBytes(length * 2)) {
      if (byte < 252 && id.length < length) id += ALPHABET.charAt(byte % ALPHABET.length);
    }
  }
  return id;
}
