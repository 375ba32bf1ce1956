/**
 * The elements in the extension of an RTP header: several small values, each with an id that the
 * peers have agreed on.
 *
 * Spec: RFC 8285, 4.2 (one-byte headers), 4.3 (two-byte headers).
 *
 * @module
 */

import { assert } from "../../base/assert.ts";
import { MalformedError } from "../../base/errors.ts";

/** What "defined by profile" says for elements with one-byte headers. */
export const ONE_BYTE_PROFILE = 0xbede;
/** Likewise for two-byte headers; the low four bits are the application's. */
export const TWO_BYTE_PROFILE = 0x1000;

const TWO_BYTE_PROFILE_MASK = 0xfff0;
/** An id of 0 is one byte of padding in either form. */
const PADDING_ID = 0;
/** In the one-byte form this id ends the elements: what follows is for a later version. */
const RESERVED_ID = 15;

const ONE_BYTE_ID_MAX = 14;
const ONE_BYTE_VALUE_SIZE_MAX = 16;

/** One value and the id that says what it is. */
export interface HeaderExtensionElement {
  /** 1 to 14 where it is written. */
  readonly id: number;
  /** 1 to 16 bytes where it is written. */
  readonly value: Uint8Array;
}

/** Whether `profile` says that the extension holds elements. */
export function hasElements(profile: number): boolean {
  return profile === ONE_BYTE_PROFILE || isTwoByte(profile);
}

/**
 * Looks for an element.
 *
 * ```text
 * one byte:   |id  |size-1| value ...      two bytes:   |   id   |  size  | value ...
 * ```
 *
 * @param elements The extension without its own four bytes of profile and length.
 * @returns The value of the first element with this id, a view; `undefined` if there is none, or
 * if the elements break off before it.
 */
export function findElement(
  profile: number,
  elements: Uint8Array,
  id: number,
): Uint8Array | undefined {
  if (!hasElements(profile) || id === PADDING_ID) return undefined;
  const headerSize = isTwoByte(profile) ? 2 : 1;
  let offset = 0;
  while (offset < elements.length) {
    const size = elementSizeAt(profile, elements, offset);
    if (size === undefined || offset + size > elements.length) return undefined;
    const first = elements[offset] ?? 0;
    if ((headerSize === 1 ? first >> 4 : first) === id) {
      return elements.subarray(offset + headerSize, offset + size);
    }
    offset += size;
  }
  return undefined;
}

/**
 * Makes sure that every element ends within the extension.
 *
 * @throws {MalformedError} If one does not. Its offset is from the start of `elements`.
 */
export function checkElements(profile: number, elements: Uint8Array): void {
  if (!hasElements(profile)) return;
  let offset = 0;
  while (offset < elements.length) {
    const size = elementSizeAt(profile, elements, offset);
    if (size === undefined) return;
    if (offset + size > elements.length) {
      throw new MalformedError("Cannot read header extension: element is cut off", offset);
    }
    offset += size;
  }
}

/**
 * Encodes elements in the one-byte form, with the profile and the length in front of them, as they
 * follow the fixed header and the CSRCs. The size is a multiple of four.
 */
export function encodeHeaderExtension(elements: readonly HeaderExtensionElement[]): Uint8Array {
  let size = 4;
  for (const { value } of elements) size += 1 + value.length;
  const bytes = new Uint8Array(Math.ceil(size / 4) * 4);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, ONE_BYTE_PROFILE);
  view.setUint16(2, bytes.length / 4 - 1);
  let offset = 4;
  for (const { id, value } of elements) {
    assert(id > PADDING_ID && id <= ONE_BYTE_ID_MAX, "the id fits the one-byte form");
    assert(
      value.length > 0 && value.length <= ONE_BYTE_VALUE_SIZE_MAX,
      "the value fits the one-byte form",
    );
    bytes[offset] = (id << 4) | (value.length - 1);
    bytes.set(value, offset + 1);
    offset += 1 + value.length;
  }
  return bytes;
}

function isTwoByte(profile: number): boolean {
  return (profile & TWO_BYTE_PROFILE_MASK) === TWO_BYTE_PROFILE;
}

/**
 * The size of the element at `offset`, its header included and however much of it is there;
 * `undefined` where the elements end.
 */
function elementSizeAt(profile: number, elements: Uint8Array, offset: number): number | undefined {
  const first = elements[offset] ?? 0;
  if (first === PADDING_ID) return 1;
  if (isTwoByte(profile)) return 2 + (elements[offset + 1] ?? 0);
  const id = first >> 4;
  if (id === RESERVED_ID) return undefined;
  // An id of 0 with a size is not padding, and no id that may be asked for: it is stepped over.
  return 2 + (first & 0b1111);
}
