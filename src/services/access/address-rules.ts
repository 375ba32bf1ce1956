/**
 * Access by address, as SRS judges it.
 *
 * ```text
 * a deny rule of the direction matches   no
 * an allow rule of it matches            yes
 * there are deny rules alone             yes
 * else, also without any rule            no
 * ```
 *
 * An allow rule of either direction makes no of what matches none: `allow publish all` alone keeps
 * every player out. So it is in SRS (7.0, srs_app_security.cpp), and configurations rely on it.
 *
 * @module
 */

import { type IpRange, isInRange, parseIpAddress, parseIpRange } from "../../base/ip-address.ts";
import type { AccessRule } from "../../config/settings/setting.ts";
import type { SecurityConfig } from "../../config/vhost-config.ts";

export type Action = "publish" | "play";

type Ranges = readonly ("all" | IpRange)[];

/** What was made of lists of rules, which are asked again and again. */
const RANGES = new WeakMap<readonly AccessRule[], Readonly<Record<Action, Ranges>>>();

/** Whether the rules let somebody at `address` do that. */
export function isAddressAllowed(
  { enabled, allow, deny }: SecurityConfig,
  action: Action,
  address: string,
): boolean {
  if (!enabled) return true;
  const bytes = parseIpAddress(address);
  const isIn = (rules: readonly AccessRule[]): boolean =>
    rangesOf(rules)[action].some(
      (range) => range === "all" || (bytes !== undefined && isInRange(bytes, range)),
    );
  if (isIn(deny)) return false;
  return isIn(allow) || (allow.length === 0 && deny.length > 0);
}

function rangesOf(rules: readonly AccessRule[]): Readonly<Record<Action, Ranges>> {
  let ranges = RANGES.get(rules);
  if (ranges === undefined) {
    const of = (action: Action): Ranges =>
      rules
        .filter((rule) => rule.action === action)
        .flatMap(({ from }) => (from === "all" ? from : (parseIpRange(from) ?? [])));
    ranges = { publish: of("publish"), play: of("play") };
    RANGES.set(rules, ranges);
  }
  return ranges;
}
