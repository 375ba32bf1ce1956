/**
 * A `Buffer` as the plain `Uint8Array` that it wraps. The two differ where it hurts: `slice` of a
 * `Buffer` shares memory, that of a `Uint8Array` copies.
 *
 * @module
 */

/** The same bytes, not copied. */
export function toPlainBytes(bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length);
}
