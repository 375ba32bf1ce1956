/**
 * The checksum by which a STUN message is told from what it may share a port with.
 *
 * Spec: RFC 8489, 14.7.
 *
 * @module
 */

import { ATTRIBUTE_HEADER_SIZE } from "./attribute.ts";
import type { StunMessage } from "./message.ts";

/** "STUN". */
const FINGERPRINT_XOR = 0x5354_554e;

/**
 * CRCs of four bits each, by the reflected polynomial 0xedb88320. A table of 256 would have to be
 * made first; messages are too short for it to matter.
 */
// biome-ignore format: four a line
const CRC_OF_NIBBLE = [
  0x0000_0000, 0x1db7_1064, 0x3b6e_20c8, 0x26d9_30ac,
  0x76dc_4190, 0x6b6b_51f4, 0x4db2_6158, 0x5005_713c,
  0xedb8_8320, 0xf00f_9344, 0xd6d6_a3e8, 0xcb61_b38c,
  0x9b64_c2b0, 0x86d3_d2d4, 0xa00a_e278, 0xbdbd_f21c,
] as const;

/**
 * The value of FINGERPRINT.
 *
 * @param bytes A message whose length already counts the attribute.
 * @param offset Where the attribute starts.
 */
export function computeFingerprint(bytes: Uint8Array, offset: number): number {
  return (crc32(bytes, offset) ^ FINGERPRINT_XOR) >>> 0;
}

/** Whether a message has a fingerprint, and the right one. */
export function isFingerprintValid({ bytes, fingerprintOffset }: StunMessage): boolean {
  if (fingerprintOffset === undefined) return false;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const value = view.getUint32(fingerprintOffset + ATTRIBUTE_HEADER_SIZE);
  return value === computeFingerprint(bytes, fingerprintOffset);
}

/** The CRC-32 of Ethernet and ZIP; that of MPEG-TS has the bits the other way round. */
function crc32(bytes: Uint8Array, end: number): number {
  let crc = ~0;
  for (let offset = 0; offset < end; offset++) {
    crc ^= bytes[offset] ?? 0;
    crc = (crc >>> 4) ^ (CRC_OF_NIBBLE[crc & 0xf] ?? 0);
    crc = (crc >>> 4) ^ (CRC_OF_NIBBLE[crc & 0xf] ?? 0);
  }
  return ~crc;
}
