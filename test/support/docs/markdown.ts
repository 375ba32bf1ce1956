/**
 * The pages of the documentation as values: their code blocks, headings and links.
 *
 * @module
 */

import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));

export interface CodeBlock {
  /** Relative to the top of the checkout. */
  readonly page: string;
  /** Of the first line of the code, from 1. */
  readonly line: number;
  /** What stands behind the fence, such as `sh`. */
  readonly language: string;
  readonly text: string;
}

export interface Link {
  readonly line: number;
  readonly target: string;
}

export interface Page {
  /** Relative to the top of the checkout. */
  readonly path: string;
  readonly blocks: readonly CodeBlock[];
  /** What a link may say behind `#`. */
  readonly anchors: ReadonlySet<string>;
  /** All but those to other servers. */
  readonly links: readonly Link[];
  readonly headings: readonly string[];
  readonly text: string;
}

const FENCE = /^ {0,3}```(\S*)/;
const HEADING = /^#{1,6} (.+)$/;
const CODE_SPAN = /`[^`]*`/g;
const LINK = /\[(?:[^\]\\]|\\.)*\]\(([^)\s]+)\)/g;

/** README.md and its translation, CHANGELOG.md, and everything below docs/. */
export function readPages(): Page[] {
  const top = readdirSync(ROOT).filter((name) => /^(README.*|CHANGELOG)\.md$/.test(name));
  const docs = readdirSync(`${ROOT}docs`, { recursive: true, encoding: "utf8" });
  const below = docs.filter((path) => path.endsWith(".md")).map((path) => `docs/${path}`);
  return [...top, ...below]
    .sort()
    .map((path) => parsePage(path, readFileSync(`${ROOT}${path}`, "utf8")));
}

export function parsePage(path: string, text: string): Page {
  const blocks: CodeBlock[] = [];
  const links: Link[] = [];
  const headings: string[] = [];
  let block: { line: number; language: string; lines: string[] } | undefined;
  for (const [index, line] of text.split("\n").entries()) {
    const fence = FENCE.exec(line);
    if (block !== undefined && fence === null) {
      block.lines.push(line);
    } else if (block !== undefined) {
      const { lines, ...rest } = block;
      blocks.push({ page: path, ...rest, text: lines.join("\n") });
      block = undefined;
    } else if (fence !== null) {
      block = { line: index + 2, language: fence[1] ?? "", lines: [] };
    } else {
      headings.push(...(HEADING.exec(line)?.slice(1) ?? []));
      links.push(...targetsOf(line).map((target) => ({ line: index + 1, target })));
    }
  }
  if (block !== undefined) throw new Error(`${path}:${block.line}: a code block without an end`);
  return { path, blocks, links, headings, text, anchors: anchorsOf(headings) };
}

/** What the line links to, but for other servers. */
function targetsOf(line: string): string[] {
  const found = line.replaceAll(CODE_SPAN, "`").matchAll(LINK);
  return [...found].map(([, target = ""]) => target).filter((target) => !/^[a-z]+:/.test(target));
}

/** As GitHub makes them: small letters, no punctuation, hyphens for spaces, numbers for repetitions. */
function anchorsOf(headings: readonly string[]): Set<string> {
  const anchors = new Set<string>();
  for (const heading of headings) {
    const plain = heading.replaceAll(/\[([^\]]*)\]\([^)]*\)/g, "$1").toLowerCase();
    const anchor = plain.replaceAll(/[^\p{L}\p{N}\p{M}_\- ]/gu, "").replaceAll(" ", "-");
    let unique = anchor;
    for (let n = 1; anchors.has(unique); n++) unique = `${anchor}-${n}`;
    anchors.add(unique);
  }
  return anchors;
}
