/**
 * Goal: whatever a file holds, reading it ends soon, in a configuration or in a ConfigError.
 *
 * Method: seeded noise; mutations of files that are right; inputs that are made to exhaust stack,
 * memory or time. A run that does not end is found by the test runner's own limit.
 */

import { describe, expect, test } from "vitest";
import { ConfigError } from "../../src/base/errors.ts";
import { noise } from "../support/noise.ts";
import { load } from "./load.ts";

const YAML = `
listen: [1935, "[::1]:1936"]
http_server: {enabled: true, https: {enabled: off, key: "a: b"}}
stream_caster:
  - {enabled: false, caster: flv}
vhosts:
  a.com: &a
    play: {gop_cache: false, mw_latency: 10} # comment
    security: {allow: [play all, publish 10.0.0.0/8]}
    transcode: {live: {engines: {ff: {vparams: {g: 40}}}}}
  b.com: *a
`;

const SRS = `
listen 1935 [::1]:1936; # comment
include other.conf;
http_server { enabled on; https { enabled off; key "a; b"; } }
stream_caster { enabled off; caster flv; }
vhost a.com {
  gop_cache off; refer a b;
  security { allow play all; allow publish 10.0.0.0/8; }
  transcode live { engine ff { vparams { g 40; } } }
}
`;

/** Text that has a meaning in one of the two grammars. */
const FRAGMENTS = [
  ..."{}[]:;,#&*!|>%@-?'\"\n\t \\$~<",
  "\r\n",
  "- ",
  ": ",
  "<<: *a",
  "&a ",
  "*a",
  "!!binary ",
  "---\n",
  "...",
  "%YAML 1.1\n",
  "__proto__",
  "constructor",
  "include a.conf;",
  "vhost v {",
  "\u0000",
  "\ufeff",
  "\ud800",
  "9".repeat(400),
];

/** Does reading end as it should? Returns whether the file was accepted. */
function survives(path: string, text: string): boolean {
  try {
    load(path, text, { files: { "other.conf": "max_connections 5;", "a.conf": SRS } });
    return true;
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    expect(error.issues.length).toBeGreaterThan(0);
    expect(error.issues.length).toBeLessThanOrEqual(100);
    return false;
  }
}

const PATHS = [
  ["a.yaml", YAML],
  ["a.conf", SRS],
  ["a", YAML],
] as const;

describe.each(PATHS)("%s", (path, sample) => {
  test("is accepted unchanged", () => {
    expect(survives(path, sample)).toBe(true);
  });

  test("survives noise", () => {
    const decoder = new TextDecoder("latin1");
    for (const bytes of noise(300, 200)) survives(path, decoder.decode(bytes));
  });

  test("survives a cut at every character", () => {
    for (let end = 0; end < sample.length; end++) survives(path, sample.slice(0, end));
  });

  test("survives mutations", () => {
    let accepted = 0;
    for (const bytes of noise(1500, 12)) {
      let text = sample;
      for (let i = 0; i + 2 < bytes.length; i += 3) {
        const [high = 0, low = 0, choice = 0] = bytes.subarray(i, i + 3);
        const offset = (high * 256 + low) % text.length;
        const fragment = FRAGMENTS[choice % FRAGMENTS.length] ?? "";
        const removed = choice % 3; // Insert, or replace one or two characters.
        text = text.slice(0, offset) + fragment + text.slice(offset + removed);
      }
      if (survives(path, text)) accepted += 1;
    }
    // Else the mutations would not get past the first lines.
    expect(accepted).toBeGreaterThan(50);
  });
});

describe("exhaustion", () => {
  const many = (count: number, make: (index: number) => string, separator = "\n"): string =>
    Array.from({ length: count }, (_, index) => make(index)).join(separator);

  test.each([
    ["a.yaml", "lists in lists", "- ".repeat(100_000)],
    ["a.yaml", "brackets", "[".repeat(100_000)],
    ["a.yaml", "braces", "{a: ".repeat(100_000)],
    ["a.yaml", "keys", "? ".repeat(100_000)],
    ["a.yaml", "indentation", many(1400, (i) => `${" ".repeat(i)}a:`)],
    ["a.yaml", "unknown settings", many(20_000, (i) => `k${i}: 1`)],
    ["a.yaml", "vhosts", `vhosts:\n${many(20_000, (i) => `  v${i}:`)}`],
    ["a.yaml", "endpoints", `listen: [${"1, ".repeat(5000)}]`],
    ["a.yaml", "itself", "vhosts: &a\n  b: *a\n"],
    ["a.yaml", "too long", `# ${"x".repeat(4_194_304)}`],
    [
      "a.yaml",
      "aliases",
      many(10, (i) => `k${i}: &k${i} [${`*k${i - 1},`.repeat(i === 0 ? 0 : 10)}x]`),
    ],
    ["a.conf", "blocks", "a{".repeat(100_000)],
    ["a.conf", "unknown settings", many(50_000, (i) => `k${i} 1;`)],
    ["a.conf", "vhosts", many(20_000, (i) => `vhost v${i} { }`)],
    ["a.conf", "endpoints", `listen ${"1 ".repeat(100_000)};`],
    ["a.conf", "includes", "include other.conf;".repeat(50_000)],
    ["a.conf", "too long", `# ${"x".repeat(4_194_304)}`],
  ])("%s: %s", (path, _, text) => {
    expect(survives(path, text)).toBe(false);
  });

  test.each([
    ["repeated settings", "listen 1935;".repeat(50_000)],
    ["old settings", `vhost a { ${many(20_000, (i) => `queue_length ${i};`)} }`],
    ["rules", `vhost a { security { ${"allow play all;".repeat(20_000)} } }`],
  ])("a.conf: %s", (_, text) => {
    expect(survives("a.conf", text.replace("queue_length 0;", ""))).toBe(true);
  });
});
