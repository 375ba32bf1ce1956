/**
 * The time mark: an SEI NAL unit in front of each picture that says when the publisher sent it.
 *
 * ```text
 * byte  0                  1              2         3         19                      27
 *      +------------------+--------------+---------+---------+-----------------------+------+
 *      | NAL unit type: 6 | SEI type: 5  | size 24 | UUID 16 | time, 8 times 1xxxxxxx | 0x80 |
 *      +------------------+--------------+---------+---------+-----------------------+------+
 * ```
 *
 * The time is in microseconds since the Unix epoch, seven bits a byte, high ones first. No byte is 0,
 * so that nothing between a publisher and a player, MPEG-TS included, has to put an emulation
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
const SEI_SIZE = 24;
const RBSP_TRAILING = 0x80;

const UUID_OFFSET = 3;
/** Where the time stands in the NAL unit, and how many bytes it takes. */
export const TIME_MARK_TIME_OFFSET = 19;
const TIME_SIZE = 8;
/** Bytes of the NAL unit. */
export const TIME_MARK_SIZE = 28;

/** The NAL unit, with no time in it yet. */
export function createTimeMark(): Uint8Array {
  const mark = new Uint8Array(TIME_MARK_SIZE);
  mark.set([NAL_UNIT_TYPE_SEI, SEI_TYPE_USER_DATA_UNREGISTERED, SEI_SIZE]);
  mark.set(UUID, UUID_OFFSET);
  writeMarkTime(mark, TIME_MARK_TIME_OFFSET, 0);
  mark[TIME_MARK_SIZE - 1] = RBSP_TRAILING;
  return mark;
}

/** Writes the time at `offset`, where a mark has it. */
export function writeMarkTime(bytes: Uint8Array, offset: number, timeUs: number): void {
  let high = Math.floor(timeUs / 0x1000_0000);
  let low = timeUs % 0x1000_0000;
  for (let i = TIME_SIZE / 2 - 1; i >= 0; i--) {
    bytes[offset + i] = 0x80 | (high & 0x7f);
    bytes[offset + TIME_SIZE / 2 + i] = 0x80 | (low & 0x7f);
    high >>>= 7;
    low >>>= 7;
  }
}

/**
 * Looks for a mark between `start` and `end`.
 *
 * @returns Its time in microseconds, or 0 if there is none.
 */
export function findMarkTime(bytes: Uint8Array, start: number, end: number): number {
  const last = Math.min(end, bytes.length) - TIME_MARK_SIZE;
  for (let i = start; i <= last; i++) {
    if (bytes[i] !== NAL_UNIT_TYPE_SEI || bytes[i + 2] !== SEI_SIZE) continue;
    if (hasUuid(bytes, i + UUID_OFFSET)) return readTime(bytes, i + TIME_MARK_TIME_OFFSET);
  }
  return 0;
}

function hasUuid(bytes: Uint8Array, offset: number): boolean {
  for (let i = 0; i < UUID.length; i++) {
    if (bytes[offset + i] !== UUID[i]) return false;
  }
  return true;
}

function readTime(bytes: Uint8Array, offset: number): number {
  let high = 0;
  let low = 0;
  for (let i = 0; i < TIME_SIZE / 2; i++) {
    high = (high << 7) | ((bytes[offset + i] ?? 0) & 0x7f);
    low = (low << 7) | ((bytes[offset + TIME_SIZE / 2 + i] ?? 0) & 0x7f);
  }
  return high * 0x1000_0000 + low;
}
