/**
 * Goal: what is made from the settings table is up to date, and true.
 *
 * Method: make it again and compare; load full.yaml, which must mean the same as an empty file;
 * check the examples against the schema with a validator of the few keywords that it uses.
 */

import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { generateFiles } from "../../src/config/generate-files.ts";
import { formatExample } from "../../src/config/generate-yaml.ts";
import type { Block } from "../../src/config/settings/setting.ts";
import { SETTINGS } from "../../src/config/settings/table.ts";
import { load, loadYaml } from "./load.ts";

const ROOT = new URL("../../", import.meta.url);

function read(path: string): string {
  return readFileSync(new URL(path, ROOT), "utf8");
}

const files = generateFiles();

describe("generated files", () => {
  test("there are nine", () => {
    expect([...files.keys()]).toEqual([
      "src/config/config.ts",
      "src/config/vhost-config.ts",
      "src/config/packaging-config.ts",
      "src/config/config-input.ts",
      "src/config/vhost-config-input.ts",
      "src/config/packaging-config-input.ts",
      "conf/full.yaml",
      "conf/sluice.schema.json",
      "docs/configuration.md",
    ]);
  });

  test.each([...files])("%s is up to date (else run scripts/generate.ts)", (path, text) => {
    expect(read(path)).toBe(text);
  });

  test("have no line that is too wide, where people read them as text", () => {
    for (const path of ["conf/full.yaml", "src/config/config.ts", "src/config/vhost-config.ts"]) {
      const wide = (files.get(path) ?? "").split("\n").filter((line) => line.length > 100);
      expect(wide).toEqual([]);
    }
  });
});

describe("full.yaml", () => {
  test("means the same as an empty file, and warns of nothing", () => {
    const { config, warnings } = load("full.yaml", read("conf/full.yaml"));
    expect(warnings).toEqual([]);
    expect(config).toEqual(loadYaml("").config);
  });

  test("has examples that can be used when the comment signs are taken away", () => {
    const find = (name: string, inside: Block = SETTINGS): Block | undefined => {
      for (const item of inside.items) {
        if (item.kind !== "block") continue;
        const found = item.name === name ? item : find(name, item);
        if (found !== undefined) return found;
      }
      return undefined;
    };
    const example = (name: string, indent: string): string => {
      const block = find(name);
      if (block === undefined) throw new Error(`no ${name}`);
      return [`${name}:`, ...formatExample(block).map((line) => `  ${line}`)]
        .map((line) => indent + line)
        .join("\n");
    };
    const text = `${example("stream_caster", "")}\nvhosts:\n  a:\n${example("ingest", "    ")}\n${example("transcode", "    ")}\n`;
    const { config } = loadYaml(text);
    expect(config.streamCaster).toHaveLength(1);
    expect(Object.keys(config.vhosts["a"]?.ingest ?? {})).toEqual(["ID"]);
    expect(Object.keys(config.vhosts["a"]?.transcode ?? {})).toEqual(["STREAMS"]);
  });
});

type Schema = Readonly<Record<string, unknown>>;

/** Checks `value` against the keywords of JSON Schema that generate-schema.ts uses. */
function violations(schema: Schema, value: unknown, path: string): string[] {
  const { anyOf, type, minimum, maximum } = schema;
  const allowed = schema["enum"] as readonly unknown[] | undefined;
  const types = type === undefined ? [] : ([type].flat() as string[]);
  if (types.length > 0 && !types.some((one) => isOfType(one, value))) {
    return [`${path}: not ${types.join()}`];
  }
  const branches = anyOf as readonly Schema[] | undefined;
  const fitsNone = branches?.every((one) => violations(one, value, path).length > 0) === true;
  return [
    ...(fitsNone ? [`${path}: fits none`] : []),
    ...(allowed?.includes(value) === false ? [`${path}: not in enum`] : []),
    ...(Number(value) < Number(minimum) ? [`${path}: too small`] : []),
    ...(Number(value) > Number(maximum) ? [`${path}: too large`] : []),
    ...violationsInside(schema, value, path),
  ];
}

function violationsInside(schema: Schema, value: unknown, path: string): string[] {
  const { items, properties, additionalProperties } = schema;
  if (Array.isArray(value) && items !== undefined) {
    return value.flatMap((item, index) => violations(items as Schema, item, `${path}[${index}]`));
  }
  if (!isOfType("object", value)) return [];
  return Object.entries(value as object).flatMap(([key, inner]) => {
    const known = (properties as Record<string, Schema> | undefined)?.[key];
    const other = known ?? (additionalProperties as Schema | false | undefined);
    return other === false
      ? [`${path}.${key}: unknown`]
      : violations(other ?? {}, inner, `${path}.${key}`);
  });
}

function isOfType(type: string, value: unknown): boolean {
  if (type === "null") return value === null;
  if (type === "array") return Array.isArray(value);
  if (type === "integer") return Number.isInteger(value);
  if (type === "object")
    return typeof value === "object" && value !== null && !Array.isArray(value);
  return typeof value === type;
}

describe("sluice.schema.json", () => {
  const schema = JSON.parse(files.get("conf/sluice.schema.json") ?? "") as Schema;
  const names = readdirSync(new URL("conf/", ROOT)).filter((name) => name.endsWith(".yaml"));

  test.each(names)("accepts conf/%s", (name) => {
    expect(violations(schema, parse(read(`conf/${name}`)), "")).toEqual([]);
  });

  test.each([
    ["foo: 1", ".foo: unknown"],
    ["daemon: yes", ".daemon: not in enum"],
    ["max_connections: 0", ".max_connections: too small"],
    ["listen: {}", ".listen: fits none"],
    ["vhosts: {a: {play: {gop_cahce: true}}}", ".vhosts.a.play.gop_cahce: unknown"],
    ["vhosts: {a: {play: {time_jitter: none}}}", ".vhosts.a.play.time_jitter: not in enum"],
  ])("refuses %s", (text, expected) => {
    expect(violations(schema, parse(text), "")).toEqual([expected]);
  });
});

describe("configuration.md", () => {
  test.each([
    "## `vhosts.NAME.play`",
    "| `chunk_size` | integer from 128 to 65536, bytes | the global `chunk_size` |",
    '| `pid` | text | `""` | `./objs/srs.pid` | `SRS_PID` |',
    "*No effect*: SRS removed it.",
    "*SRT is not supported yet.*",
    "`SLUICE_TEST_STREAM_ENABLED`",
  ])("says %s", (text) => {
    expect(files.get("docs/configuration.md")).toContain(text);
  });
});
