/**
 * Goal: endpoints are read and written as people write them.
 *
 * Method: a table for both directions; wrong ones by their message.
 */

import { describe, expect, test } from "vitest";
import { formatEndpoint, isSameEndpoint, parseEndpoint } from "../../src/config/endpoint.ts";

describe("endpoints", () => {
  test.each([
    ["1935", "0.0.0.0", 1935],
    ["127.0.0.1:1935", "127.0.0.1", 1935],
    ["[::]:1935", "::", 1935],
    ["[fe80::1%eth0]:65535", "fe80::1%eth0", 65_535],
  ])("%s", (text, host, port) => {
    expect(parseEndpoint(text, 0)).toEqual({ host, port });
    expect(formatEndpoint({ host, port })).toBe(text);
  });

  test.each([
    "",
    ":",
    "x",
    "-1",
    "65536",
    "1.2.3:80",
    "1.2.3.256:80",
    "[1.2.3.4]:80",
    "[::1]",
    "::1",
    "1935 ",
    "[::1:80",
    "1e3",
  ])("refuses %j", (text) => {
    expect(parseEndpoint(text, 0)).toMatch(/^Expected /);
  });

  test.each([
    ["1935", "1935", true],
    ["1935", "1936", false],
    ["1935", "127.0.0.1:1935", true],
    ["[::]:1935", "127.0.0.1:1935", true],
    ["[::]:1935", "1935", true],
    ["1935", "[::1]:1935", false],
    ["127.0.0.1:1935", "127.0.0.2:1935", false],
    ["0", "0", false],
  ])("%s and %s are the same: %s", (one, other, expected) => {
    const [a, b] = [parseEndpoint(one, 0), parseEndpoint(other, 0)];
    if (typeof a === "string" || typeof b === "string") throw new Error("no endpoint");
    expect([isSameEndpoint(a, b), isSameEndpoint(b, a)]).toEqual([expected, expected]);
  });
});
