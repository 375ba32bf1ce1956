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
