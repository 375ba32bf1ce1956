/**
 * Goal: an address has one way to be written, whatever way it was: signatures and counts depend on it.
 *
 * Method: the rules and examples of RFC 5952; forms of RFC 4291 that are and are not addresses.
 */

import { expect, test } from "vitest";
import { formatIpAddress, isIpv6, parseIpAddress } from "../../src/base/ip-address.ts";

test.each([
  ["192.0.2.1", "192.0.2.1"],
  ["::ffff:192.0.2.1", "192.0.2.1"],
  ["2001:0db8:0000:0000:0001:0000:0000:0001", "2001:db8::1:0:0:1"],
  ["2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"],
  ["2001:0:0:1:0:0:0:1", "2001:0:0:1::1"],
  ["2001:DB8::A", "2001:db8::a"],
  ["::", "::"],
  ["::1", "::1"],
  ["1::", "1::"],
  ["fe80::1%eth0", "fe80::1"],
  ["64:ff9b::192.0.2.1", "64:ff9b::c000:201"],
])("%s is %s", (text, expected) => {
  const bytes = parseIpAddress(text);
  expect(bytes && formatIpAddress(bytes)).toBe(expected);
});

test.each(["", "local", "192.0.2", "192.0.2.256", "1::2::3", "::1/128"])("%j is none", (text) => {
  expect(parseIpAddress(text)).toBeUndefined();
});

test.each([
  ["::", true],
  ["::1", true],
  ["1::", true],
  ["1:2:3:4:5:6:7:8", true],
  ["1:2:3:4:5:6:7::", true],
  ["::ffff:192.0.2.1", true],
  ["64:ff9b::192.0.2.1", true],
  ["1:2:3:4:5:6:7", false],
  ["1:2:3:4:5:6:7:8:9", false],
  ["1::2::3", false],
  [":1", false],
  ["12345::", false],
  ["1.2.3.4::", false],
  ["::1%", false],
  ["", false],
])("isIpv6(%j) is %s", (text, expected) => {
  expect(isIpv6(text)).toBe(expected);
});
