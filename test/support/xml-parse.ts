/**
 * Reads XML strictly, as far as manifests need it: for tests, which want to hear of what is not well
 * formed. Specification: XML 1.0, fifth edition.
 *
 * @module
 */

export interface XmlElement {
  readonly name: string;
  readonly attributes: ReadonlyMap<string, string>;
  readonly children: XmlElement[];
  /** The text in it, its children's left out. */
  text: string;
}

const DECLARATION =
  /^<\?xml version="1\.0"( encoding="(?:utf-8|UTF-8)")?( standalone="yes")?\s*\?>/;
const NAME = "[A-Za-z_][\\w.-]*(?::[A-Za-z_][\\w.-]*)?";
const START = new RegExp(
  `<(${NAME})((?:\\s+${NAME}\\s*=\\s*(?:"[^"<]*"|'[^'<]*'))*)\\s*(/?)>`,
  "y",
);
const END = new RegExp(`</(${NAME})\\s*>`, "y");
const ATTRIBUTE = new RegExp(`\\s+(${NAME})\\s*=\\s*(?:"([^"]*)"|'([^']*)')`, "gy");
const COMMENT = /<!--(?:(?!--)[\s\S])*-->/y;
const TEXT = /[^<]+/y;
const ENTITIES: Readonly<Record<string, string>> = {
  amp: "&",
  lt: "<",
  gt: ">",
  quot: '"',
  apos: "'",
};

/** The document's one element. @throws {Error} If the text is not well formed. */
export function parseXml(text: string): XmlElement {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
  if (/[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/.test(text))
    throw new Error("a character that XML cannot hold");
  const root: XmlElement = { name: "", attributes: new Map(), children: [], text: "" };
  const open: XmlElement[] = [root];
  let offset = DECLARATION.exec(text)?.[0].length ?? 0;
  const match = (pattern: RegExp): RegExpExecArray | undefined => {
    pattern.lastIndex = offset;
    const found = pattern.exec(text) ?? undefined;
    if (found !== undefined) offset = pattern.lastIndex;
    return found;
  };
  while (offset < text.length) {
    const parent = open.at(-1) ?? root;
    const characters = match(TEXT);
    if (characters !== undefined) {
      parent.text += unescapeXml(characters[0]);
      continue;
    }
    if (match(COMMENT) !== undefined) continue;
    const end = match(END);
    if (end !== undefined) {
      if (end[1] !== parent.name) throw new Error(`</${end[1]}> ends <${parent.name}>`);
      open.pop();
      continue;
    }
    const start = match(START);
    if (start === undefined) throw new Error(`cannot read "${text.slice(offset, offset + 40)}"`);
    const [, name = "", attributes = "", slash] = start;
    const element = { name, attributes: readAttributes(attributes), children: [], text: "" };
    parent.children.push(element);
    if (slash === "") open.push(element);
  }
  return theOnly(root, open);
}

function theOnly(root: XmlElement, open: readonly XmlElement[]): XmlElement {
  if (open.length !== 1) throw new Error(`<${open.at(-1)?.name}> does not end`);
  const [element, other] = root.children;
  if (element === undefined || other !== undefined) throw new Error("not one element");
  if (root.text.trim() !== "") throw new Error("text outside the element");
  return element;
}

function readAttributes(text: string): Map<string, string> {
  const attributes = new Map<string, string>();
  for (const [, name = "", double, single] of text.matchAll(ATTRIBUTE)) {
    if (attributes.has(name)) throw new Error(`attribute ${name} a second time`);
    // Blanks that are not written as references are all the same to parsers (section 3.3.3).
    const raw = (double ?? single ?? "").replace(/[\t\r\n]/g, " ");
    attributes.set(name, unescapeXml(raw));
  }
  return attributes;
}

function unescapeXml(text: string): string {
  return text.replace(/&([^;]*;?)/g, (whole, entity: string) => {
    const [, hex, decimal] = /^#(?:x([0-9a-fA-F]+)|(\d+));$/.exec(entity) ?? [];
    if (hex !== undefined) return String.fromCodePoint(Number.parseInt(hex, 16));
    if (decimal !== undefined) return String.fromCodePoint(Number(decimal));
    const character = ENTITIES[entity.slice(0, -1)];
    if (!entity.endsWith(";") || character === undefined)
      throw new Error(`unknown entity ${whole}`);
    return character;
  });
}
