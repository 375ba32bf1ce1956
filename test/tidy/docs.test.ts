/**
 * Goal: whoever follows a link of the documentation gets there, every page can be found, what is shown
 * as a configuration is one, translations keep up with what they translate, and errors that are
 * explained are those that the program tells.
 *
 * Method: read all pages; look up what they name. That commands work,
 * test/integration/docs-commands.test.ts shows.
 */

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { loadYaml } from "../config/load.ts";
import { COMMAND_RULES, findRule } from "../support/docs/command-rules.ts";
import { type CodeBlock, type Page, parsePage, readPages } from "../support/docs/markdown.ts";
import { joinLines, splitShell } from "../support/docs/shell-commands.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const INDEX = "docs/README.md";
const TRANSLATIONS = "docs/zh-CN/";

const pages = readPages();
const byPath = new Map(pages.map((page) => [page.path, page]));

/** Why the link leads nowhere, if it does. */
function objection(page: Page, target: string): string | undefined {
  const [file = "", anchor] = target.split("#");
  const path = file === "" ? page.path : normalize(join(dirname(page.path), decodeURI(file)));
  if (!existsSync(ROOT + path)) return `${path} is not there`;
  if (anchor === undefined) return undefined;
  const anchors = byPath.get(path)?.anchors;
  return anchors?.has(decodeURI(anchor)) ? undefined : `${path} has no #${anchor}`;
}

/** Files below a folder whose names end so. */
function filesOf(folder: string, ending: RegExp): string[] {
  const found = readdirSync(ROOT + folder, { recursive: true, encoding: "utf8" });
  return found.filter((path) => ending.test(path)).map((path) => `${folder}/${path}`);
}

const read = (path: string): string => readFileSync(ROOT + path, "utf8");

describe("links", () => {
  test.each(pages.map((page) => [page.path, page] as const))("of %s lead somewhere", (_, page) => {
    const wrong = page.links.flatMap(({ line, target }) => {
      const why = objection(page, target);
      return why === undefined ? [] : [`${page.path}:${line}: ${why}`];
    });
    expect(wrong).toEqual([]);
  });

  test("pages that the source and its files name are there", () => {
    const files = ["src", "scripts", "web", "conf"].flatMap((folder) =>
      filesOf(folder, /\.(ts|js|html|yaml|json)$/),
    );
    const wrong = files.flatMap((path) => {
      const named = read(path).match(/\bdocs\/[\w/-]+\.md\b/g) ?? [];
      return named.filter((page) => !byPath.has(page)).map((page) => `${path}: ${page}`);
    });
    expect(files.length).toBeGreaterThan(500);
    expect(wrong).toEqual([]);
  });

  test("the index leads to every page", () => {
    const linked = byPath.get(INDEX)?.links.map(({ target }) => target.split("#")[0]);
    const missing = pages
      .map(({ path }) => path)
      .filter((path) => path.startsWith("docs/") && !path.startsWith(TRANSLATIONS))
      .filter((path) => path !== INDEX && !linked?.includes(path.slice("docs/".length)));
    expect(missing).toEqual([]);
  });
});

/** Blocks of YAML that are for other programs, by how they begin. */
const FOREIGN_YAML: Readonly<Record<string, string>> = {
  "scrape_configs:": "Prometheus",
  "groups:": "Prometheus",
};
/** Blocks of YAML that are a part of a vhost, by how they begin. */
const PARTS_OF_VHOSTS = ["refer:"];

/** A hash that is one, where pages leave it open. */
const OPEN_HASH = "c2FsdHNhbHRzYWx0c2FsdA$...";
const HASH = `c2FsdHNhbHRzYWx0c2FsdA$${"A".repeat(43)}`;

/** Of variables: long enough for a secret, and a header field. */
const VALUE = `Name=${"a".repeat(32)}`;

function asConfiguration({ text }: CodeBlock): string {
  const yaml = text.replaceAll(OPEN_HASH, HASH);
  if (!PARTS_OF_VHOSTS.some((start) => yaml.startsWith(start))) return yaml;
  return `vhosts:\n  __defaultVhost__:\n    ${yaml.replaceAll("\n", "\n    ")}`;
}

