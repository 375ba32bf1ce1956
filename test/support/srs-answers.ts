/**
 * SRS's answers as they were captured (test/fixtures/srs-api), and how one of ours is compared to one of
 * them.
 *
 * @module
 */

import { readFileSync } from "node:fs";
import { expect } from "vitest";
import type { FetchedAnswer } from "./memory-network.ts";

export interface Capture {
  readonly name: string;
  readonly port: number;
  readonly method: string;
  readonly path: string;
  readonly fields?: readonly (readonly [string, string])[];
  readonly body?: string;
  /** 0: the connection was closed without an answer. */
  readonly status: number;
  readonly answer?: readonly (readonly [string, string])[];
  readonly callback?: string;
  readonly json?: unknown;
  readonly text?: string;
}

/** On purpose. */
export interface Difference {
  readonly reason: string;
  readonly status?: number;
  /** Nothing of what was captured but the status is to be found here. */
  readonly isOther?: true;
  /** Keys that are not there, by their path. */
  readonly missing?: readonly string[];
  /** Header fields that have another value. */
  readonly fields?: readonly string[];
  /** The code in place of the captured one. */
  readonly code?: number;
}

/** Keys whose values are equal where the state is. */
const FIXED_KEYS: ReadonlySet<string> = new Set([
  ...[
    "code",
    "name",
    "app",
    "tcUrl",
    "url",
    "ip",
    "pageUrl",
    "swfUrl",
    "type",
    "publish",
    "active",
  ],
  ...["enabled", "fragment", "codec", "sample_rate", "channel", "path", "uri", "METHOD", "license"],
  ...[
    "ok",
    "ppid",
    "MemTotal",
    "MemFree",
    "MemActive",
    "RealInUse",
    "NotInUse",
    "Buffers",
    "Cached",
  ],
  ...["SwapTotal", "SwapFree", "percent_ram", "percent_swap", "mem_ram_kbyte"],
]);
/** Parts that are equal as a whole. */
const FIXED_PARTS = /^(http_api|data\.query|data\.origin)\b|^(vhosts|streams)\.\d+\.clients$/;

/** @param group The name of the file. */
export function srsCaptures(group: string): Capture[] {
  const url = new URL(`../fixtures/srs-api/${group}.json`, import.meta.url);
  return JSON.parse(readFileSync(url, "utf8")) as Capture[];
}

/** Status, header fields, keys in their order, types, and values where they can be equal. */
export function compareAnswers(
  capture: Capture,
  ours: FetchedAnswer,
  difference?: Difference,
): void {
  expect(ours.status).toBe(difference?.status ?? capture.status);
  if (capture.status === 0 || difference?.isOther === true) return;
  for (const [name, value] of capture.answer ?? []) {
    const own = ours.head.fields.get(name);
    if (difference?.fields?.includes(name) === true) {
      expect(own).not.toBe(value);
      expect(own).toContain(value);
    } else expect(own?.split("; ")[0], name).toBe(value.split("; ")[0]);
  }
  if (capture.method === "HEAD") expect(ours.text).toBe("");
  else if (capture.path === "/metrics") compareMetrics(capture.text ?? "", ours.text);
  else if (capture.json !== undefined) compareJson(capture, ours.text, difference);
  else if (capture.text !== undefined) expect(ours.text).toBe(capture.text);
}

function compareJson({ json, callback }: Capture, text: string, difference?: Difference): void {
  const [, called, inner] = /^([\w.-]+)\((.*)\)$/s.exec(text) ?? [];
  expect(called).toBe(callback);
  const code = difference?.code;
  const theirs = code === undefined ? json : { ...(json as object), code };
  compareValues("", theirs, JSON.parse(inner ?? text), difference?.missing ?? []);
}

/** @param missing Paths of keys that ours has not. */
function compareValues(
  path: string,
  theirs: unknown,
  ours: unknown,
  missing: readonly string[],
): void {
  expect([typeof ours, ours === null], path).toEqual([typeof theirs, theirs === null]);
  if (Array.isArray(theirs)) compareLists(path, theirs, ours as unknown[], missing);
  else if (typeof theirs === "object" && theirs !== null) {
    const own = ours as Readonly<Record<string, unknown>>;
    const inside = (key: string): string => (path === "" ? key : `${path}.${key}`);
    const wanted = Object.entries(theirs).filter(([key]) => !missing.includes(inside(key)));
    const ownKeys = Object.keys(own).filter((key) => key !== "sluice");
    const keys = wanted.map(([key]) => key);
    expect(ownKeys, path).toEqual(keys);
    for (const [key, value] of wanted) compareValues(inside(key), value, own[key], missing);
  } else {
    const isFixed = FIXED_KEYS.has(path.split(".").at(-1) ?? "") || FIXED_PARTS.test(path);
    if (path.startsWith("urls.")) return; // What people are told, in our own words.
    if (isFixed) expect(ours, path).toBe(theirs);
  }
}

interface Typed {
  readonly type: string;
}

/** Clients in any order, as ids are made by chance. */
function compareLists(
  path: string,
  theirs: readonly unknown[],
  ours: readonly unknown[],
  missing: readonly string[],
): void {
  const isOfClients = path === "clients";
  for (const [index, one] of theirs.entries()) {
    const { type } = one as Partial<Typed>;
    const own = isOfClients ? ours.find((entry) => (entry as Typed).type === type) : ours[index];
    compareValues(`${path}.${index}`, one, own, missing);
  }
}

/** Families with their types and labels; the figures are of the moment. */
function compareMetrics(theirs: string, ours: string): void {
  const linesOf = (text: string): string[] =>
    text
      .split("\n")
      .filter((line) => /^(# TYPE )?srs_/.test(line))
      .map((line) =>
        line.startsWith("#") ? line : line.replace(/="[^"]*"/g, "").replace(/ \S+$/, ""),
      );
  expect(linesOf(ours)).toEqual(linesOf(theirs));
}
