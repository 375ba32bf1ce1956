/**
 * Manual pages in the language of man(7).
 *
 * @module
 */

/** The line that a page begins with. */
export function pageTitle(name: string, section: number, title: string): string {
  return `.TH ${name.toUpperCase()} ${section} "" "Sluice" "${title}"`;
}

export function heading(title: string): string {
  return `.SH ${title.toUpperCase()}`;
}

/** Text, with what is in back quotes in bold. */
export function text(words: string): string {
  return words
    .split(/`([^`]*)`/)
    .map((part, i) => (i % 2 === 1 ? `\\fB${escapeText(part)}\\fR` : escapeText(part)))
    .join("")
    .replace(/^(?=\.)/gm, "\\&");
}

/** An entry of a list: what it is about, and what there is to say. */
export function entry(term: string, words: string): string {
  return `.TP\n${term}\n${text(words)}`;
}

export function bold(words: string): string {
  return `\\fB${escapeText(words)}\\fR`;
}

export function italic(words: string): string {
  return `\\fI${escapeText(words)}\\fR`;
}

/** Lines as they are, in a type of equal widths. */
export function example(lines: readonly string[]): string {
  const escaped = lines.map((line) => escapeText(line).replace(/^(?=\.)/, "\\&"));
  return `.PP\n.nf\n.RS\n${escaped.join("\n")}\n.RE\n.fi`;
}

/** A hyphen stays one, to be copied; a caret and the like too. */
function escapeText(words: string): string {
  return words
    .replaceAll("\\", "\\e")
    .replaceAll("-", "\\-")
    .replaceAll("^", "\\(ha")
    .replaceAll("~", "\\(ti")
    .replaceAll("'", "\\(aq");
}
