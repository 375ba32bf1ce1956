/**
 * Times as RTCP has them: seconds since 1900 as a fixed-point number of 64 bits, and its middle.
 *
 * Spec: RFC 3550, 4.
 *
 * @module
 */

/** A point in time, to within 0.2 ns. */
export interface NtpTime {
  /** Since 1900-01-01, 32 bits: it wraps in 2036. */
  readonly ntpSeconds: number;
  /** In 1/2^32 s, 32 bits. */
  readonly ntpFraction: number;
}

/** From 1900 to 1970. */
const UNIX_EPOCH_SECONDS = 2_208_988_800;
const TWO_TO_32 = 0x1_0000_0000;
/** Times before this one (1968-01-20) are taken for those after the wrap, as RFC 4330, 3 has it. */
const WRAP_SECONDS = 0x8000_0000;

/** @param unixMs Milliseconds since 1970, with a fraction. */
export function toNtpTime(unixMs: number): NtpTime {
  const wholeSeconds = Math.floor(unixMs / 1000);
  const fraction = Math.floor(((unixMs - wholeSeconds * 1000) / 1000) * TWO_TO_32);
  return {
    ntpSeconds: (wholeSeconds + UNIX_EPOCH_SECONDS) >>> 0,
    ntpFraction: fraction,
  };
}

/** @returns Milliseconds since 1970, with a fraction. */
export function toUnixMs({ ntpSeconds, ntpFraction }: NtpTime): number {
  const seconds = ntpSeconds < WRAP_SECONDS ? ntpSeconds + TWO_TO_32 : ntpSeconds;
  return (seconds - UNIX_EPOCH_SECONDS) * 1000 + (ntpFraction / TWO_TO_32) * 1000;
}

/** The middle 32 bits, in 1/65,536 s: what reports call the last one by. */
export function toCompactNtp({ ntpSeconds, ntpFraction }: NtpTime): number {
  return ((ntpSeconds << 16) | (ntpFraction >>> 16)) >>> 0;
}
