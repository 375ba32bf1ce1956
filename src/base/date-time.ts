/**
 * Points in time as text.
 *
 * Spec: RFC 3339 (a profile of ISO 8601), section 5.6.
 *
 * @module
 */

/** Such as `2026-01-01T00:00:00.250Z`: the day and time in UTC of milliseconds since the Unix epoch. */
export function formatDateTime(ms: number): string {
  return new Date(ms).toISOString();
}

const DATE_TIME =
  /^(\d{4})-(\d\d)-(\d\d)[Tt ]([01]\d|2[0-3]):([0-5]\d):([0-5]\d)(?:\.(\d{1,9}))?(?:[Zz]|([+ -])([01]\d|2[0-3]):([0-5]\d))$/;
const UNIX_SECONDS = /^\d{1,12}(?:\.\d{1,9})?$/;

/**
 * A point in time of RFC 3339, or seconds since the Unix epoch with a fraction or without. A space counts
 * as a plus, since it is what becomes of that in a query.
 *
 * @returns Milliseconds since the Unix epoch; `undefined` if it is neither.
 */
export function parsePointInTime(text: string): number | undefined {
  if (UNIX_SECONDS.test(text)) return Number(text) * 1_000;
  const match = DATE_TIME.exec(text);
  if (match === null) return undefined;
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map(Number) as number[];
  const midnightMs = Date.UTC(year ?? 0, (month ?? 0) - 1, day);
  // A day that the month does not have is one of the next month.
  if (formatDateTime(midnightMs).slice(0, 10) !== text.slice(0, 10)) return undefined;
  const [fraction = "0", sign, offsetHours = "0", offsetMinutes = "0"] = match.slice(7);
  const ofDay = (Number(hour) * 60 + Number(minute)) * 60 + Number(second);
  const offset = (Number(offsetHours) * 60 + Number(offsetMinutes)) * 60;
  const ms = Math.round(Number(`0.${fraction}`) * 1_000);
  return midnightMs + (ofDay - (sign === "-" ? -offset : offset)) * 1_000 + ms;
}
