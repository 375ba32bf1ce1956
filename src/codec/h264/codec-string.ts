/**
 * How HLS, DASH and browsers name a kind of H.264.
 *
 * Spec: RFC 6381, section 3.3; ISO/IEC 14496-15, section 5.4.1 (sample entry `avc1`: parameter sets
 * are in the sample entry only).
 *
 * @module
 */

import type { AvcProfileAndLevel } from "./decoder-configuration-record.ts";

/** `avc1.PPCCLL`: profile, constraint flags and level, two hexadecimal digits each. */
export function formatAvcCodecString(record: AvcProfileAndLevel): string {
  const { profileIndication, profileCompatibility, levelIndication } = record;
  const bytes = [profileIndication, profileCompatibility, levelIndication];
  return `avc1.${bytes.map((byte) => byte.toString(16).padStart(2, "0")).join("")}`;
}
