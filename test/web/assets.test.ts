/**
 * Goal: the program carries whatever its pages load, and no file is forgotten that lies beside them.
 *
 * Method: compare the folder with the list, and look up what each file imports or links to.
 */

import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { ASSET_FILES } from "../../src/cli/asset-list.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const REFERENCE = /(?:from|import\()\s*"\.\/([^"]+)"|\b(?:src|href)="(?!\.\/|https?:)([^"?#]+)"/g;

const carried = new Set(ASSET_FILES.map(({ path }) => path));
const pages = ASSET_FILES.filter(({ file }) => /^web\/.*\.(?:js|html)$/.test(file));

test("each file of web/ is carried", () => {
  const files = ASSET_FILES.map(({ file }) => file).filter((file) => file.startsWith("web/"));
  const present = readdirSync(`${ROOT}web`, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => `${parentPath}/${name}`.slice(ROOT.length));
  expect([...new Set(files)].toSorted()).toEqual(present.toSorted());
});

test("each path is that of one file", () => {
  expect(carried.size).toBe(ASSET_FILES.length);
});

test.each(pages)("$path loads what is carried", ({ path, file }) => {
  const text = readFileSync(`${ROOT}${file}`, "utf8");
  const targets = [...text.matchAll(REFERENCE)].map(
    (match) => new URL(`./${match[1] ?? match[2]}`, `http://host${path}`).pathname,
  );
  expect(targets.filter((target) => !carried.has(target))).toEqual([]);
});
