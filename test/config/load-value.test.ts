/**
 * Goal: a configuration that a program holds as a value means what the same YAML means, and its faults
 * are told with the path of the setting.
 *
 * Method: every example of conf/ as a value and as a text; values that only a program can have.
 */

import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { ConfigError, type ConfigIssue } from "../../src/base/errors.ts";
import type { ConfigInput } from "../../src/config/config-input.ts";
import { type LoadedConfig, loadConfig } from "../../src/config/load-config.ts";
import { loadYaml } from "./load.ts";

const CONF = new URL("../../conf/", import.meta.url);

function load(value: unknown): LoadedConfig {
  return loadConfig({ source: { value }, environment: {}, readText: () => "" });
}

function issues(value: unknown): readonly Pick<ConfigIssue, "path" | "message">[] {
  try {
    load(value);
  } catch (error) {
    if (error instanceof ConfigError) return error.issues;
    throw error;
  }
  return [];
}

const EXAMPLES = readdirSync(CONF).filter((name) => name.endsWith(".yaml"));

test.each(EXAMPLES)("conf/%s means the same as a value", (name) => {
  const text = readFileSync(new URL(name, CONF), "utf8");
  expect(load(parse(text)).config).toEqual(loadYaml(text).config);
});

test("what is undefined is absent", () => {
  expect(load({ listen: undefined, vhosts: undefined }).config).toEqual(loadYaml("").config);
});

test("the type knows the names of the YAML, and its values", () => {
  const config: ConfigInput = {
    listen: [0, "127.0.0.1:1935"],
    http_server: { enabled: true, listen: "127.0.0.1:0" },
    vhosts: {
      __defaultVhost__: {
        hls: { enabled: false },
        security: { enabled: true, allow: "publish 10.0.0.0/8" },
        exec: { enabled: true, publish: [["ffmpeg", "-i", "[url]"]] },
      },
    },
  };
  const { listen, vhosts } = load(config).config;
  expect(listen).toEqual([
    { host: "0.0.0.0", port: 0 },
    { host: "127.0.0.1", port: 1935 },
  ]);
  expect(vhosts["__defaultVhost__"]?.hls.enabled).toBe(false);
});

describe("faults", () => {
  test("are all told, with the paths of the settings", () => {
    const value = {
      listne: 1935,
      vhosts: { a: { play: { gop_cache: 7 } }, b: { play: { gop_cache: 7 } } },
    };
    const found = issues(value).map(({ path, message }) => `${path}: ${message}`);
    expect(found).toEqual([
      'listne: Unknown setting, did you mean "listen"?',
      "vhosts.a.play.gop_cache: Expected true or false, found 7",
      "vhosts.b.play.gop_cache: Expected true or false, found 7",
    ]);
  });

  test("have a place that says that it is no file", () => {
    expect(() => load({ listen: "x" })).toThrow(/^config: listen: /);
  });

  test.each([
    ["a function", { pid: () => "" }, "pid: Expected plain data, found a function"],
    ["a date", { pid: new Date() }, "pid: Expected plain data, found an instance of a class"],
    ["a bigint", { listen: [1935n] }, "listen[0]: Expected plain data, found a bigint"],
    ["NaN", { max_connections: Number.NaN }, /^max_connections: Expected a whole number/],
    ["a text", "listen: 1935", ": Expected an object of settings"],
    ["a list", [1], ": Expected an object of settings"],
    ["nothing", null, ": Expected an object of settings"],
  ])("%s is refused", (_name, value, expected) => {
    const [first] = issues(value);
    expect(`${first?.path}: ${first?.message}`).toMatch(expected);
  });

  test("an object inside of itself is refused", () => {
    const value: Record<string, unknown> = {};
    value["vhosts"] = value;
    expect(issues(value).map(({ message }) => message)).toContain("Nested too deeply");
  });

  test("more values than there are settings are refused, and soon", () => {
    const list = Array.from({ length: 300 }, () => 1);
    const value = { listen: Array.from({ length: 1_000 }, () => list) };
    expect(issues(value).map(({ message }) => message)).toContain("Too many values");
  });
});
