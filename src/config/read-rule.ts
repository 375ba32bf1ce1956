/**
 * Access rules as written: `publish all`, `play 10.0.0.0/8`.
 *
 * @module
 */

import { isIpv4, isIpv6 } from "../base/ip-address.ts";
import type { Place, Report } from "./findings.ts";
import { quote } from "./quote.ts";
import type { AccessRule } from "./settings/setting.ts";

/** Reads one rule, as a list of one, or reports what is wrong with it. */
export function readRule(
  words: readonly string[],
  place: Place,
  report: Report,
): readonly AccessRule[] | undefined {
  const [action, from = "", extra] = words;
  const isAction = action === "publish" || action === "play";
  if (!isAction || !isSource(from) || extra !== undefined) {
    const expected = "Expected publish or play, then all, an address or a range";
    report.error(place, `${expected}, found ${quote(words.join(" "))}`);
    return undefined;
  }
  return [{ action, from }];
}

function isSource(text: string): boolean {
  if (text === "all" || isIpv4(text) || isIpv6(text)) return true;
  const [address = "", bits = ""] = text.split("/");
  if (!/^\d{1,3}$/.test(bits) || text.split("/").length !== 2) return false;
  return (isIpv4(address) && Number(bits) <= 32) || (isIpv6(address) && Number(bits) <= 128);
}