describe("configurations", () => {
  const blocks = pages
    .flatMap((page) => page.blocks)
    .filter(({ language }) => language === "yaml")
    .filter(({ text }) => !Object.keys(FOREIGN_YAML).some((start) => text.startsWith(start)));

  test.each(blocks.map((block) => [`${block.page}:${block.line}`, block] as const))(
    "%s can be used",
    (_, block) => {
      const names = block.text.match(/\$[A-Z_]{2,}/g) ?? [];
      const environment = Object.fromEntries(names.map((name) => [name.slice(1), VALUE]));
      expect(loadYaml(asConfiguration(block), { environment }).warnings).toEqual([]);
    },
  );

  test("JSON is JSON", () => {
    const json = pages.flatMap((page) => page.blocks).filter(({ language }) => language === "json");
    expect(json.length).toBeGreaterThan(4);
    for (const { text } of json) JSON.parse(text);
  });
});

describe("translations", () => {
  const translated = [
    ["README.zh-CN.md", "README.md"],
    ...filesOf("docs/zh-CN", /\.md$/).map((path) => [path, path.replace(TRANSLATIONS, "docs/")]),
  ];

  test("those of the first steps are there", () => {
    const names = ["install", "publish", "play", "migrate-from-srs"];
    for (const name of names) expect(byPath.has(`${TRANSLATIONS}${name}.md`)).toBe(true);
  });

  test.each(translated)("%s has the code and the sections of %s", (path = "", original = "") => {
    const [one, other] = [byPath.get(path), byPath.get(original)];
    const codeOf = (page: Page | undefined) =>
      page?.blocks.map(({ language, text }) => ({ language, text }));
    expect(codeOf(one)).toEqual(codeOf(other));
    expect(one?.headings.length).toBe(other?.headings.length);
  });

  test.each(translated)("%s and %s lead to one another", (path = "", original = "") => {
    const leads = (from: string, to: string): boolean =>
      byPath
        .get(from)
        ?.links.some(({ target }) => normalize(join(dirname(from), target)) === to) === true;
    expect([leads(path, original), leads(original, path)]).toEqual([true, true]);
  });
});

test("errors that are explained are those of the source", () => {
  const source = filesOf("src", /\.ts$/).map(read).join("\n").replaceAll('\\"', '"');
  const headings = byPath.get("docs/troubleshooting.md")?.headings ?? [];
  const quoted = headings.flatMap((heading) => heading.match(/(?<=`)[^`]+(?=`)/g) ?? []);
  const pieces = quoted.flatMap((text) => text.split("...")).map((piece) => piece.trim());
  const unknown = pieces
    .map((piece) => piece.replace(/^[:" ]+|[" ]+$/g, ""))
    .filter((piece) => piece !== "" && piece !== "," && !source.includes(piece));
  expect(quoted.length).toBeGreaterThan(20);
  expect(unknown).toEqual([]);
});

test("a command that is not run as it stands has a reason for it", () => {
  const without = COMMAND_RULES.filter(
    ({ how, rewrite, why }) => (how !== "run" || rewrite !== undefined) && why === undefined,
  );
  expect(without).toEqual([]);
});

test("each rule is for a command that pages have", () => {
  const shell = pages.flatMap((page) => page.blocks).filter(({ language }) => language === "sh");
  const used = shell.flatMap(({ text }) => splitShell(text).map(joinLines).map(findRule));
  const unused = COMMAND_RULES.filter((rule) => !used.includes(rule));
  expect(unused.map(({ pattern }) => pattern)).toEqual([]);
});

describe("the readers of pages", () => {
  test("find blocks, links and anchors", () => {
    const text =
      "# A `b` c\n\n[x](y.md#z) `[no](link)` [w](https://w)\n\n```sh\nls\n```\n\n## A b c\n";
    const page = parsePage("p.md", text);
    expect(page.blocks).toEqual([{ page: "p.md", line: 6, language: "sh", text: "ls" }]);
    expect(page.links).toEqual([{ line: 3, target: "y.md#z" }]);
    expect([...page.anchors]).toEqual(["a-b-c", "a-b-c-1"]);
  });

  test("cut shell blocks where a shell does", () => {
    const block = "a # no\nb && c 'x && y' \\\n  -d\ne=$(f \"g\nh\" | i) |\n  j\n# all\n";
    expect(splitShell(block)).toEqual([
      "a",
      "b",
      "c 'x && y' \\\n  -d",
      'e=$(f "g\nh" | i) |\n  j',
    ]);
    expect(() => splitShell("echo 'x")).toThrow("No end");
  });
});
