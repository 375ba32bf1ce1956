/**
 * ID3 tags in front of a segment of packed audio, which say when it is played.
 *
 * Spec: RFC 8216, section 3.4 (the owner and the 33 bits of the PRIV frame); ID3v2.4, sections 3.1, 4 and
 * 4.27; ID3v2.3, section 3.3 (sizes without gaps).
 *
 * @module
 */

import { MalformedError } from "../../base/errors.ts";

export interface Id3Tags {
  /** Of all tags. */
  readonly size: number;
  /** Ticks of 90 kHz, within 33 bits; `undefined` if it is not said. */
  readonly timestamp: number | undefined;
}

const HEADER_SIZE = 10;
const FRAME_HEADER_SIZE = 10;
const HAS_FOOTER = 0x10;
const HAS_EXTENDED_HEADER = 0x40;
const OWNER = "com.apple.streaming.transportStreamTimestamp\0";
const TIMESTAMP_SIZE = 8;

/** @throws {MalformedError} If a tag is cut off. */
export function readId3(bytes: Uint8Array): Id3Tags {
  let size = 0;
  let timestamp: number | undefined;
  while (startsWith(bytes, size, "ID3")) {
    if (size + HEADER_SIZE > bytes.length)
      throw new MalformedError("Cannot read ID3: cut off", size);
    const version = bytes[size + 3] ?? 0;
    const flags = bytes[size + 5] ?? 0;
    const end = size + HEADER_SIZE + syncSafe(bytes, size + 6);
    if (end > bytes.length) throw new MalformedError("Cannot read ID3: cut off", size);
    if ((flags & HAS_EXTENDED_HEADER) === 0) {
      timestamp ??= findTimestamp(bytes.subarray(size + HEADER_SIZE, end), version);
    }
    size = end + ((flags & HAS_FOOTER) === 0 ? 0 : HEADER_SIZE);
  }
  return { size, timestamp };
}

function findTimestamp(tag: Uint8Array, version: number): number | undefined {
  let at = 0;
  while (at + FRAME_HEADER_SIZE <= tag.length && tag[at] !== 0) {
    const size = version >= 4 ? syncSafe(tag, at + 4) : uint32(tag, at + 4);
    const start = at + FRAME_HEADER_SIZE;
    const isIt = startsWith(tag, at, "PRIV") && startsWith(tag, start, OWNER);
    const place = start + OWNER.length;
    if (isIt && size >= OWNER.length + TIMESTAMP_SIZE && place + TIMESTAMP_SIZE <= tag.length) {
      return (uint32(tag, place) & 1) * 0x1_0000_0000 + uint32(tag, place + 4);
    }
    at = start + size;
  }
  return undefined;
}

function startsWith(bytes: Uint8Array, offset: number, text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    if (bytes[offset + i] !== text.charCodeAt(i)) return false;
  }
  return true;
}

/** 28 bits in the lower seven of each byte. */
function syncSafe(bytes: Uint8Array, offset: number): number {
  let value = 0;
  for (let i = 0; i < 4; i++) value = value * 128 + ((bytes[offset + i] ?? 0) & 0x7f);
  return value;
}

function uint32(bytes: Uint8Array, offset: number): number {
  let value = 0;
  for (let i = 0; i < 4; i++) value = value * 256 + (bytes[offset + i] ?? 0);
  return value;
}
