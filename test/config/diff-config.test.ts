/**
 * Goal: reload learns what changed, and when each change takes effect.
 *
 * Method: pairs of files with the exact list of changes.
 */

import { describe, expect, test } from "vitest";
import { diffConfig } from "../../src/config/diff-config.ts";
import { loadYaml } from "./load.ts";

function diff(before: string, after: string): unknown {
  return diffConfig(loadYaml(before).config, loadYaml(after).config);
}

describe("diffConfig()", () => {
  test("finds nothing where only the spelling differs", () => {
    expect(diff("listen: 1935", "# same\nlisten: ['0.0.0.0:1935']\nvhosts:\n")).toEqual([]);
  });

  test("finds settings, by path", () => {
    const after = `
listen: [1935, 1936]
max_connections: 5
http_server: {https: {key: other}}
vhosts: {__defaultVhost__: {play: {gop_cache: false}}}
`;
    expect(diff("", after)).toEqual([
      { path: "listen", takesEffect: "now" },
      { path: "max_connections", takesEffect: "next session" },
      { path: "http_server.https.key", takesEffect: "now" },
      { path: "vhosts.__defaultVhost__.play.gop_cache", takesEffect: "now" },
    ]);
  });

  test("finds what follows from a change", () => {
    expect(diff("", "chunk_size: 4096")).toEqual([
      { path: "chunk_size", takesEffect: "next session" },
      { path: "vhosts.__defaultVhost__.chunk_size", takesEffect: "next session" },
    ]);
  });

  test("finds vhosts that come and go", () => {
    expect(diff("vhosts: {a: {}, b: {}}", "vhosts: {b: {enabled: false}, c: {}}")).toEqual([
      { path: "vhosts.a", takesEffect: "now" },
      { path: "vhosts.b.enabled", takesEffect: "now" },
      { path: "vhosts.c", takesEffect: "now" },
    ]);
  });

  test("finds lists of blocks as a whole", () => {
    expect(diff("", "stream_caster: [{enabled: false, caster: flv}]")).toEqual([
      { path: "stream_caster", takesEffect: "restart" },
    ]);
  });
});
