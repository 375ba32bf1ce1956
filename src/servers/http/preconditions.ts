/**
 * Conditions under which a client wants a file: only if it has changed, or only if it has not.
 *
 * Spec: RFC 9110, sections 8.8 (validators), 13 (conditions) and 5.6.7 (dates).
 *
 * @module
 */

import type { HeaderFields } from "../../codec/http/header-fields.ts";

/** What tells one state of a file from another. */
export interface Validators {
  /** With its quotes, and with `W/` if it is weak. */
  readonly etag: string;
  readonly modifiedMs: number | undefined;
}

const ENTITY_TAG = /(?:W\/)?"[\x21\x23-\x7e\x80-\xff]*"/g;
const HTTP_DATE =
  /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), (\d\d) (\w{3}) (\d{4}) (\d\d):(\d\d):(\d\d) GMT$/;
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/** The status that answers a GET or HEAD in place of the file, in the order of section 13.2.2. */
export function checkPreconditions(
  fields: HeaderFields,
  validators: Validators,
): 304 | 412 | undefined {
  const ifMatch = fields.get("if-match");
  const ifUnmodifiedSince = fields.get("if-unmodified-since");
  if (ifMatch !== undefined) {
    if (!matches(ifMatch, validators.etag, isSameStrongly)) return 412;
  } else if (ifUnmodifiedSince !== undefined && isNewer(validators, ifUnmodifiedSince) === true) {
    return 412;
  }
  const ifNoneMatch = fields.get("if-none-match");
  if (ifNoneMatch !== undefined) {
    return matches(ifNoneMatch, validators.etag, isSameWeakly) ? 304 : undefined;
  }
  const ifModifiedSince = fields.get("if-modified-since");
  if (ifModifiedSince === undefined) return undefined;
  return isNewer(validators, ifModifiedSince) === false ? 304 : undefined;
}

/** Whether the part that a client has is of the file's present state, so that it may get the rest. */
export function isRangeWanted(fields: HeaderFields, validators: Validators): boolean {
  const condition = fields.get("if-range");
  if (condition === undefined) return true;
  if (condition.includes('"')) return isSameStrongly(condition, validators.etag);
  const { modifiedMs } = validators;
  return modifiedMs !== undefined && condition === formatHttpDate(modifiedMs);
}

/** Such as `Thu, 01 Jan 2026 00:00:00 GMT`. */
export function formatHttpDate(ms: number): string {
  return new Date(ms).toUTCString();
}

/** Milliseconds since the epoch. The two obsolete forms, which nobody sends, count as no date. */
export function parseHttpDate(text: string): number | undefined {
  const [, day = "", month = "", year = "", hour = "", minute = "", second = ""] =
    HTTP_DATE.exec(text) ?? [];
  const monthIndex = MONTHS.indexOf(month);
  if (monthIndex < 0) return undefined;
  return Date.UTC(+year, monthIndex, +day, +hour, +minute, +second);
}

/** Whether the file has changed since the date; `undefined` if either is unknown. */
function isNewer({ modifiedMs }: Validators, date: string): boolean | undefined {
  const sinceMs = parseHttpDate(date);
  if (sinceMs === undefined || modifiedMs === undefined) return undefined;
  return Math.floor(modifiedMs / 1_000) * 1_000 > sinceMs;
}

function matches(
  list: string,
  etag: string,
  isSame: (left: string, right: string) => boolean,
): boolean {
  if (list.trim() === "*") return true;
  return (list.match(ENTITY_TAG) ?? []).some((other) => isSame(other, etag));
}

function isSameStrongly(left: string, right: string): boolean {
  return left === right && !left.startsWith("W/");
}

function isSameWeakly(left: string, right: string): boolean {
  return left.replace(/^W\//, "") === right.replace(/^W\//, "");
}
