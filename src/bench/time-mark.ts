/**
 * The time mark: an SEI NAL unit in front of each picture that says when the publisher sent it, and
 * which one it is.
 *
 * ```text
 * byte  0                  1              2         3         19         27          31         36
 *      +------------------+--------------+---------+---------+----------+-----------+----------+------+
 *      | NAL unit type: 6 | SEI type: 5  | size 33 | UUID 16 | time 8   | session 4 | number 5 | 0x80 |
 *      +------------------+--------------+---------+---------+----------+-----------+----------+------+
 * ```
 *
 * The time is in microseconds since the Unix epoch; the session is a random number of the publisher's;
 * the number counts its pictures. All are in groups of seven bits, 1xxxxxxx, high ones first. No byte
 * is 0, so that nothing between a publisher and a player, MPEG-TS included, has to put an emulation
 * prevention byte into it; and it looks the same in every container.
 *
 * Specification: ITU-T Rec. H.264, 7.3.2.3 (SEI) and D.1.7 (user_data_unregistered).
 *
 * @module
 */

/** Of the user data, this program's own. None of its bytes is 0. */
const UUID: readonly number[] = [
  0xd6, 0x99, 0xb3, 0xdd, 0x77, 0x13, 0x42, 0x18, 0x94, 0x6c, 0x73, 0x6b, 0x38, 0x15, 0xff, 0xe8,
];
const NAL_UNIT_TYPE_SEI = 6;
const SEI_TYPE_USER_DATA_UNREGISTERED = 5;
const SEI_SIZE = 33;
const RBSP_TRAILING = 0x80;

const UUID_OFFSET = 3;
const TIME_OFFSET = 19;
const TIME_SIZE = 8;
const SESSION_OFFSET = 27;
const SESSION_SIZE = 4;
const NUMBER_OFFSET = 31;
const NUMBER_SIZE = 5;
/** Bytes of the NAL unit. */
export const TIME_MARK_SIZE = 37;
/** Sessions are below this, numbers below 2^35: 43 years of 25 pictures a second. */
export const MARK_SESSION_LIMIT: number = 2 ** (7 * SESSION_SIZE);

export interface TimeMark {
  readonly timeUs: number;
  readonly sessionId: number;
  readonly number: number;
}

/** The NAL unit, with nothing in it yet. */
export function createTimeMark(): Uint8Array {
  const mark = new Uint8Array(TIME_MARK_SIZE);
  mark.set([NAL_UNIT_TYPE_SEI, SEI_TYPE_USER_DATA_UNREGISTERED, SEI_SIZE]);
  mark.set(UUID, UUID_OFFSET);
  writeTimeMark(mark, 0, { timeUs: 0, sessionId: 0, number: 0 });
  mark[TIME_MARK_SIZE - 1] = RBSP_TRAILING;
  return mark;
}

/** Fills in the mark whose NAL unit is at `offset`. */
export function writeTimeMark(bytes: Uint8Array, offset: number, mark: TimeMark): void {
  writeGroups(bytes, offset + TIME_OFFSET, TIME_SIZE, mark.timeUs);
  writeGroups(bytes, offset + SESSION_OFFSET, SESSION_SIZE, mark.sessionId);
  writeGroups(bytes, offset + NUMBER_OFFSET, NUMBER_SIZE, mark.number);
}

/**
 * Looks for a mark between `start` and `end`.
 *
 * @returns The offset of its NAL unit, or -1 if there is none.
 */
export function findTimeMark(bytes: Uint8Array, start: number, end: number): number {
  const last = Math.min(end, bytes.length) - TIME_MARK_SIZE;
  for (let i = start; i <= last; i++) {
    if (bytes[i] !== NAL_UNIT_TYPE_SEI || bytes[i + 2] !== SEI_SIZE) continue;
    if (hasUuid(bytes, i + UUID_OFFSET)) return i;
  }
  return -1;
}

/** The time of the mark at `offset`, in microseconds. */
export function readMarkTime(bytes: Uint8Array, offset: number): number {
  return readGroups(bytes, offset + TIME_OFFSET, TIME_SIZE);
}

export function readMarkSession(bytes: Uint8Array, offset: number): number {
  return readGroups(bytes, offset + SESSION_OFFSET, SESSION_SIZE);
}

export function readMarkNumber(bytes: Uint8Array, offset: number): number {
  return readGroups(bytes, offset + NUMBER_OFFSET, NUMBER_SIZE);
}

function hasUuid(bytes: Uint8Array, offset: number): boolean {
  for (let i = 0; i < UUID.length; i++) {
    if (bytes[offset + i] !== UUID[i]) return false;
  }
  return true;
}

function writeGroups(bytes: Uint8Array, offset: number, size: number, value: number): void {
  let rest = value;
  for (let i = size - 1; i >= 0; i--) {
    bytes[offset + i] = 0x80 | (rest % 0x80);
    rest = Math.floor(rest / 0x80);
  }
}

function readGroups(bytes: Uint8Array, offset: number, size: number): number {
  let value = 0;
  for (let i = 0; i < size; i++) value = value * 0x80 + ((bytes[offset + i] ?? 0) & 0x7f);
  return value;
}

/** Finds the first mark in bytes that come in pieces. */
export class TimeMarkFinder {
  /** In microseconds; 0 before there is a mark. */
  timeUs = 0;
  /** The end of what has come, in which a mark may have begun. */
  #rest: Uint8Array = new Uint8Array(0);

  push(bytes: Uint8Array): void {
    if (this.timeUs > 0) return;
    // A seam has room for the rest, and for what a mark that begins in it still needs.
    const seam = new Uint8Array(this.#rest.length + Math.min(bytes.length, TIME_MARK_SIZE - 1));
    seam.set(this.#rest);
    seam.set(bytes.subarray(0, seam.length - this.#rest.length), this.#rest.length);
    this.#look(seam);
    if (this.timeUs === 0) this.#look(bytes);
    const end = bytes.length < TIME_MARK_SIZE ? seam : bytes;
    this.#rest = end.slice(-(TIME_MARK_SIZE - 1));
  }

  #look(bytes: Uint8Array): void {
    const offset = findTimeMark(bytes, 0, bytes.length);
    if (offset >= 0) this.timeUs = readMarkTime(bytes, offset);
  }
}
