/**
 * The command line as a table, read from what `sluice --help` and the commands' own help say, so that
 * the manual and the completion of shells cannot differ from it.
 *
 * @module
 */

import { HELP } from "../../src/cli/arguments.ts";
import { BENCH_HELP } from "../../src/cli/bench-arguments.ts";
import { DOCTOR_HELP } from "../../src/cli/doctor.ts";
import { HASH_PASSWORD_HELP } from "../../src/cli/hash-password.ts";
import { HEALTH_HELP } from "../../src/cli/health.ts";
import { IMPORT_HELP } from "../../src/cli/import.ts";
import { CONFIG_HELP } from "../../src/cli/print-config.ts";
import { SIGN_URL_HELP } from "../../src/cli/sign-url.ts";

/** A line of a list: an option, a command or a signal, and what it does. */
export interface HelpEntry {
  /** All spellings, such as `-h` and `--help`. */
  readonly names: readonly string[];
  /** What follows an option, such as `FILE`. */
  readonly argument: string | undefined;
  readonly text: string;
}

/** Paragraphs, lists, and examples under the title that stands before them. */
export type HelpPart =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "list"; readonly title: string; readonly entries: readonly HelpEntry[] }
  | { readonly kind: "examples"; readonly lines: readonly string[] };

export interface CommandHelp {
  /** Empty: the program itself. */
  readonly name: string;
  /** What it looks like, a line each. */
  readonly usages: readonly string[];
  readonly parts: readonly HelpPart[];
}

const COMMANDS: ReadonlyMap<string, string> = new Map([
  ["bench", BENCH_HELP],
  ["config", CONFIG_HELP],
  ["doctor", DOCTOR_HELP],
  ["hash-password", HASH_PASSWORD_HELP],
  ["health", HEALTH_HELP],
  ["import", IMPORT_HELP],
  ["sign-url", SIGN_URL_HELP],
]);

const ENTRY = /^ {2}(\S+(?: \S+)*) {2,}(\S.*)$/;
/** An option whose text begins in the next column already, as its name is so long. */
const LONG_ENTRY = /^ {2}(--\S+ [A-Z]+) (\S.*)$/;
const USAGE_PREFIX = /^(?:Usage:| {6}) /;

/** The program's own help. */
export function programHelp(): CommandHelp {
  return parseHelp("", HELP);
}

/** The help of each command that the program's own names. @throws {Error} If one is not known here. */
export function commandHelps(): CommandHelp[] {
  return wordsOf(programHelp()).map((name) => {
    const help = COMMANDS.get(name);
    if (help === undefined)
      throw new Error(`Add the help of ${name} to scripts/package/cli-help.ts`);
    return parseHelp(name, help);
  });
}

/** All options of a command, or of the program. */
export function optionsOf({ parts }: CommandHelp): HelpEntry[] {
  return entriesOf(parts).filter(({ names }) => names[0]?.startsWith("-"));
}

/** Words that are no options: commands of the program, or what one of them takes. */
export function wordsOf({ parts }: CommandHelp): string[] {
  return entriesOf(parts).flatMap(({ names }) => names.filter((name) => /^[a-z]/.test(name)));
}

function entriesOf(parts: readonly HelpPart[]): HelpEntry[] {
  return parts.flatMap((part) => (part.kind === "list" ? part.entries : []));
}

export function parseHelp(name: string, help: string): CommandHelp {
  const [usage = "", ...blocks] = help.trimEnd().split(/\n\n+/);
  const usages = usage.split("\n").map((line) => line.replace(USAGE_PREFIX, "").trim());
  return { name, usages, parts: blocks.map(parseBlock) };
}

function parseBlock(block: string): HelpPart {
  const lines = block.split("\n");
  const [first = ""] = lines;
  const hasTitle = /^[A-Z]\w*:$/.test(first);
  const body = hasTitle ? lines.slice(1) : lines;
  const title = hasTitle ? first.slice(0, -1) : "";
  if (title.startsWith("Example")) {
    return { kind: "examples", lines: body.map((line) => line.replace(/^ {2}/, "")) };
  }
  if (body.every((line) => line.startsWith("  "))) {
    return { kind: "list", title, entries: parseEntries(body) };
  }
  return { kind: "text", text: body.map((line) => line.trim()).join(" ") };
}

function parseEntries(lines: readonly string[]): HelpEntry[] {
  const entries: HelpEntry[] = [];
  for (const line of lines) {
    const [, head, text = ""] = ENTRY.exec(line) ?? LONG_ENTRY.exec(line) ?? [];
    if (head !== undefined) entries.push(toEntry(head, text));
    else {
      const last = entries.pop();
      if (last === undefined) throw new Error(`Cannot understand the help's line "${line}"`);
      entries.push({ ...last, text: `${last.text} ${line.trim()}` });
    }
  }
  return entries;
}

/** `-c FILE`, `-h, --help`, `TERM, INT`. */
function toEntry(head: string, text: string): HelpEntry {
  const words = head.split(/,? /);
  const names = words.filter((word) => word.startsWith("-") || !head.startsWith("-"));
  const argument = words.find((word) => !names.includes(word));
  return { names, argument, text };
}
