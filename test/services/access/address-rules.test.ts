/**
 * Goal: rules by address let in and keep out whom SRS lets in and keeps out, its oddity included that
 * an allow rule of one direction closes the other; and an address is the same however it is written.
 *
 * Method: the rules that were tried on SRS 7.0 with a client at 127.0.0.1, and tables of edge cases.
 */

import { describe, expect, test } from "vitest";
import type { AccessRule } from "../../../src/config/settings/setting.ts";
import { isAddressAllowed } from "../../../src/services/access/address-rules.ts";

/** @param text Such as `allow play all; deny publish 10.0.0.0/8`. */
function rules(text: string, enabled = true) {
  const allow: AccessRule[] = [];
  const deny: AccessRule[] = [];
  for (const rule of text.split(";").filter((part) => part.trim() !== "")) {
    const [list, action, from = ""] = rule.trim().split(" ");
    if (action !== "play" && action !== "publish") throw new Error(rule);
    (list === "allow" ? allow : deny).push({ action, from });
  }
  return { enabled, allow, deny };
}

describe("as SRS has it, for a client at 127.0.0.1", () => {
  test.each([
    ["", { play: false, publish: false }],
    ["deny play 127.0.0.1", { play: false, publish: true }],
    ["deny play all; deny publish all", { play: false, publish: false }],
    ["allow play 10.0.0.0/8; allow publish 10.0.0.0/8", { play: false, publish: false }],
    ["allow publish 127.0.0.0/8; allow play 127.0.0.1/32", { play: true, publish: true }],
    ["allow publish all; deny publish 127.0.0.1", { play: false, publish: false }],
  ])("%s", (text, expected) => {
    const security = rules(text);
    const play = isAddressAllowed(security, "play", "127.0.0.1");
    const publish = isAddressAllowed(security, "publish", "127.0.0.1");
    expect({ play, publish }).toEqual(expected);
  });
});

describe("rules", () => {
  test.each([
    ["allow publish all", "play", "10.0.0.1", false],
    ["allow publish all", "publish", "10.0.0.1", true],
    ["deny publish all", "play", "10.0.0.1", true],
    ["allow play all; deny play 10.0.0.1", "play", "10.0.0.1", false],
    ["allow play all; deny play 10.0.0.1", "play", "10.0.0.2", true],
    ["deny play 10.0.0.1", "play", "no address", true],
    ["allow play 0.0.0.0/0", "play", "no address", false],
    ["deny play all", "play", "no address", false],
  ] as const)("%s: %s by %s: %j", (text, action, address, expected) => {
    expect(isAddressAllowed(rules(text), action, address)).toBe(expected);
  });

  test("that are not enabled keep nobody out", () => {
    expect(isAddressAllowed(rules("deny play all", false), "play", "10.0.0.1")).toBe(true);
  });
});

describe("a range or an address", () => {
  test.each([
    ["10.0.0.0/8", "10.255.255.255", true],
    ["10.0.0.0/8", "11.0.0.0", false],
    // Bits behind the range count for nothing.
    ["10.1.2.3/8", "10.9.9.9", true],
    ["192.168.0.128/25", "192.168.0.127", false],
    ["192.168.0.128/25", "192.168.0.128", true],
    ["192.0.2.4/31", "192.0.2.5", true],
    ["192.0.2.4/31", "192.0.2.6", false],
    ["192.0.2.4/32", "192.0.2.4", true],
    ["192.0.2.4/32", "192.0.2.5", false],
    ["0.0.0.0/0", "255.255.255.255", true],
    ["0.0.0.0/0", "::1", false],
    ["255.255.255.255/1", "128.0.0.0", true],
    ["2001:db8::/32", "2001:db8:ffff::1", true],
    ["2001:db8::/32", "2001:db9::", false],
    ["2001:db8::/33", "2001:db8:7fff::", true],
    ["2001:db8::/33", "2001:db8:8000::", false],
    ["2001:db8::1/127", "2001:db8::", true],
    ["2001:db8::1/128", "2001:db8::", false],
    ["::/0", "2001:db8::1", true],
    ["::/0", "192.0.2.1", false],
    ["2001:DB8:0:0:0:0:0:1", "2001:db8::1", true],
    ["::1", "0:0:0:0:0:0:0:1", true],
    ["fe80::1", "fe80::1%eth0", true],
    ["fe80::1%eth0", "fe80::1", true],
    // IPv4 as IPv6 has it, on either side.
    ["10.0.0.0/8", "::ffff:10.1.2.3", true],
    ["10.0.0.0/8", "::ffff:a01:203", true],
    ["::ffff:10.0.0.0/104", "10.1.2.3", true],
    ["::ffff:10.0.0.0/104", "11.1.2.3", false],
    ["::ffff:0:0/96", "192.0.2.1", true],
    ["::ffff:10.1.2.3", "10.1.2.3", true],
    ["::ffff:0:0/95", "10.1.2.3", false],
    // What only looks like it.
    ["::10.1.2.3", "10.1.2.3", false],
  ])("%s and %s: %j", (from, address, expected) => {
    const security = rules(`allow play ${from}`);
    expect(isAddressAllowed(security, "play", address)).toBe(expected);
  });
});
