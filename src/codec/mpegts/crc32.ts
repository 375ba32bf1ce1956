/**
 * The checksum at the end of PSI sections.
 *
 * Spec: ISO/IEC 13818-1, Annex A (CRC decoder model).
 *
 * @module
 */

/** x^32 + x^26 + x^23 + x^22 + x^16 + x^12 + x^11 + x^10 + x^8 + x^7 + x^5 + x^4 + x^2 + x + 1. */
const POLYNOMIAL = 0x04c1_1db7;

/**
 * The CRC_32 of `bytes`. Unlike the CRC of Ethernet and ZIP, which has the same polynomial, it takes
 * the high bit of each byte first and does not invert its result; so a section that ends with its
 * own CRC_32 has the checksum 0.
 *
 * Sections are some 20 bytes and written about once a second, so there is no table.
 */
export function crc32(bytes: Uint8Array): number {
  let crc = 0xffff_ffff;
  for (const byte of bytes) {
    crc ^= byte << 24;
    for (let bit = 0; bit < 8; bit++) crc = (crc << 1) ^ (crc < 0 ? POLYNOMIAL : 0);
  }
  return crc >>> 0;
}
