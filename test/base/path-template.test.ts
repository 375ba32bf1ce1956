/**
 * Goal: names are made of templates and found out of paths again, whatever the names hold, and a path
 * that somebody made up costs no time.
 *
 * Method: a table of templates in both directions; hostile paths under a time limit.
 */

import { describe, expect, test } from "vitest";
import { dateVariables, PathTemplate } from "../../src/base/path-template.ts";

describe("expand and match", () => {
  test.each([
    ["[app]/[stream].m3u8", { app: "live", stream: "show" }, "live/show.m3u8"],
    ["[app]/[stream].m3u8", { app: "a/b/c", stream: "show" }, "a/b/c/show.m3u8"],
    ["[app]/[stream]-[seq].ts", { app: "live", stream: "show", seq: 12 }, "live/show-12.ts"],
    ["[app]/[stream]-[seq].ts", { app: "live", stream: "a-1-2", seq: 3 }, "live/a-1-2-3.ts"],
    ["[stream].ts", { stream: "show" }, "show.ts"],
    ["[vhost]/[app]/[stream]/i.m3u8", { vhost: "a.b", app: "l", stream: "s" }, "a.b/l/s/i.m3u8"],
    ["x/[app]/[stream]/[stream].ts", { app: "l", stream: "s" }, "x/l/s/s.ts"],
    [
      "[app]/[stream].ts",
      { app: "li.ve+(x)", stream: "$^[a]|{2}*?\\d" },
      "li.ve+(x)/$^[a]|{2}*?\\d.ts",
    ],
    ["[app]/[stream].ts", { app: "näh", stream: "\u{1f3a5} 1" }, "näh/\u{1f3a5} 1.ts"],
    ["a.b+c/[app]/[stream].ts", { app: "l", stream: "s" }, "a.b+c/l/s.ts"],
    ["[app]/[stream]-[other].ts", { app: "l", stream: "s" }, "l/s-[other].ts"],
  ])("%s", (text, values, path) => {
    const template = new PathTemplate(text);
    expect(template.expand(values)).toBe(path);
    const { vhost, app, stream } = values as Record<string, string>;
    expect(template.match(path)).toEqual({ vhost, app, stream });
  });

  test("all variables", () => {
    const template = new PathTemplate(
      "[vhost]/[app]/[stream]/[2006]-[01]-[02]/[15].[04].[05].[999]-[timestamp]-[seq]-[duration].ts",
    );
    const date = dateVariables(Date.UTC(2026, 10, 20, 18, 7, 37, 25), true);
    const values = { ...date, vhost: "v", app: "live", stream: "s", seq: 3, duration: 2_000 };
    const path = template.expand({ ...values, timestamp: 1_795_198_057_025 });
    expect(path).toBe("v/live/s/2026-11-20/18.07.37.025-1795198057025-3-2000.ts");
    expect(template.match(path)).toEqual({ vhost: "v", app: "live", stream: "s" });
  });

  test.each([
    ["[app]/[stream].m3u8", "live/show.ts"],
    ["[app]/[stream].m3u8", "show.m3u8"],
    ["[app]/[stream].m3u8", "/.m3u8"],
    ["[app]/[stream].m3u8", ""],
    ["[app]/[stream]-[seq].ts", "live/show-x.ts"],
    ["[app]/[stream]-[seq].ts", "live/show-.ts"],
    ["[app]/[stream]-[01].ts", "live/show-1.ts"],
    ["x/[app]/[stream]/[stream].ts", "x/l/s/t.ts"],
    ["a.b/[app]/[stream].ts", "aXb/l/s.ts"],
    ["[app]/[stream].ts", "live/show.ts\n"],
  ])("%s is not the form of %j", (text, path) => {
    expect(new PathTemplate(text).match(path)).toBeUndefined();
  });

  test("a variable without a value stays as it is, and so does what is none", () => {
    const template = new PathTemplate("[app]/[stream]-[seq]-[constructor]-[X]-[].ts");
    expect(template.expand({ app: "live" })).toBe("live/[stream]-[seq]-[constructor]-[X]-[].ts");
    expect(template.match("live/s-1-[constructor]-[X]-[].ts")).toMatchObject({ stream: "s" });
  });

  test("which variables there are", () => {
    const template = new PathTemplate("[app]/seq-[stream].ts");
    expect(["app", "stream", "seq", "ts"].map((name) => template.has(name))).toEqual([
      true,
      true,
      false,
      false,
    ]);
  });
});

describe("hostile paths", () => {
  const TEMPLATES = [
    "[app]/[stream].m3u8",
    "[app]/[stream]/ts.m3u8",
    "[app]/[stream]-[seq].ts",
    "[app]/[stream]/[timestamp]-[seq].ts",
    "[app]-[stream]-[seq]-[timestamp].ts",
    "[app]/[stream]/[2006][01][02][15][04][05][999][timestamp][seq][duration].ts",
    "[vhost]/[app]/[stream]/[2006]-[01]-[02]/[15].[04].[05].[999]-[timestamp]-[seq]-[duration].ts",
    "[app]/[stream]/[stream]-[seq].ts",
  ];
  const PIECES = ["/", "-", "/-", "-/", "1", "1-", "1/", "a/1-", "a-1/", ".ts", "/a-1.ts", "a/a/"];

  test.each(TEMPLATES)("cost %s little time", (text) => {
    const template = new PathTemplate(text);
    for (const piece of PIECES) {
      for (const length of [100, 2_000, 8_192, 100_000]) {
        const path = piece.repeat(Math.ceil(length / piece.length));
        for (const end of ["", ".ts", "-1.ts", "x"]) {
          const startMs = performance.now();
          template.match(path + end);
          // A thousandth of it is usual; a machine may be busy.
          expect(performance.now() - startMs).toBeLessThan(500);
        }
      }
    }
  });

  test("that are longer than any name are of no stream", () => {
    const template = new PathTemplate("[app]/[stream].m3u8");
    const [app, stream] = ["a".repeat(512), "s".repeat(512)];
    expect(template.match(`${app}/${stream}.m3u8`)).toMatchObject({ app, stream });
    expect(template.match(`${"a/".repeat(2_000)}s.m3u8`)).toBeUndefined();
  });
});

test("dates in local time and in UTC", () => {
  const wallMs = Date.UTC(2026, 0, 2, 3, 4, 5, 6);
  expect(dateVariables(wallMs, true)).toEqual({
    "2006": 2026,
    "01": "01",
    "02": "02",
    "15": "03",
    "04": "04",
    "05": "05",
    "999": "006",
  });
  const local = new Date(wallMs);
  expect(dateVariables(wallMs, false)).toMatchObject({
    "2006": local.getFullYear(),
    "15": String(local.getHours()).padStart(2, "0"),
  });
});
