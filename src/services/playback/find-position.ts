/**
 * Looks for a time in a file in which times can be read anywhere, but are listed nowhere.
 *
 * @module
 */

/** Where halving ends: a piece that is read in a moment. */
const SPAN_SIZE = 256 * 1024;

/** A place of which the time is known. */
export interface TimedPlace {
  readonly offset: number;
  /** From the first frame of the file on. */
  readonly ms: number;
}

/**
 * Finds a place at or before a time, and not far from it, by halving.
 *
 * @param size Bytes of the file.
 * @param timeAt The first place at or behind an offset, and before another one, of which the time is known.
 */
export async function findPosition(
  size: number,
  untilMs: number,
  timeAt: (offset: number, end: number) => Promise<TimedPlace | undefined>,
): Promise<number> {
  let low = 0;
  let high = size;
  while (high - low > SPAN_SIZE) {
    const middle = Math.floor((low + high) / 2);
    const place = await timeAt(middle, high);
    if (place === undefined || place.ms > untilMs) high = middle;
    else low = Math.max(place.offset, middle);
  }
  return low;
}

/** How far back is looked for a key frame at first; twice as far each time that there is none. */
const BACK_SIZE = 512 * 1024;

/**
 * Finds the last place of its kind in front of a position, looking back no further than needed.
 *
 * @param findLast The last such place at or behind an offset.
 */
export async function findBack<Place>(
  position: number,
  findLast: (from: number) => Promise<Place | undefined>,
): Promise<Place | undefined> {
  for (let size = BACK_SIZE; ; size *= 2) {
    const from = Math.max(0, position - size);
    const place = await findLast(from);
    if (place !== undefined || from === 0) return place;
  }
}
