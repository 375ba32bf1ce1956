/**
 * Tokens of SRS's configuration format, which is nginx's in the main: words, quoted or not, that
 * end with `;` or open a block with `{`; comments from `#` to the end of the line.
 *
 * @module
 */

import { quote } from "../quote.ts";

/** What ends a run of words. */
export type Ending = ";" | "{" | "}" | "end of file";

/** Words up to an ending; without words before `}` and at the end of the file. */
export interface Statement {
  readonly words: readonly string[];
  /** Line of the first word, or of the ending if there is no word. From 1. */
  readonly line: number;
  readonly ending: Ending;
}

/** Text that is not a configuration. */
export class GrammarError extends Error {
  override readonly name = "GrammarError";
  readonly line: number;

  constructor(message: string, line: number) {
    super(message);
    this.line = line;
  }
}

const SPACE = /[ \t\r\n]/;
/** What ends a word that is not in quotes. `}`, `#` and quotes inside a word belong to it. */
const WORD_END = /[ \t\r\n;{]/g;

/** Cuts a text into statements. */
export class Tokenizer {
  readonly #text: string;
  #offset: number;
  #line = 1;

  constructor(text: string) {
    this.#text = text;
    this.#offset = text.startsWith("\ufeff") ? 1 : 0; // Byte order mark.
  }

  /** @throws {GrammarError} */
  next(): Statement {
    const words: string[] = [];
    let line = 0;
    while (true) {
      const gap = this.#line;
      this.#skipSpace();
      const char = this.#text[this.#offset] ?? "";
      this.#checkLine(words, gap, char);
      if (char === "") return this.#finish(words, line, "end of file");
      if (char === ";" || char === "{" || char === "}") {
        this.#offset += 1;
        return this.#finish(words, line, char);
      }
      if (words.length === 0) line = this.#line;
      words.push(char === '"' || char === "'" ? this.#readQuoted(char) : this.#readWord());
    }
  }

  /** A directive ends on its line: else a missing semicolon would swallow the next directive. */
  #checkLine(words: readonly string[], lineBefore: number, next: string): void {
    if (words.length === 0 || lineBefore === this.#line || next === "") return;
    if (words.length === 1 && next === "{") return;
    throw new GrammarError(
      `Unexpected end of line after ${quote(words.at(-1) ?? "")}, expected ";" or "{"`,
      lineBefore,
    );
  }

  #finish(words: readonly string[], line: number, ending: Ending): Statement {
    const isEmpty = words.length === 0;
    if (!isEmpty && ending === "end of file") {
      throw new GrammarError('Unexpected end of file, expected ";" or "{"', this.#line);
    }
    if (isEmpty !== (ending === "}" || ending === "end of file")) {
      throw new GrammarError(`Unexpected ${quote(ending)}`, this.#line);
    }
    return { words, line: isEmpty ? this.#line : line, ending };
  }

  #skipSpace(): void {
    while (this.#offset < this.#text.length) {
      const char = this.#text[this.#offset] ?? "";
      if (char === "#") {
        const end = this.#text.indexOf("\n", this.#offset);
        this.#offset = end === -1 ? this.#text.length : end;
      } else if (SPACE.test(char)) {
        if (char === "\n") this.#line += 1;
        this.#offset += 1;
      } else return;
    }
  }

  #readWord(): string {
    WORD_END.lastIndex = this.#offset;
    const end = WORD_END.exec(this.#text)?.index ?? this.#text.length;
    const word = this.#text.slice(this.#offset, end);
    this.#offset = end;
    return word;
  }

  #readQuoted(mark: string): string {
    const start = this.#offset + 1;
    const end = this.#text.indexOf(mark, start);
    if (end === -1) throw new GrammarError(`Expected a closing ${mark}`, this.#line);
    const word = this.#text.slice(start, end);
    if (word.includes("\n")) throw new GrammarError(`Expected a closing ${mark}`, this.#line);
    this.#offset = end + 1;
    const next = this.#text[this.#offset] ?? "";
    if (next !== "" && next !== ";" && next !== "{" && !SPACE.test(next)) {
      throw new GrammarError(`Unexpected ${quote(next)} after a closing ${mark}`, this.#line);
    }
    return word;
  }
}
