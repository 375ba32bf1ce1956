/**
 * Goal: names from outside can be keys, paths, URLs and log fields; all that is printable and stays in
 * its place is taken.
 *
 * Method: tables of names on either side of each rule.
 */

import { describe, expect, test } from "vitest";
import {
  formatStreamUrl,
  isSafeAppName,
  isSafeStreamName,
  isSafeStreamParam,
  STREAM_NAME_SIZE_MAX,
  STREAM_PARAM_SIZE_MAX,
} from "../../src/base/stream-name.ts";

const CONTROLS = [
  "\0",
  "\t",
  "\n",
  "\u001b",
  "\u007f",
  "\u0085",
  "\u2028",
  "\u2029",
  "\ud800",
  "\udc00",
];

describe("isSafeStreamName()", () => {
  test.each([
    "livestream",
    "a",
    "...",
    "a..b",
    ".hidden",
    "🎥",
    "ü ñ",
    "a:b",
    "a%2e%2e",
    "-rf",
    "a?b",
  ])("takes %j", (name) => {
    expect(isSafeStreamName(name)).toBe(true);
  });

  test.each(["", ".", "..", "a/b", "/", "a\\b", ...CONTROLS.map((control) => `a${control}b`)])(
    "refuses %j",
    (name) => {
      expect(isSafeStreamName(name)).toBe(false);
    },
  );

  test("counts bytes, not characters", () => {
    for (const [character, size] of [
      ["a", 1],
      ["ü", 2],
      ["中", 3],
      ["🎥", 4],
    ] as const) {
      const count = Math.floor(STREAM_NAME_SIZE_MAX / size);
      expect(isSafeStreamName(character.repeat(count))).toBe(true);
      expect(isSafeStreamName(character.repeat(count + 1))).toBe(false);
    }
  });
});

describe("isSafeAppName()", () => {
  test.each(["live", "live/show", "a/b/c"])("takes %j", (app) => {
    expect(isSafeAppName(app)).toBe(true);
  });

  test.each(["", "/live", "live/", "a//b", "a/../b", "..", "a\\b", "a\n/b", "a/".repeat(300)])(
    "refuses %j",
    (app) => {
      expect(isSafeAppName(app)).toBe(false);
    },
  );
});

describe("isSafeStreamParam()", () => {
  test("takes anything printable, up to its limit", () => {
    expect(isSafeStreamParam("")).toBe(true);
    expect(isSafeStreamParam("?token=a/../b\\c&x=🎥")).toBe(true);
    expect(isSafeStreamParam("x".repeat(STREAM_PARAM_SIZE_MAX))).toBe(true);
    expect(isSafeStreamParam("x".repeat(STREAM_PARAM_SIZE_MAX + 1))).toBe(false);
    for (const control of CONTROLS) expect(isSafeStreamParam(`?a=${control}`)).toBe(false);
  });
});

test("formatStreamUrl() leaves the default vhost out", () => {
  const name = { app: "live/show", stream: "s" };
  expect(formatStreamUrl({ vhost: "__defaultVhost__", ...name })).toBe("/live/show/s");
  expect(formatStreamUrl({ vhost: "a.com", ...name })).toBe("a.com/live/show/s");
});
