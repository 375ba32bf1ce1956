/**
 * Goal: whoever reads a codec knows which clause to check it against.
 *
 * Method: look for `Spec:` in the header of every file under src/codec/.
 */

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const CODEC = fileURLToPath(new URL("../../src/codec/", import.meta.url));

const files = readdirSync(CODEC, { recursive: true, encoding: "utf8" }).filter((path) =>
  path.endsWith(".ts"),
);

test.each(files)("%s names its specification", (path) => {
  const header = readFileSync(join(CODEC, path), "utf8").split("*/")[0] ?? "";
  expect(/^ \* Spec: \S/m.test(header)).toBe(true);
});
