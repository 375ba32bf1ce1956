/**
 * Goal: logs have SRS's names, and no name of a stream makes one that is elsewhere or cannot be.
 */

import { expect, test } from "vitest";
import { logPath } from "../../src/programs/log-path.ts";

test("SRS's names", () => {
  const parts = ["ffmpeg-encoder", "a.example", "live", "show", "ff"];
  expect(logPath("./objs/", parts)).toBe("./objs/ffmpeg-encoder-a.example-live-show-ff.log");
  expect(logPath("", parts)).toBe("./ffmpeg-encoder-a.example-live-show-ff.log");
  expect(logPath("/", parts)).toBe("//ffmpeg-encoder-a.example-live-show-ff.log");
  expect(logPath("/dev/null", parts)).toBeUndefined();
});

test("an app of several levels is no folder", () => {
  expect(logPath("/logs", ["x", "live/../a", "show"])).toBe("/logs/x-live-..-a-show.log");
});

test("a long name is cut to what file systems take", () => {
  const path = logPath("/logs", ["x", "\u{1f600}".repeat(120)]) ?? "";
  const name = path.slice("/logs/".length);
  expect(new TextEncoder().encode(name).length).toBeLessThanOrEqual(250);
  expect(name.endsWith(".log")).toBe(true);
});
