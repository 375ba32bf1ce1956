/**
 * Goal: the program, its package and its changelog name the same version.
 *
 * Method: read the three.
 */

import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { VERSION } from "../../src/base/version.ts";

const read = (path: string): string =>
  readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");

test("package.json and CHANGELOG.md name the version that the program names", () => {
  expect(JSON.parse(read("package.json")).version).toBe(VERSION);
  expect(read("CHANGELOG.md")).toContain(`## ${VERSION}`);
});
