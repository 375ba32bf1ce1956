/**
 * Text of one byte a character, as HTTP heads are on the wire: ASCII, and bytes from 0x80 up
 * (`obs-text`) whose meaning only the field's own definition knows. Each byte becomes the character
 * of the same number, so that nothing is lost. (The label `latin1` of TextDecoder is of no use here:
 * it means windows-1252.)
 *
 * Spec: RFC 9110, section 5.5.
 *
 * @module
 */

const ASCII_DECODER = new TextDecoder();
const PIECE_SIZE = 4_096; // Arguments of one call; engines allow at least 65,535.

/** Decodes one character a byte; `isAscii` promises that no byte is above 0x7f. */
export function decodeLatin1(bytes: Uint8Array, isAscii: boolean): string {
  if (isAscii) return ASCII_DECODER.decode(bytes);
  let text = "";
  for (let start = 0; start < bytes.length; start += PIECE_SIZE) {
    text += String.fromCharCode(...bytes.subarray(start, start + PIECE_SIZE));
  }
  return text;
}

/**
 * Writes one byte a character at the start of `target`, which has room for them.
 *
 * @returns Whether every character fitted into a byte.
 */
export function encodeLatin1(text: string, target: Uint8Array): boolean {
  let all = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    all |= code;
    target[i] = code;
  }
  return all <= 0xff;
}
