/**
 * Goal: WebAssembly in the tree is what its source says.
 *
 * Method: each module names the hash of the source that it was compiled from.
 */

import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const SRC = fileURLToPath(new URL("../../src/", import.meta.url));

const sources = readdirSync(SRC, { recursive: true, encoding: "utf8" }).filter((path) =>
  path.endsWith(".as"),
);

test("there are such sources", () => {
  expect(sources.length).toBeGreaterThan(0);
});

test.each(sources)("%s has been compiled (scripts/with-node build-wasm.ts)", (path) => {
  const source = readFileSync(join(SRC, path), "utf8");
  const hash = createHash("sha256").update(source).digest("hex");
  const compiled = readFileSync(join(SRC, path.replace(/\.as$/, "-wasm.ts")), "utf8");
  expect(/^ \* Source: (\w+)$/m.exec(compiled)?.[1]).toBe(hash);
});
