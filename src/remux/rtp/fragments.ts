/**
 * How something too large for one packet is cut.
 *
 * @module
 */

/**
 * Cuts `size` bytes into pieces of at most `sizeMax`, as few as possible, and all of nearly the same
 * size: a tiny last packet costs as much as a full one and is lost as easily.
 *
 * @param each Takes where each piece starts and ends.
 */
export function cutEvenly(
  size: number,
  sizeMax: number,
  each: (start: number, end: number) => void,
): void {
  const count = Math.ceil(size / sizeMax);
  for (let index = 0; index < count; index++) {
    each(Math.floor((index * size) / count), Math.floor(((index + 1) * size) / count));
  }
}
