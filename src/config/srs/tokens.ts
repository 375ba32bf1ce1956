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
  /** Column of what `line` is the line of. From 1. */
  readonly column: number;
  readonly ending: Ending;
}

/** Text that is not a configuration. */
export class GrammarError extends Error {
  override readonly name = "GrammarError";
  readonly line: number;
  readonly column: number;

  constructor(message: string, line: number, column: number) {
    super(message);
    this.line = line;
    this.column = column;
  }
}

const SPACE = /[ \t\r\n]/;
/** What ends a word that is not in quotes. `}`, `#` and quotes inside a word belong to it. */
const WORD_END = /[ \t\r\n;{]/g;

/** Both from 1. */
interface Position {
  readonly line: number;
  readonly column: number;
}

/** Cuts a text into statements. */
export class Tokenizer {
  readonly #text: string;
  #offset: number;
  #line = 1;
  /** Offset of the line's first character. */
  #lineStart: number;

  constructor(text: string) {
    this.#text = text;
    this.#offset = text.startsWith("\ufeff") ? 1 : 0; // Byte order mark.
    this.#lineStart = this.#offset;
  }

  /** @throws {GrammarError} */
  next(): Statement {
    const words: string[] = [];
    let start = { line: 0, column: 0 };
    while (true) {
      const gap = { line: this.#line, column: this.#column };
      this.#skipSpace();
      const char = this.#text[this.#offset] ?? "";
      this.#checkLine(words, gap, char);
      if (words.length === 0) start = { line: this.#line, column: this.#column };
      if (char === "") return this.#finish(words, start, "end of file");
      if (char === ";" || char === "{" || char === "}") return this.#finish(words, start, char);
      words.push(char === '"' || char === "'" ? this.#readQuoted(char) : this.#readWord());
    }
  }

  /** A directive ends on its line: else a missing semicolon would swallow the next directive. */
  #checkLine(words: readonly string[], gap: Position, next: string): void {
    if (words.length === 0 || gap.line === this.#line || next === "") return;
    if (words.length === 1 && next === "{") return;
    throw new GrammarError(
      `Unexpected end of line after ${quote(words.at(-1) ?? "")}, expected ";" or "{"`,
      gap.line,
      gap.column,
    );
  }

  /** Steps over the ending. */
  #finish(words: readonly string[], start: Position, ending: Ending): Statement {
    const isEmpty = words.length === 0;
    if (!isEmpty && ending === "end of file")
      this.#fail('Unexpected end of file, expected ";" or "{"');
    if (isEmpty !== (ending === "}" || ending === "end of file")) {
      this.#fail(`Unexpected ${quote(ending)}`);
    }
    if (ending !== "end of file") this.#offset += 1;
    return { words, ...start, ending };
  }

  #fail(message: string): never {
    throw new GrammarError(message, this.#line, this.#column);
  }

  get #column(): number {
    return this.#offset - this.#lineStart + 1;
  }

  #skipSpace(): void {
    while (this.#offset < this.#text.length) {
      const char = this.#text[this.#offset] ?? "";
      if (char === "#") {
        const end = this.#text.indexOf("\n", this.#offset);
        this.#offset = end === -1 ? this.#text.length : end;
      } else if (SPACE.test(char)) {
        this.#offset += 1;
        if (char !== "\n") continue;
        this.#line += 1;
        this.#lineStart = this.#offset;
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
    if (end === -1) this.#fail(`Expected a closing ${mark}`);
    const word = this.#text.slice(start, end);
    if (word.includes("\n")) this.#fail(`Expected a closing ${mark}`);
    this.#offset = end + 1;
    const next = this.#text[this.#offset] ?? "";
    if (next !== "" && next !== ";" && next !== "{" && !SPACE.test(next)) {
      this.#fail(`Unexpected ${quote(next)} after a closing ${mark}`);
    }
    return word;
  }
}
