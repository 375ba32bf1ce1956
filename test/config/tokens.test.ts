/**
 * Goal: SRS's grammar is cut into statements as SRS cuts it, and faults are told with their line and column.
 *
 * Method: golden statements and messages; a text cut at every character must end in statements or
 * in a GrammarError, never in anything else.
 */

import { describe, expect, test } from "vitest";
import { GrammarError, type Statement, Tokenizer } from "../../src/config/srs/tokens.ts";

function cut(text: string): Statement[] {
  const tokenizer = new Tokenizer(text);
  const statements: Statement[] = [];
  while (true) {
    const statement = tokenizer.next();
    if (statement.words.length === 0 && statement.ending === "end of file") return statements;
    statements.push(statement);
  }
}

const SAMPLE = `listen 1935 [::]:1936;
# comment with ; { and "
vhost a.com {
  dir "./a b;{c}"; key 'it"s';	hls
  { }
  mount [vhost]/[app].flv;}
`;

describe("Tokenizer", () => {
  test("cuts a text", () => {
    expect(cut(SAMPLE)).toEqual([
      { words: ["listen", "1935", "[::]:1936"], line: 1, column: 1, ending: ";" },
      { words: ["vhost", "a.com"], line: 3, column: 1, ending: "{" },
      { words: ["dir", "./a b;{c}"], line: 4, column: 3, ending: ";" },
      { words: ["key", 'it"s'], line: 4, column: 20, ending: ";" },
      { words: ["hls"], line: 4, column: 32, ending: "{" },
      { words: [], line: 5, column: 5, ending: "}" },
      { words: ["mount", "[vhost]/[app].flv"], line: 6, column: 3, ending: ";" },
      { words: [], line: 6, column: 27, ending: "}" },
    ]);
  });

  test.each([
    ['a ""; ', ["a", ""]],
    ["a b#c;", ["a", "b#c"]],
    ["a b}c;", ["a", "b}c"]],
    [`a b"c d;`, ["a", 'b"c', "d"]],
    ["a\tb\t;", ["a", "b"]],
  ])("words of %j", (text, words) => {
    expect(cut(text)).toEqual([{ words, line: 1, column: 1, ending: ";" }]);
  });

  test.each([
    [
      "listen 1935\ndaemon off;",
      [1, 12],
      'Unexpected end of line after "1935", expected ";" or "{"',
    ],
    ["daemon\nlisten 1935;", [1, 7], 'Unexpected end of line after "daemon", expected ";" or "{"'],
    ["vhost a\n{ }", [1, 8], 'Unexpected end of line after "a", expected ";" or "{"'],
    ["a b # c\n;", [1, 4], 'Unexpected end of line after "b", expected ";" or "{"'],
    ["\n\nlisten 1935", [3, 12], 'Unexpected end of file, expected ";" or "{"'],
    ["a;\n;", [2, 1], 'Unexpected ";"'],
    ["a;\n{", [2, 1], 'Unexpected "{"'],
    ["a }", [1, 3], 'Unexpected "}"'],
    ['a "b', [1, 3], 'Expected a closing "'],
    ["a 'b\n';", [1, 3], "Expected a closing '"],
    ['a "b"c;', [1, 6], 'Unexpected "c" after a closing "'],
  ] as const)("refuses %j", (text, [line, column], message) => {
    expect(() => cut(text)).toThrow(expect.objectContaining({ message, line, column }));
  });

  test("survives a cut at every character", () => {
    for (let end = 0; end < SAMPLE.length; end++) {
      try {
        for (const { line } of cut(SAMPLE.slice(0, end))) expect(line).toBeLessThanOrEqual(7);
      } catch (error) {
        expect(error).toBeInstanceOf(GrammarError);
      }
    }
  });
});
