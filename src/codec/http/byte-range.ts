/**
 * Ranges of bytes that clients ask for, as players do when they seek.
 *
 * Spec: RFC 9110, section 14.
 *
 * @module
 */

/** Of a representation: from the byte at `start` to that before `end`. Never empty. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

const RANGE = /^bytes=[ \t]*(\d{0,15})-(\d{0,15})[ \t]*$/i;

/**
 * Understands the field `Range` for a representation of `size` bytes. Several ranges, like anything
 * else that is not understood, may be answered as if nothing had been asked (section 14.2).
 *
 * @returns The range, `undefined` to send all, or that none of it is there.
 */
export function parseByteRange(
  field: string,
  size: number,
): ByteRange | "unsatisfiable" | undefined {
  const [, first = "", last = ""] = RANGE.exec(field) ?? [];
  if (first === "" && last === "") return undefined;
  if (first === "") {
    const start = Math.max(0, size - Number(last));
    return start < size ? { start, end: size } : "unsatisfiable";
  }
  const start = Number(first);
  const end = last === "" ? size : Math.min(size, Number(last) + 1);
  if (last !== "" && Number(last) < start) return undefined;
  return start < size ? { start, end } : "unsatisfiable";
}

/** The field `Content-Range` of an answer with that range. */
export function formatContentRange(range: ByteRange, size: number): string {
  return `bytes ${range.start}-${range.end - 1}/${size}`;
}
