/**
 * Texts in header extensions that say which m-section (`mid`) and which of its encodings (`rid`) a
 * packet belongs to, when its SSRC is not yet known.
 *
 * Spec: RFC 7941, 4.1.2; RFC 9143, 15 (MID); RFC 8852, 3 (RtpStreamId, RepairedRtpStreamId).
 *
 * @module
 */

import { assert } from "../../base/assert.ts";
import { MalformedError } from "../../base/errors.ts";

/**
 * Decodes a mid or rid. Both are tokens (RFC 8866, 9), so no
 * other text is taken: it comes into logs and into keys.
 *
 * @throws {MalformedError} If it is empty, or has characters that no token has.
 */
export function decodeSdesExtension(value: Uint8Array): string {
  if (value.length === 0) throw new MalformedError("Cannot read stream id of 0 bytes", 0);
  let text = "";
  for (let offset = 0; offset < value.length; offset++) {
    const byte = value[offset] ?? 0;
    if (!isTokenCharacter(byte)) {
      throw new MalformedError("Cannot read stream id: not a token", offset);
    }
    text += String.fromCharCode(byte);
  }
  return text;
}

/** The value for a text that is a token. */
export function encodeSdesExtension(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => {
    const byte = character.charCodeAt(0);
    assert(isTokenCharacter(byte), "the text is a token");
    return byte;
  });
}

/** Whether it is a token-char: a visible ASCII character but `"`, `(`, `)`, `,`, `/`, `:` to `@`, `[` to `]`. */
function isTokenCharacter(byte: number): boolean {
  if (byte <= 0x20 || byte >= 0x7f) return false;
  if (byte === 0x22 || byte === 0x28 || byte === 0x29 || byte === 0x2c || byte === 0x2f)
    return false;
  return !(byte >= 0x3a && byte <= 0x40) && !(byte >= 0x5b && byte <= 0x5d);
}
