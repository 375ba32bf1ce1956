/**
 * Makes one file of declarations of those that a module exports and those that these need, so that its
 * users see nothing else.
 *
 * @module
 */

import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";

const HEADER = /^\/\*\*(?:(?!\*\/)[\s\S])*@module\s*\*\/\n/;
const IMPORT = /^import type \{([^}]*)\} from "([^"]+)";\n/gm;
const REEXPORT = /^export (?:type )?\{([^}]*)\} from "([^"]+)";\n/gm;
const DECLARED =
  /^(?:export )?(?:declare )?(?:abstract )?(?:const|class|function|interface|type) (\w+)/;
const COMMENT = /\/\*\*[\s\S]*?\*\/|"[^"\n]*"/g;
/** `Symbol.asyncDispose` is in no edition of the language that compilers take by default. */
const LIBRARY = '/// <reference lib="esnext.disposable" />\n';

interface Module {
  /** Statements with their comments, by the names that they declare: a type and a value may share one. */
  readonly statements: ReadonlyMap<string, readonly string[]>;
  /** Which module names that it does not declare are from. */
  readonly imports: ReadonlyMap<string, string>;
  readonly exports: readonly string[];
}

/**
 * Starts at the declarations in `entry`, which are of the kinds that `tsc` writes for modules in the
 * style of these sources.
 *
 * @throws {Error} If two modules declare the same name, or one is not found.
 */
export function rollTypes(entry: string): string {
  const modules = new Map<string, Module>();
  const owners = new Map<string, string>();
  const parts: string[] = [];
  const read = (path: string): Module => {
    const module = modules.get(path) ?? readModule(path);
    modules.set(path, module);
    return module;
  };
  const add = (name: string, path: string): void => {
    const { statements, imports } = read(path);
    const found = statements.get(name);
    const target = imports.get(name);
    if (found === undefined) {
      if (target === undefined) throw new Error(`Cannot find ${name} in ${path}`);
      add(name, target);
      return;
    }
    const owner = owners.get(name);
    if (owner === path) return;
    if (owner !== undefined) throw new Error(`${name} is declared in ${owner} and in ${path}`);
    owners.set(name, path);
    const words = new Set(
      found
        .join("")
        .replace(COMMENT, "")
        .match(/\b[A-Za-z_]\w*/g),
    );
    for (const word of words) {
      if (word !== name && (statements.has(word) || imports.has(word))) add(word, path);
    }
    parts.push(...found);
  };
  const names = [...read(entry).exports].sort();
  for (const name of names) add(name, entry);
  return `${LIBRARY}\n${parts.join("\n")}\nexport { ${names.join(", ")} };\n`;
}

function readModule(path: string): Module {
  const text = readFileSync(path, "utf8").replace(HEADER, "");
  const imports = new Map<string, string>();
  const exports: string[] = [];
  const resolve = (target: string): string => join(dirname(path), target.replace(/\.ts$/, ".d.ts"));
  for (const [, list = "", target = ""] of text.matchAll(IMPORT)) {
    for (const name of namesOf(list)) imports.set(name, resolve(target));
  }
  for (const [, list = "", target = ""] of text.matchAll(REEXPORT)) {
    for (const name of namesOf(list)) {
      imports.set(name, resolve(target));
      exports.push(name);
    }
  }
  const statements = new Map<string, string[]>();
  for (const statement of split(text.replace(IMPORT, "").replace(REEXPORT, ""))) {
    const start = statement.replace(/^\/\*\*[\s\S]*?\*\/\n/, "");
    const [, name] = DECLARED.exec(start) ?? [];
    if (name === undefined) continue;
    if (start.startsWith("export ")) exports.push(name);
    const known = statements.get(name) ?? [];
    statements.set(name, [...known, statement.replace(/^export /m, "")]);
  }
  return { statements, imports, exports };
}

function namesOf(list: string): string[] {
  return list
    .split(",")
    .map((name) => name.replace(/^\s*type\s/, "").trim())
    .filter((name) => name !== "");
}

/** What begins at the first column: a comment goes with what is behind it. */
function split(text: string): string[] {
  const statements: string[] = [];
  let lines: string[] = [];
  let isHead = true;
  for (const line of text.split("\n")) {
    const begins = line.startsWith("/**") || (DECLARED.test(line) && !isHead);
    if (begins && lines.length > 0) {
      statements.push(`${lines.join("\n")}\n`);
      lines = [];
    }
    if (line.startsWith("/**")) isHead = true;
    else if (DECLARED.test(line)) isHead = false;
    if (line !== "") lines.push(line);
  }
  return [...statements, `${lines.join("\n")}\n`];
}
