/**
 * What protection must know of an RTP header: where it ends, and two of its fields.
 *
 * Spec: RFC 3550, section 5.1 and 5.3.1.
 *
 * @module
 */

const FIXED_SIZE = 12;
const EXTENSION_HEAD_SIZE = 4;
const WORD_SIZE = 4;

/** The size of the header, CSRCs and extensions included; `undefined` if the packet is shorter. */
export function measureRtpHeader(packet: Uint8Array): number | undefined {
  const flags = packet[0];
  if (flags === undefined || flags >>> 6 !== 2) return undefined;
  let size = FIXED_SIZE + WORD_SIZE * (flags & 0x0f);
  if ((flags & 0x10) !== 0) {
    const high = packet[size + 2];
    const low = packet[size + 3];
    if (high === undefined || low === undefined) return undefined;
    size += EXTENSION_HEAD_SIZE + WORD_SIZE * ((high << 8) | low);
  }
  return size <= packet.length ? size : undefined;
}

/** Of a packet of at least 4 bytes. */
export function readSequenceNumber(packet: Uint8Array): number {
  return ((packet[2] ?? 0) << 8) | (packet[3] ?? 0);
}

/** Of bytes that are long enough. */
export function readUint32(bytes: Uint8Array, offset: number): number {
  const high = ((bytes[offset] ?? 0) << 8) | (bytes[offset + 1] ?? 0);
  const low = ((bytes[offset + 2] ?? 0) << 8) | (bytes[offset + 3] ?? 0);
  return high * 0x1_0000 + low;
}

export function writeUint32(bytes: Uint8Array, offset: number, value: number): void {
  bytes[offset] = value >>> 24;
  bytes[offset + 1] = value >>> 16;
  bytes[offset + 2] = value >>> 8;
  bytes[offset + 3] = value;
}
