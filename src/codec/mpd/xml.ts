/**
 * XML as text: elements, attributes, and what must not stand in them as it is.
 *
 * Spec: Extensible Markup Language (XML) 1.0, fifth edition, sections 2.2 (characters), 2.4 (escaping)
 * and 3.3.3 (what parsers do to blanks in attributes).
 *
 * @module
 */

/** Attributes in their order; those without a value are left out. */
export type XmlAttributes = Readonly<Record<string, string | number | boolean | undefined>>;

const INDENT = "  ";

/** What means something in XML; line breaks and tabs, in attributes, would become blanks. */
const SPECIAL = /[&<>"']/g;
const BLANK = /[\t\n\r]/g;
/** No document can hold these, however they are written (section 2.2). */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
const IMPOSSIBLE = /[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]|\p{Surrogate}/gu;

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&apos;",
};

/** The text as it may stand in a document. What XML has no way to say becomes U+FFFD. */
function escapeXml(text: string): string {
  return text
    .replace(IMPOSSIBLE, "\ufffd")
    .replace(SPECIAL, (character) => ENTITIES[character] ?? character);
}

/** An element with its end of line. Its children are elements, made by this function. */
export function xmlElement(
  name: string,
  attributes: XmlAttributes,
  children: readonly string[] = [],
): string {
  const start = name + formatAttributes(attributes);
  const inside = children.join("");
  if (inside === "") return `<${start}/>\n`;
  return `<${start}>\n${indent(inside)}</${name}>\n`;
}

/** An element with its end of line that has nothing but text in it. */
export function xmlTextElement(name: string, attributes: XmlAttributes, text: string): string {
  return `<${name}${formatAttributes(attributes)}>${escapeOneLine(text)}</${name}>\n`;
}

function formatAttributes(attributes: XmlAttributes): string {
  let text = "";
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined) continue;
    const escaped = typeof value === "string" ? escapeOneLine(value) : `${value}`;
    text += ` ${name}="${escaped}"`;
  }
  return text;
}

function escapeOneLine(text: string): string {
  return escapeXml(text).replace(BLANK, (character) => `&#${character.charCodeAt(0)};`);
}

/** No attribute and no text has a line break in it, so every line is the start of an element. */
function indent(lines: string): string {
  return INDENT + lines.slice(0, -1).replaceAll("\n", `\n${INDENT}`) + lines.slice(-1);
}
