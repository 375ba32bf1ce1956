/**
 * TypeScript types of the configuration, made from the settings table.
 *
 * @module
 */

import { describeSetting, wrap } from "./settings/describe.ts";
import { type Block, hasValues, type Setting, type SettingType } from "./settings/setting.ts";

const HEADER = `/**
 * TITLE
 * Property names are the directives' in camel case.
 *
 * Made by scripts/generate.ts from src/config/settings/: do not edit.
 *
 * @module
 */
`;

interface TypeFile {
  /** Of the blocks that are in it, with what is in them and in no other file. */
  readonly typeNames: readonly string[];
  readonly name: string;
  readonly title: string;
}

/** The table is too large for one file. */
const FILES: readonly [TypeFile, ...TypeFile[]] = [
  { typeNames: ["Config"], name: "config.ts", title: "The configuration as the server sees it." },
  {
    typeNames: ["VhostConfig"],
    name: "vhost-config.ts",
    title: "The configuration of one vhost as the server sees it.",
  },
  {
    typeNames: ["HlsConfig", "CmafConfig", "DashConfig", "HdsConfig"],
    name: "packaging-config.ts",
    title: "How the streams of one vhost are packaged.",
  },
];

/** Types that are written by hand, and where they are. */
const IMPORTS = [
  ["Endpoint", "./endpoint.ts"],
  ["AccessRule", "./settings/setting.ts"],
] as const;

/** Columns of a line, as everywhere. */
const WIDTH = 100;

/** The texts of the files of types in src/config/, by name. */
export function generateTypes(table: Block): ReadonlyMap<string, string> {
  const files = new Map(FILES.map(({ name }) => [name as string, new Map<string, string>()]));
  addInterfaces(table, files, FILES[0].name);
  const texts = FILES.map(({ name, title }): [string, string] => {
    const body = [...(files.get(name)?.values() ?? [])].join("\n");
    const others = FILES.filter((file) => file.name !== name);
    const imports = [
      ...IMPORTS,
      ...others.flatMap(({ typeNames, name: file }) =>
        typeNames.map((typeName) => [typeName, `./${file}`] as const),
      ),
    ].filter(([type]) => new RegExp(`: .*\\b${type}\\b`).test(body));
    const lines = [...new Set(imports.map(([, path]) => path))]
      .map((path) => {
        const types = imports.filter(([, from]) => from === path).map(([type]) => type);
        return `import type { ${types.sort().join(", ")} } from ${JSON.stringify(path)};\n`;
      })
      .sort((one, other) =>
        one.slice(one.indexOf('"')) < other.slice(other.indexOf('"')) ? -1 : 1,
      );
    const parts = [HEADER.replace("TITLE", title), lines.join(""), body];
    return [name, parts.filter((part) => part !== "").join("\n")];
  });
  return new Map(texts);
}

function addInterfaces(
  block: Block,
  files: ReadonlyMap<string, Map<string, string>>,
  current: string,
): void {
  const own = FILES.find(({ typeNames }) => typeNames.includes(block.typeName));
  const file = own?.name ?? current;
  const interfaces = files.get(file);
  if (interfaces === undefined || interfaces.has(block.typeName)) return;
  const lines = block.items.flatMap((item) => {
    if (item.kind === "block") return hasValues(item) ? fieldOfBlock(item) : [];
    return item.obsolete === undefined ? fieldOf(item) : [];
  });
  const head = comment(block.doc, "");
  const text = [...head, `export interface ${block.typeName} {`, ...lines, "}", ""].join("\n");
  interfaces.set(block.typeName, text);
  for (const item of block.items) {
    if (item.kind === "block" && hasValues(item)) addInterfaces(item, files, file);
  }
}

function fieldOfBlock(block: Block): string[] {
  const { typeName, shape } = block;
  const types = {
    one: typeName,
    list: `readonly ${typeName}[]`,
    map: `Readonly<Record<string, ${typeName}>>`,
  };
  return [`  readonly ${block.property}: ${types[shape]};`];
}

function fieldOf(setting: Setting): string[] {
  const field = `readonly ${setting.property}: ${typeText(setting.type)};`;
  return [...comment(describeSetting(setting), "  "), `  ${field}`];
}

function typeText(type: SettingType): string {
  switch (type.kind) {
    case "boolean":
    case "string":
      return type.kind;
    case "integer":
    case "number":
      return "number";
    case "enum":
      return type.values.map((value) => JSON.stringify(value)).join(" | ");
    case "endpoints":
      return "readonly Endpoint[]";
    case "strings":
      return "readonly string[]";
    case "rules":
      return "readonly AccessRule[]";
    case "commands":
      return "readonly (readonly string[])[]";
    case "options":
      return "Readonly<Record<string, string>>";
  }
}

/** A comment of one line, or of several if it is too wide. */
function comment(text: string, indent: string): string[] {
  const single = `${indent}/** ${text} */`;
  if (single.length <= WIDTH) return [single];
  return [`${indent}/**`, ...wrap(text, `${indent} * `, WIDTH), `${indent} */`];
}
