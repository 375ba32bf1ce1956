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

test("each file of web/ is carried, once", () => {
  const files = ASSET_FILES.map(({ file }) => file).filter((file) => file.startsWith("web/"));
  const present = readdirSync(`${ROOT}web`).map((name) => `web/${name}`);
  expect(files.toSorted()).toEqual(present.toSorted());
});

test.each(readdirSync(`${ROOT}web`).filter((name) => /\.(?:js|html)$/.test(name)))(
  "%s loads what is carried",
  (name) => {
    const text = readFileSync(`${ROOT}web/${name}`, "utf8");
    const targets = [...text.matchAll(REFERENCE)].map((match) => `/${match[1] ?? match[2]}`);
    expect(targets.filter((target) => !carried.has(target))).toEqual([]);
  },
);
