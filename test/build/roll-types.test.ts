/**
 * Goal: the one file of declarations has what the package exports and what that needs, no more, and
 * what cannot be one file is told when the package is built.
 *
 * Method: a few modules as the compiler declares them.
 */

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { rollTypes } from "../../scripts/build/roll-types.ts";

const HEADER = "/**\n * What it is.\n *\n * @module\n */\n";

/** Rolls the first of them. */
function roll(modules: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), "sluice-types-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  for (const [name, text] of Object.entries(modules)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), HEADER + text);
  }
  return rollTypes(join(folder, Object.keys(modules)[0] ?? ""));
}

const SHAPE = `/** Has a size. */
export interface Shape {
    readonly size: Size;
    /** Not a Colour. */
    readonly name: "Colour";
}
export type Size = number;
export interface Colour {
    readonly red: number;
}
`;

test("has what is exported and what that needs, with comments", () => {
  const text = roll({
    "entry.d.ts": `import type { Shape } from "./deep/shape.ts";
export { type Mark, MARK } from "./mark.ts";
/** Makes one. */
export declare function create(): Shape;
interface Hidden {
    readonly no: true;
}
export {};
`,
    "deep/shape.d.ts": SHAPE,
    "mark.d.ts": `export declare const MARK: Mark;
export type Mark = 1;
`,
  });
  expect(text).toBe(`/// <reference lib="esnext.disposable" />

type Mark = 1;

declare const MARK: Mark;

type Size = number;

/** Has a size. */
interface Shape {
    readonly size: Size;
    /** Not a Colour. */
    readonly name: "Colour";
}

/** Makes one. */
declare function create(): Shape;

export { MARK, Mark, create };
`);
});

test("two declarations of one name are refused", () => {
  const modules = {
    "entry.d.ts": `export type { Shape } from "./shape.ts";
export type { Other } from "./other.ts";
`,
    "shape.d.ts": SHAPE,
    "other.d.ts": `export type Other = Size[];
type Size = string;
`,
  };
  expect(() => roll(modules)).toThrow(/^Size is declared in .*other.d.ts and in .*shape.d.ts$/);
});

test("what is declared nowhere is refused", () => {
  const modules = {
    "entry.d.ts": `export type { No } from "./no.ts";\n`,
    "no.d.ts": "export {};\n",
  };
  expect(() => roll(modules)).toThrow(/^Cannot find No in /);
});
