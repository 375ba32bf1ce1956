/**
 * Reads boxes, which hold other boxes, without believing what they say of their size.
 *
 * Spec: ISO/IEC 14496-12, 4.2 (object structure), 11.1 (`uuid`).
 *
 * @module
 */

import { MalformedError } from "../../base/errors.ts";

const HEADER_SIZE = 8;
const LARGE_SIZE_SIZE = 8;
const EXTENDED_TYPE_SIZE = 16;
const FULL_BOX_SIZE = 4;
/** Side by side: a box may take no more than 8 bytes, and what is made of it far more. */
const BOXES_MAX = 100_000;

export interface BoxHeader {
  /** Four letters, such as `moov`. */
  readonly type: string;
  /** Of the header, in bytes: 8, with a large size 8 more, and 16 more for `uuid`. */
  readonly headerSize: number;
  /** Of the whole box, in bytes; `undefined` if it goes on to the end of the file. */
  readonly size: number | undefined;
}

export interface Box {
  readonly type: string;
  /** Where the box starts, in bytes from the start of the input. */
  readonly offset: number;
  /** What is inside: a view into the input; copy to keep. */
  readonly body: Uint8Array;
}

export interface FullBox {
  readonly version: number;
  readonly flags: number;
  /** What follows them: a view into the input. */
  readonly body: Uint8Array;
}

/**
 * Decodes the header of the box at `offset`, whose end need not be there.
 *
 * ```text
 * | size 32 | type 32 |                     0: to the end of the file
 * | 1       | type 32 | large size 64 |
 * | ...     | "uuid"  | ... | extended type 128 |
 * ```
 *
 * @returns `undefined` if more input is needed.
 * @throws {MalformedError} If the box is smaller than its header, or larger than a number can say.
 */
export function decodeBoxHeader(bytes: Uint8Array, offset: number): BoxHeader | undefined {
  if (bytes.length < offset + HEADER_SIZE) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const shortSize = view.getUint32(offset);
  const type = String.fromCharCode(...bytes.subarray(offset + 4, offset + HEADER_SIZE));
  const isLarge = shortSize === 1;
  let headerSize = HEADER_SIZE;
  if (isLarge) headerSize += LARGE_SIZE_SIZE;
  if (type === "uuid") headerSize += EXTENDED_TYPE_SIZE;
  if (bytes.length < offset + headerSize) return undefined;
  if (shortSize === 0) return { type, headerSize, size: undefined };

  const size = isLarge
    ? view.getUint32(offset + 8) * 0x1_0000_0000 + view.getUint32(offset + 12)
    : shortSize;
  if (size < headerSize || size > Number.MAX_SAFE_INTEGER) {
    throw new MalformedError(`Cannot read box of ${size} bytes`, offset);
  }
  return { type, headerSize, size };
}

/**
 * Yields the boxes that fill `bytes`: a whole file, or what is inside of a box.
 *
 * @throws {MalformedError} If one is cut off or larger than what it is in, or there are too many.
 */
export function* readBoxes(bytes: Uint8Array): Generator<Box, void, undefined> {
  let offset = 0;
  for (let count = 0; offset < bytes.length; count++) {
    if (count === BOXES_MAX) throw new MalformedError("Cannot read boxes: too many", offset);
    const header = decodeBoxHeader(bytes, offset);
    if (header === undefined) throw new MalformedError("Cannot read box header: cut off", offset);
    const { type, headerSize } = header;
    const end = offset + (header.size ?? bytes.length - offset);
    if (end > bytes.length) {
      throw new MalformedError(`Cannot read box of ${header.size} bytes: cut off`, offset);
    }
    yield { type, offset, body: bytes.subarray(offset + headerSize, end) };
    offset = end;
  }
}

/**
 * Looks for the first box at the end of a path, such as `["moov", "trak", "mdia"]`. All boxes of
 * the path but the last must have nothing inside but boxes.
 *
 * @throws {MalformedError} If a box on the way is cut off.
 */
export function findBox(bytes: Uint8Array, path: readonly string[]): Box | undefined {
  const [type, ...rest] = path;
  for (const box of readBoxes(bytes)) {
    if (box.type !== type) continue;
    if (rest.length === 0) return box;
    const found = findBox(box.body, rest);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Takes version and flags off the body of a box that has them. @throws {MalformedError} */
export function decodeFullBox(body: Uint8Array): FullBox {
  if (body.length < FULL_BOX_SIZE) throw new MalformedError("Cannot read version and flags", 0);
  const view = new DataView(body.buffer, body.byteOffset, body.byteLength);
  const word = view.getUint32(0);
  return { version: word >>> 24, flags: word & 0xff_ffff, body: body.subarray(FULL_BOX_SIZE) };
}
