/**
 * How something too large for one packet is cut.
 *
 * @module
 */

/**
 * Cuts `size` bytes into pieces of at most `sizeMax`, as few as possible, and all of one size but the last,
 * which is shorter by fewer bytes than there are pieces: a tiny last packet costs as much as a full one and
 * is lost as easily, and packets of one size can be sent together.
 *
 * @param each Takes where each piece starts and ends.
 */
export function cutEvenly(
  size: number,
  sizeMax: number,
  each: (start: number, end: number) => void,
): void {
  const count = Math.ceil(size / sizeMax);
  const pieceSize = Math.ceil(size / count);
  for (let start = 0; start < size; start += pieceSize) {
    each(start, Math.min(start + pieceSize, size));
  }
}
