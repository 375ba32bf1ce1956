/**
 * Goal: a file is read in the format that it is written in, whatever it is called.
 *
 * Method: names and texts, among them every configuration of conf/ under another name.
 */

import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { detectFormat } from "../../src/config/load-config.ts";

const CONF = new URL("../../conf/", import.meta.url);

test.each([
  ["a.yaml", "listen 1935;", "yaml"],
  ["a.yml", "", "yaml"],
  ["a.conf", "", "srs"],
  ["a.conf", "# listen: 1935\nlisten 1935;", "srs"],
  ["a.conf", "listen: 1935;\nvhost a { }", "srs"],
  ["a.conf", "vhost a {\n}", "srs"],
  ["a.conf", "liste", "srs"],
  ["a.conf", "# of a ConfigMap\nlisten: 1935\n", "yaml"],
  ["a.conf", "http_api:\n  enabled: true\n", "yaml"],
  ["a", "listen 1935;", "srs"],
  ["a", "listen: 1935", "yaml"],
])("%s: %j", (path, text, format) => {
  expect(detectFormat({ path, text })).toBe(format);
});

test.each(readdirSync(CONF).filter((name) => /\.(yaml|conf)$/.test(name)))("%s", (name) => {
  const text = readFileSync(new URL(name, CONF), "utf8");
  const format = name.endsWith(".yaml") ? "yaml" : "srs";
  for (const path of [name, "a.conf", "a"]) expect(detectFormat({ path, text })).toBe(format);
});
