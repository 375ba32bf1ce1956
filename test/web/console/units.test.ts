/**
 * Goal: numbers on the console are short, in the unit that fits, and never show a digit more than they
 * have.
 *
 * Method: each unit, and both sides of where it changes.
 */

import { expect, test } from "vitest";
import {
  formatAge,
  formatBitrate,
  formatCount,
  formatDelay,
  formatMemory,
  formatPercent,
} from "../../../web/console/units.js";

test.each([
  [0, "0 kbit/s"],
  [999.4, "999 kbit/s"],
  [999.6, "1.00 Mbit/s"],
  [12_345, "12.3 Mbit/s"],
  [99_960, "100 Mbit/s"],
  [2_500_000, "2.50 Gbit/s"],
])("formatBitrate(%d)", (kbps, text) => {
  expect(formatBitrate(kbps)).toBe(text.replace(" ", "\u00a0"));
});

test.each([
  [0, "0.00 KiB"],
  [999, "999 KiB"],
  [1_000, "0.98 MiB"],
  [96_876, "94.6 MiB"],
  [24_684_092, "23.5 GiB"],
  [5e12, "4657 TiB"],
])("formatMemory(%d)", (kibibytes, text) => {
  expect(formatMemory(kibibytes)).toBe(text.replace(" ", "\u00a0"));
});

test.each([
  [-1, "0 s"],
  [59.9, "59 s"],
  [60, "1 min"],
  [192, "3 min 12 s"],
  [3_599, "59 min 59 s"],
  [3_600, "1 h"],
  [8_040, "2 h 14 min"],
  [86_400, "1 d"],
  [8 * 86_400 + 3 * 3_600 + 59, "8 d 3 h"],
])("formatAge(%d)", (seconds, text) => {
  expect(formatAge(seconds).replaceAll("\u00a0", " ")).toBe(text);
});

test("delays, shares and counts", () => {
  expect([formatDelay(0.4), formatDelay(1_250)]).toEqual(["0\u00a0ms", "1.25\u00a0s"]);
  expect([formatPercent(0.042), formatPercent(0.0042, 1)]).toEqual(["4\u00a0%", "0.4\u00a0%"]);
  expect(formatCount(12_345)).toBe("12,345");
});
