/**
 * Goal: every row of the settings table is complete and true to itself.
 *
 * Method: walk the table; read each default back as full.yaml has it.
 */

import { describe, expect, test } from "vitest";
import { Findings, reportAt } from "../../src/config/findings.ts";
import { formatValue } from "../../src/config/generate-yaml.ts";
import { readSetting } from "../../src/config/read-setting.ts";
import { readYaml } from "../../src/config/read-yaml.ts";
import {
  type Block,
  isDerived,
  plainDefault,
  type Setting,
  type SettingValue,
} from "../../src/config/settings/setting.ts";
import { SETTINGS } from "../../src/config/settings/table.ts";
import { pathOf, walkSettings } from "../../src/config/walk-settings.ts";
import { loadYaml } from "./load.ts";

const located = [...walkSettings(SETTINGS)].map(({ setting, blocks }): [string, Setting] => [
  pathOf(blocks, setting),
  setting,
]);

function* walkBlocks(block: Block): Generator<Block> {
  yield block;
  for (const item of block.items) if (item.kind === "block") yield* walkBlocks(item);
}

/** Reads what full.yaml would have for `value`. */
function readBack(setting: Setting, value: SettingValue): unknown {
  const findings = new Findings();
  const raw = readYaml("x", `key: ${formatValue(setting, value)}`, findings)?.entries.get(
    "key",
  )?.value;
  if (raw === undefined) throw new Error("nothing read");
  const read = readSetting(setting, raw, reportAt(findings, ""));
  findings.throwErrors();
  expect(findings.warnings).toEqual([]);
  return read;
}

describe("the table", () => {
  test("has all of SRS's settings and our own", () => {
    expect(located.length).toBeGreaterThan(320);
  });

  test.each(located)("%s is described in sentences", (_, setting) => {
    expect(setting.doc).toMatch(/^[A-Z`].*\.$/);
    expect(setting.doc).not.toMatch(/\n| {2}/);
    expect(setting.name).toMatch(/^[a-z][a-z0-9_]*$/);
    if (setting.planned !== undefined) expect(setting.planned).toMatch(/^[A-Z].*[^.]$/);
    if (setting.obsolete !== undefined) expect(setting.obsolete).toMatch(/^[A-Z].*\.$/);
  });

  test.each(located.filter(([, { obsolete }]) => obsolete === undefined))(
    "%s has defaults of its own type",
    (_, setting) => {
      for (const format of ["yaml", "srs"] as const) {
        const value = plainDefault(setting, format);
        expect(value !== undefined || isDerived(setting.default)).toBe(true);
        if (value !== undefined) expect(readBack(setting, value)).toEqual(value);
      }
    },
  );

  test("has no name twice in a block", () => {
    for (const block of walkBlocks(SETTINGS)) {
      const names = block.items.map(({ name }) => name);
      expect(names.length).toBe(new Set(names).size);
      expect(block.doc).toMatch(/^[A-Z`].*\.$/);
    }
  });

  test("gives every block of the same type the same properties", () => {
    const shapes = new Map<string, string>();
    for (const block of walkBlocks(SETTINGS)) {
      const shape = block.items.map(({ name }) => name).join();
      expect(shapes.get(block.typeName) ?? shape).toBe(shape);
      shapes.set(block.typeName, shape);
    }
  });

  test("leaves no value undefined", () => {
    const { config } = loadYaml(`
stream_caster: [{}]
vhosts: {a: {ingest: {b: {engines: {c: {}}}}, transcode: {d: {engines: {e: {}}}}}}
`);
    const missing: string[] = [];
    const visit = (value: unknown, path: string): void => {
      if (value === undefined) missing.push(path);
      if (typeof value !== "object" || value === null) return;
      for (const [key, inner] of Object.entries(value)) visit(inner, `${path}.${key}`);
    };
    visit(config, "");
    expect(missing).toEqual([]);
  });
});
