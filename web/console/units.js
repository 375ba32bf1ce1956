/**
 * Numbers in units that people read. A blank within a text does not break.
 *
 * @module
 */

const BLANK = "\u00a0";
const KIBIBYTE = 1024;
const SIZE_UNITS = ["KiB", "MiB", "GiB", "TiB"];

const SECOND = 1;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** What stands where nothing is known. */
export const UNKNOWN = "–";

/** Three digits, unless there are more before the point. */
function toDigits(value) {
  if (value >= 99.95) return value.toFixed(0);
  return value.toFixed(value >= 9.995 ? 1 : 2);
}

/** @param {number} kbps Thousands of bits per second. */
export function formatBitrate(kbps) {
  if (kbps < 999.5) return `${Math.round(kbps)}${BLANK}kbit/s`;
  if (kbps < 999_500) return `${toDigits(kbps / 1_000)}${BLANK}Mbit/s`;
  return `${toDigits(kbps / 1_000_000)}${BLANK}Gbit/s`;
}

/** @param {number} kibibytes */
export function formatMemory(kibibytes) {
  let value = kibibytes;
  let unit = 0;
  while (value >= 999.5 && unit < SIZE_UNITS.length - 1) {
    value /= KIBIBYTE;
    unit += 1;
  }
  return `${toDigits(value)}${BLANK}${SIZE_UNITS[unit]}`;
}

/** The two greatest units: `3 min 12 s`. @param {number} seconds */
export function formatAge(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  if (whole < MINUTE) return `${whole}${BLANK}s`;
  if (whole < HOUR) return twoUnits(whole, [MINUTE, "min"], [SECOND, "s"]);
  if (whole < DAY) return twoUnits(whole, [HOUR, "h"], [MINUTE, "min"]);
  return twoUnits(whole, [DAY, "d"], [HOUR, "h"]);
}

function twoUnits(seconds, [great, greatName], [small, smallName]) {
  const first = `${Math.floor(seconds / great)}${BLANK}${greatName}`;
  const rest = Math.floor((seconds % great) / small);
  return rest === 0 ? first : `${first} ${rest}${BLANK}${smallName}`;
}

/** @param {number} milliseconds */
export function formatDelay(milliseconds) {
  if (milliseconds < 999.5) return `${Math.round(milliseconds)}${BLANK}ms`;
  return `${toDigits(milliseconds / 1_000)}${BLANK}s`;
}

/** @param {number} fraction 0.04 is 4 %. @param {number} [digits] */
export function formatPercent(fraction, digits = 0) {
  return `${(fraction * 100).toFixed(digits)}${BLANK}%`;
}

/** @param {number} count */
export function formatCount(count) {
  return count.toLocaleString("en");
}
