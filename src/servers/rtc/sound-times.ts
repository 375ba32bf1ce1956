/**
 * By how much the times of two streams differ that have the same sound, byte for byte: as those of one
 * encoder have it, and what is transcoded with its sound copied.
 *
 * @module
 */

/** Packets of sound that are remembered of a stream: ten seconds of AAC. */
const COUNT_MAX = 512;
/** So many packets have to say the same, one after the other. */
const AGREEING_MIN = 3;
/** Times of RTMP are rounded to milliseconds, in each of the two streams. */
const ROUNDING_MS = 3;
/** For a packet that has come more than once, as silence does: it says nothing. */
const AMBIGUOUS = Number.NaN;

/** When packets of a stream's sound were, by their content. */
class HeardSound {
  readonly #times = new Map<number, number>();

  /** @returns Whether it says something: it has not been there lately. */
  add(key: number, timeMs: number): boolean {
    const isNew = !this.#times.delete(key);
    this.#times.set(key, isNew ? timeMs : AMBIGUOUS);
    if (this.#times.size > COUNT_MAX) {
      const [oldest] = this.#times.keys();
      if (oldest !== undefined) this.#times.delete(oldest);
    }
    return isNew;
  }

  /** `undefined` if it has not been heard, or more than once. */
  find(key: number): number | undefined {
    const timeMs = this.#times.get(key);
    return timeMs === undefined || Number.isNaN(timeMs) ? undefined : timeMs;
  }
}

export class SoundTimes {
  readonly #base = new HeardSound();
  readonly #other = new HeardSound();
  #differenceMs: number | undefined;
  #candidateMs: number | undefined;
  #agreeing = 0;

  /** What has to be added to the other stream's times, so that they are the base's. */
  get differenceMs(): number | undefined {
    return this.#differenceMs;
  }

  /** @param timeMs On the stream's clock, in milliseconds. */
  baseHeard(payload: Uint8Array, timeMs: number): void {
    const key = hash(payload);
    const otherMs = this.#other.find(key);
    if (this.#base.add(key, timeMs) && otherMs !== undefined) this.#compare(timeMs - otherMs);
  }

  otherHeard(payload: Uint8Array, timeMs: number): void {
    const key = hash(payload);
    const baseMs = this.#base.find(key);
    if (this.#other.add(key, timeMs) && baseMs !== undefined) this.#compare(baseMs - timeMs);
  }

  #compare(differenceMs: number): void {
    const isSame = Math.abs(differenceMs - (this.#candidateMs ?? Number.NaN)) <= ROUNDING_MS;
    this.#agreeing = isSame ? this.#agreeing + 1 : 1;
    if (!isSame) this.#candidateMs = differenceMs;
    if (this.#agreeing < AGREEING_MIN) return;
    const found = this.#candidateMs ?? differenceMs;
    const isKnown = Math.abs(found - (this.#differenceMs ?? Number.NaN)) <= ROUNDING_MS;
    if (!isKnown) this.#differenceMs = found;
  }
}

/** FNV-1a: three packets in a row are not mistaken for others by chance. */
function hash(bytes: Uint8Array): number {
  let value = 0x811c_9dc5;
  for (const byte of bytes) value = Math.imul(value ^ byte, 0x0100_0193);
  return value >>> 0;
}
