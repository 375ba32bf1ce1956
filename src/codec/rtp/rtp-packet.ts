/**
 * RTP packets: the fixed header, CSRCs, header extension, payload and padding.
 *
 * ```text
 *  0                   1                   2                   3
 *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 * |V=2|P|X|  CC   |M|     PT      |       sequence number         |
 * |                           timestamp                           |
 * |                             SSRC                              |
 * |                       CSRCs (CC of them)                      |
 * |      defined by profile       |   length in words (if X)      |
 * |                           extensions                          |
 * |       payload ...             |  padding (if P) | its size    |
 * ```
 *
 * Spec: RFC 3550, 5.1 and 5.3.1.
 *
 * @module
 */

import { assert } from "../../base/assert.ts";
import { MalformedError } from "../../base/errors.ts";
import { checkElements, findElement } from "./header-extension.ts";

/** The size of the fixed header in bytes. */
export const RTP_HEADER_SIZE = 12;

const VERSION = 2;
const PADDING_FLAG = 0x20;
const EXTENSION_FLAG = 0x10;
const MARKER_FLAG = 0x80;
const EXTENSION_HEADER_SIZE = 4;
const NO_BYTES: Uint8Array = new Uint8Array(0);

/** The fields of the fixed header that a sender chooses. */
export interface RtpHeader {
  readonly isMarked: boolean;
  /** 7 bits. */
  readonly payloadType: number;
  /** 16 bits. */
  readonly sequenceNumber: number;
  /** 32 bits, in ticks of the payload type's clock rate. */
  readonly timestamp: number;
  /** 32 bits. */
  readonly ssrc: number;
}

/** A packet that has come: a view into the datagram. */
export interface RtpPacket extends RtpHeader {
  /** "Defined by profile": which form the extensions have; 0 without. */
  readonly extensionProfile: number;
  /** The bytes of all extensions, without profile and length; empty without. */
  readonly extensions: Uint8Array;
  /** Without padding. */
  readonly payload: Uint8Array;
  /** Where the payload starts, in bytes: CSRCs and extensions are included. */
  readonly headerSize: number;
  /** In bytes, with the one that says so. */
  readonly paddingSize: number;
}

/**
 * Parses a datagram.
 *
 * @throws {MalformedError} If it is no RTP packet of version 2, or any of its parts does not fit.
 */
export function parseRtpPacket(bytes: Uint8Array): RtpPacket {
  if (bytes.length < RTP_HEADER_SIZE) {
    throw new MalformedError(`Cannot read RTP header: only ${bytes.length} bytes`, 0);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const flags = view.getUint8(0);
  if (flags >> 6 !== VERSION) {
    throw new MalformedError(`Cannot read RTP packet: version is ${flags >> 6}`, 0);
  }
  let headerSize = RTP_HEADER_SIZE + (flags & 0b1111) * 4;
  let extensionProfile = 0;
  let extensions = NO_BYTES;
  if ((flags & EXTENSION_FLAG) !== 0) {
    const start = headerSize + EXTENSION_HEADER_SIZE;
    if (start > bytes.length) {
      throw new MalformedError("Cannot read RTP header: no room for its extension", headerSize);
    }
    extensionProfile = view.getUint16(headerSize);
    headerSize = start + view.getUint16(headerSize + 2) * 4;
    if (headerSize <= bytes.length) {
      extensions = bytes.subarray(start, headerSize);
      checkElements(extensionProfile, extensions);
    }
  }
  const paddingSize = (flags & PADDING_FLAG) === 0 ? 0 : view.getUint8(bytes.length - 1);
  // A padding of 0 bytes cannot be, as its last byte counts itself.
  if (headerSize + paddingSize > bytes.length || ((flags & PADDING_FLAG) !== 0 && !paddingSize)) {
    throw new MalformedError(
      `Cannot read RTP packet: header of ${headerSize} and padding of ${paddingSize} bytes`,
      RTP_HEADER_SIZE,
    );
  }
  const second = view.getUint8(1);
  return {
    isMarked: (second & MARKER_FLAG) !== 0,
    payloadType: second & 0x7f,
    sequenceNumber: view.getUint16(2),
    timestamp: view.getUint32(4),
    ssrc: view.getUint32(8),
    extensionProfile,
    extensions,
    payload: bytes.subarray(headerSize, bytes.length - paddingSize),
    headerSize,
    paddingSize,
  };
}

/**
 * The value of a header extension, in the one-byte or the two-byte form: a view, which is empty
 * for a value of no bytes.
 *
 * @param id What the peers have agreed on in SDP (`a=extmap`).
 * @returns `undefined` if the packet does not have it.
 */
export function findExtension(packet: RtpPacket, id: number): Uint8Array | undefined {
  return packet.extensions.length === 0
    ? undefined
    : findElement(packet.extensionProfile, packet.extensions, id);
}

/**
 * Writes the fixed header (RTP_HEADER_SIZE bytes), for a packet without CSRCs and padding.
 *
 * @param offset Where in `view`, in bytes.
 * @param hasExtension Whether the caller writes a header extension behind it.
 */
export function writeRtpHeader(
  view: DataView,
  offset: number,
  header: RtpHeader,
  hasExtension: boolean,
): void {
  view.setUint8(offset, (VERSION << 6) | (hasExtension ? EXTENSION_FLAG : 0));
  view.setUint8(offset + 1, (header.isMarked ? MARKER_FLAG : 0) | (header.payloadType & 0x7f));
  view.setUint16(offset + 2, header.sequenceNumber);
  view.setUint32(offset + 4, header.timestamp);
  view.setUint32(offset + 8, header.ssrc);
}

/**
 * Encodes a packet.
 *
 * @param extension As `encodeHeaderExtension` gives it; empty for none.
 */
export function encodeRtpPacket(
  header: RtpHeader,
  payload: Uint8Array,
  extension: Uint8Array = NO_BYTES,
): Uint8Array {
  assert(extension.length % 4 === 0, "a header extension is in words of four bytes");
  const headerSize = RTP_HEADER_SIZE + extension.length;
  const bytes = new Uint8Array(headerSize + payload.length);
  writeRtpHeader(new DataView(bytes.buffer), 0, header, extension.length > 0);
  bytes.set(extension, RTP_HEADER_SIZE);
  bytes.set(payload, headerSize);
  return bytes;
}
