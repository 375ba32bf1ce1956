/**
 * Goal: what a report shows has no secret in it, and no server can write to the terminal by it.
 *
 * Method: tables.
 */

import { describe, expect, test } from "vitest";
import { SystemError } from "../../src/base/errors.ts";
import { Failures, reasonOf } from "../../src/bench/failures.ts";
import { hideSecrets, shownUrl } from "../../src/bench/shown-url.ts";

describe("shownUrl()", () => {
  test.each([
    ["rtmp://h:1935/live/s{n}", "rtmp://h:1935/live/s{n}"],
    ["rtmp://u:p@h/live/s?token=x&a=b", "rtmp://h/live/s?..."],
    ["https://u:p%40q@h:1/a.flv", "https://h:1/a.flv"],
    ["http://h/a@b.flv", "http://h/a@b.flv"],
    ["http://h/?a=b@c", "http://h/?..."],
    ["http://a@b@h", "http://h"],
    ["http://h/a#b", "http://h/a?..."],
  ])("%s is %s", (url, shown) => {
    expect(shownUrl(url)).toBe(shown);
    expect(hideSecrets(`Cannot use "${url}": no`)).toBe(`Cannot use "${shown}": no`);
  });
});

describe("reasonOf()", () => {
  test.each([
    ["ESC [2J", "\u001b[2Jgone", "\ufffd[2Jgone"],
    ["C1", "a\u009b31mb\u0085c", "a\ufffd31mb\ufffdc"],
    ["DEL and ends of lines", "a\u007fb\r\nc\u2028d", "a\ufffdb\ufffd\ufffdc\ufffdd"],
    ["what turns a text around", "a\u202eb\u2066c", "a\ufffdb\ufffdc"],
    ["half a character", "a\ud800b", "a\ufffdb"],
    ["an address with secrets", "at rtmp://u:p@h/live?k=v now", "at rtmp://h/live?... now"],
    ["other letters", "naïve 流 🎥", "naïve 流 🎥"],
  ])("shows no %s", (_, message, shown) => {
    expect(reasonOf(new Error(message))).toBe(shown);
  });

  test("is short, whatever the server says, and never cuts into a secret", () => {
    expect(reasonOf(new Error("x".repeat(65_536)))).toBe(`${"x".repeat(197)}...`);
    expect(reasonOf(new Error("x".repeat(200)))).toBe("x".repeat(200));
    const secret = `${"x".repeat(180)} rtmp://user:password-of-some-length@host/live`;
    expect(reasonOf(new Error(secret))).not.toContain("user");
    const fault = new SystemError("EMFILE", "x".repeat(300));
    expect(reasonOf(fault)).toContain('raise "ulimit -n"');
  });

  test("is what failures are grouped by", () => {
    const failures = new Failures();
    for (const end of ["a", "b"]) failures.add(new Error(`${"\u001b".repeat(200)}${end}`));
    expect(failures.report()).toEqual([{ reason: `${"\ufffd".repeat(197)}...`, count: 2 }]);
  });
});
