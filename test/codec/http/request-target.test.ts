/**
 * Goal: a path means one thing to whoever looks it up: decoded once, free of dot segments, never
 * above the root.
 *
 * Method: a table of targets and paths, with the known ways to smuggle a segment past a check; noise.
 */

import { describe, expect, test } from "vitest";
import { HttpMalformedError } from "../../../src/codec/http/http-malformed-error.ts";
import { encodePath, parseRequestTarget } from "../../../src/codec/http/request-target.ts";
import { noise } from "../../support/noise.ts";

describe("parseRequestTarget()", () => {
  test.each([
    ["/", "/", ""],
    ["/live/livestream.flv", "/live/livestream.flv", ""],
    ["/live/a.flv?x=1&y=%20", "/live/a.flv", "x=1&y=%20"],
    ["/a?b?c", "/a", "b?c"],
    ["/a?", "/a", ""],
    ["/a%20b", "/a b", ""],
    ["/%E7%9B%B4", "/直", ""],
    ["/\xe7\x9b\xb4?\xe7\x9b\xb4", "/直", "%e7%9b%b4"],
    ["/a/./b", "/a/b", ""],
    ["/a/../b", "/b", ""],
    ["/a/b/..", "/a/", ""],
    ["/a/b/.", "/a/b/", ""],
    ["/..", "/", ""],
    ["/../../etc/passwd", "/etc/passwd", ""],
    ["/%2e%2E/%2e/etc/passwd", "/etc/passwd", ""],
    ["/a/.%2e/b", "/b", ""],
    ["/a/%252e%252e/b", "/a/%2e%2e/b", ""],
    ["/.hidden/..a/a..", "/.hidden/..a/a..", ""],
    ["//evil.example/a", "/evil.example/a", ""],
    ["/a//b/", "/a/b/", ""],
    ["/a%2Fb", "/a%2Fb", ""],
    ["/a/..%2f..%2fb", "/a/..%2F..%2Fb", ""],
    ["/a%5Cb", "/a\\b", ""],
    ["/a+b", "/a+b", ""],
    ["/a%3Fb", "/a?b", ""],
  ])("%s has the path %s and the query %s", (target, path, query) => {
    expect(parseRequestTarget("GET", target)).toMatchObject({ path, query, authority: undefined });
  });

  test("keeps the path as sent", () => {
    expect(parseRequestTarget("GET", "/a/%2e/b?c").rawPath).toBe("/a/%2e/b");
  });

  test.each([
    ["http://a.com:8080/b?c=d", { authority: "a.com:8080", path: "/b", query: "c=d" }],
    ["HTTPS://a.com", { authority: "a.com", path: "/", query: "" }],
    ["http://a.com?x", { authority: "a.com", path: "/", query: "x" }],
  ])("takes the whole URL %s apart", (target, expected) => {
    expect(parseRequestTarget("GET", target)).toMatchObject(expected);
  });

  test("knows the server as a whole", () => {
    expect(parseRequestTarget("OPTIONS", "*").path).toBe("*");
    expect(() => parseRequestTarget("GET", "*")).toThrow(HttpMalformedError);
  });

  test.each([
    "a",
    "ftp://a.com/",
    "http://",
    "http://u:p@a.com/",
    "a.com:80",
    "/a#b",
    "/%",
    "/%0",
    "/%zz",
    "/%00",
    "/a%0d%0ab",
    "/%7f",
    "/%ff",
    "/%c0%ae%c0%ae/",
    "/%ed%a0%80",
    "/\xff",
  ])("refuses %j", (target) => {
    expect(() => parseRequestTarget("GET", target)).toThrow(
      expect.objectContaining({ name: "MalformedError", status: 400 }),
    );
  });

  test("never yields a dot segment or a control character, nor throws another error", () => {
    for (const bytes of noise(5_000, 12)) {
      const text = [...bytes].map((byte) => "/.%2eE5cF\\a?\x80"[byte % 12]).join("");
      try {
        const { path } = parseRequestTarget("GET", `/${text}`);
        expect(path).toMatch(/^\//);
        expect(path.split("/").slice(1, -1)).not.toContain("");
        expect(path.split("/").filter((part) => part === "." || part === "..")).toEqual([]);
      } catch (error) {
        expect(error).toBeInstanceOf(HttpMalformedError);
      }
    }
  });
});

describe("encodePath()", () => {
  test.each([
    ["/live/a.flv", "/live/a.flv"],
    ["/a b", "/a%20b"],
    ["/直", "/%E7%9B%B4"],
    ["/a%2Fb", "/a%2Fb"],
    ["/100%", "/100%25"],
    ["/a?b#c\\d[e]", "/a%3Fb%23c%5Cd%5Be%5D"],
  ])("encodes %s as %s, which is decoded to the same path", (path, encoded) => {
    expect(encodePath(path)).toBe(encoded);
    expect(parseRequestTarget("GET", encoded).path).toBe(path);
    expect(new URL(`http://a${encoded}`).pathname).toBe(encoded);
  });
});
