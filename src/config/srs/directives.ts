/**
 * Directives of SRS's configuration format, with included files in place.
 *
 * @module
 */

import type { Findings, Place } from "../findings.ts";
import { quote } from "../quote.ts";
import { GrammarError, type Statement, Tokenizer } from "./tokens.ts";

export interface Directive {
  readonly name: string;
  readonly words: readonly string[];
  readonly place: Place;
  /** Absent if it ended with a semicolon. */
  readonly children?: readonly Directive[];
  /** What it was in the file, where somebody asks what became of it. */
  readonly origin?: Origin;
}

/** A directive as it is spelled in the file. The object itself says which one. */
export interface Origin {
  /** Such as `vhost.gop_cache`. */
  readonly path: string;
  readonly place: Place;
}

/** Reads an included file. May throw. */
export type ReadText = (path: string) => string;

/** The grammar needs 5 levels (vhost, transcode, engine, vfilter, a filter). */
const DEPTH_MAX = 16;
/** Includes in includes. */
const INCLUDE_DEPTH_MAX = 8;
/** A farm may have a file for each of some hundred vhosts. */
const INCLUDES_MAX = 1000;
/** All files together. A vhost takes about a kilobyte. */
const SIZE_MAX = 4_194_304;

/** Parses a text and all it includes. */
export class DirectiveParser {
  readonly #readText: ReadText;
  readonly #findings: Findings;
  #includeCount = 0;
  #size = 0;

  constructor(readText: ReadText, findings: Findings) {
    this.#readText = readText;
    this.#findings = findings;
  }

  /** Parses `text`. What breaks the grammar is reported, and ends the file. */
  parse(source: string, text: string): Directive[] {
    return this.#parseFile([source], text);
  }

  /** @param sources The file, and the files that included it before. */
  #parseFile(sources: readonly string[], text: string): Directive[] {
    const source = sources.at(-1) ?? "";
    this.#size += text.length;
    if (this.#size > SIZE_MAX) {
      const message = `Cannot read configuration: longer than ${SIZE_MAX} characters in all`;
      this.#findings.error({ source, line: 1 }, "", message);
      return [];
    }
    const tokenizer = new Tokenizer(text);
    try {
      return this.#parseBlock(tokenizer, sources, 0);
    } catch (error) {
      if (!(error instanceof GrammarError)) throw error;
      const { line, column, message } = error;
      this.#findings.error({ source, line, column }, "", message);
      return [];
    }
  }

  #parseBlock(tokenizer: Tokenizer, sources: readonly string[], depth: number): Directive[] {
    const source = sources.at(-1) ?? "";
    const directives: Directive[] = [];
    while (true) {
      const statement = tokenizer.next();
      const { words, line, ending } = statement;
      if (words.length === 0) {
        checkBlockEnd(statement, depth);
        return directives;
      }
      const [name = "", ...rest] = words;
      const place = { source, line };
      if (ending === "{") {
        if (depth === DEPTH_MAX) {
          throw new GrammarError("Nested too deeply", line, statement.column);
        }
        const children = this.#parseBlock(tokenizer, sources, depth + 1);
        directives.push({ name, words: rest, place, children });
      } else if (name === "include") {
        // Not spread into a call: an included file may hold any number of directives.
        for (const directive of this.#includeAll(rest, sources, place)) directives.push(directive);
      } else directives.push({ name, words: rest, place });
    }
  }

  #includeAll(paths: readonly string[], sources: readonly string[], place: Place): Directive[] {
    return paths.flatMap((path) => this.#include(path, sources, place));
  }

  #include(path: string, sources: readonly string[], place: Place): readonly Directive[] {
    const problem = this.#refuseInclude(path, sources);
    if (problem !== undefined) {
      this.#findings.error(place, "include", problem);
      return [];
    }
    this.#includeCount += 1;
    let text: string;
    try {
      text = this.#readText(path);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.#findings.error(place, "include", `Cannot read ${quote(path)}: ${reason}`);
      return [];
    }
    return this.#parseFile([...sources, path], text);
  }

  #refuseInclude(path: string, sources: readonly string[]): string | undefined {
    if (sources.includes(path)) return `Cannot include ${quote(path)}: it includes itself`;
    if (sources.length > INCLUDE_DEPTH_MAX || this.#includeCount >= INCLUDES_MAX) {
      return `Cannot include ${quote(path)}: too many files included`;
    }
    return undefined;
  }
}

function checkBlockEnd({ ending, line, column }: Statement, depth: number): void {
  if (ending === "end of file" && depth > 0) {
    throw new GrammarError('Unexpected end of file, expected "}"', line, column);
  }
  if (ending === "}" && depth === 0) throw new GrammarError('Unexpected "}"', line, column);
}
