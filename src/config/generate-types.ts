/**
 * TypeScript types of the configuration, made from the settings table.
 *
 * @module
 */

import { describeSetting, wrap } from "./settings/describe.ts";
import { type Block, hasValues, type Setting, type SettingType } from "./settings/setting.ts";

const HEADER = `/**
 * TITLE
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

/** What types are made for, with the files that they are in: the table is too large for one. */
interface Spelling {
  readonly files: readonly [TypeFile, ...TypeFile[]];
  /** Types that are written by hand, and where they are. */
  readonly imports: readonly (readonly [string, string])[];
  typeName(block: Block): string;
  fieldOfBlock(block: Block, typeName: string): string;
  fieldOf(setting: Setting): string;
}

/** As the server sees it. */
const VALUES: Spelling = {
  files: [
    {
      typeNames: ["Config"],
      name: "config.ts",
      title:
        "The configuration as the server sees it.\n * Property names are the directives' in camel case.",
    },
    {
      typeNames: ["VhostConfig"],
      name: "vhost-config.ts",
      title:
        "The configuration of one vhost as the server sees it.\n * Property names are the directives' in camel case.",
    },
    {
      typeNames: ["HlsConfig", "CmafConfig", "DashConfig", "HdsConfig"],
      name: "packaging-config.ts",
      title:
        "How the streams of one vhost are packaged.\n * Property names are the directives' in camel case.",
    },
  ],
  imports: [
    ["Endpoint", "./endpoint.ts"],
    ["AccessRule", "./settings/setting.ts"],
  ],
  typeName: ({ typeName }) => typeName,
  fieldOfBlock: ({ property, shape }, typeName) => {
    const types = {
      one: typeName,
      list: `readonly ${typeName}[]`,
      map: `Readonly<Record<string, ${typeName}>>`,
    };
    return `readonly ${property}: ${types[shape]};`;
  },
  fieldOf: ({ property, type }) => `readonly ${property}: ${typeText(type)};`,
};

/** As a program writes it, who has the server inside: the YAML's names, of which all may be absent. */
const INPUTS: Spelling = {
  files: [
    {
      typeNames: ["ConfigInput"],
      name: "config-input.ts",
      title: "The configuration as a program writes it: in the shape of the YAML.",
    },
    {
      typeNames: ["VhostConfigInput"],
      name: "vhost-config-input.ts",
      title: "The configuration of one vhost as a program writes it.",
    },
    {
      typeNames: [
        ...["HlsConfigInput", "CmafConfigInput", "DashConfigInput", "HdsConfigInput"],
        ...["DvrConfigInput", "TranscodeConfigInput", "EngineConfigInput"],
      ],
      name: "packaging-config-input.ts",
      title: "How a program writes what becomes of the streams of one vhost.",
    },
  ],
  imports: ["EndpointInput", "OneOrMore", "RuleInput"].map((name) => [name, "./input-types.ts"]),
  typeName: ({ typeName }) => `${typeName}Input`,
  fieldOfBlock: ({ name, shape }, typeName) => {
    const types = {
      one: typeName,
      list: `readonly ${typeName}[]`,
      map: `Readonly<Record<string, ${typeName}>>`,
    };
    return `readonly ${name}?: ${types[shape]} | undefined;`;
  },
  fieldOf: ({ name, type }) => `readonly ${name}?: ${inputText(type)} | undefined;`,
};

/** Columns of a line, as everywhere. */
const WIDTH = 100;

/** The texts of the files of types in src/config/, by name. */
export function generateTypes(table: Block): ReadonlyMap<string, string> {
  return new Map([VALUES, INPUTS].flatMap((spelling) => generateFiles(table, spelling)));
}

function generateFiles(table: Block, spelling: Spelling): readonly (readonly [string, string])[] {
  const files = new Map(spelling.files.map(({ name }) => [name, new Map<string, string>()]));
  addInterfaces(table, spelling, files, spelling.files[0].name);
  return spelling.files.map(({ name, title }) => {
    const body = [...(files.get(name)?.values() ?? [])].join("\n");
    const parts = [HEADER.replace("TITLE", title), importText(spelling, name, body), body];
    return [name, parts.filter((part) => part !== "").join("\n")];
  });
}

/** What the file `name` imports for `body`. */
function importText({ files, imports: written }: Spelling, name: string, body: string): string {
  const others = files.filter((file) => file.name !== name);
  const imports = [
    ...written,
    ...others.flatMap(({ typeNames, name: file }) =>
      typeNames.map((typeName) => [typeName, `./${file}`] as const),
    ),
  ].filter(([type]) => new RegExp(`: .*\\b${type}\\b`).test(body));
  return [...new Set(imports.map(([, path]) => path))]
    .map((path) => {
      const types = imports.filter(([, from]) => from === path).map(([type]) => type);
      return importLine(types.sort(), path);
    })
    .sort((one, other) => (one.slice(one.indexOf('"')) < other.slice(other.indexOf('"')) ? -1 : 1))
    .join("");
}

function importLine(types: readonly string[], path: string): string {
  const line = `import type { ${types.join(", ")} } from ${JSON.stringify(path)};\n`;
  if (line.length <= WIDTH + 1) return line;
  return `import type {\n${types.map((type) => `  ${type},\n`).join("")}} from ${JSON.stringify(path)};\n`;
}

function addInterfaces(
  block: Block,
  spelling: Spelling,
  files: ReadonlyMap<string, Map<string, string>>,
  current: string,
): void {
  const typeName = spelling.typeName(block);
  const own = spelling.files.find(({ typeNames }) => typeNames.includes(typeName));
  const file = own?.name ?? current;
  const interfaces = files.get(file);
  if (interfaces === undefined || interfaces.has(typeName)) return;
  const lines = block.items.flatMap((item) => {
    if (item.kind === "setting") return linesOf(item, spelling);
    return hasValues(item) ? [`  ${spelling.fieldOfBlock(item, spelling.typeName(item))}`] : [];
  });
  const head = comment(block.doc, "");
  const text = [...head, `export interface ${typeName} {`, ...lines, "}", ""].join("\n");
  interfaces.set(typeName, text);
  for (const item of block.items) {
    if (item.kind === "block" && hasValues(item)) addInterfaces(item, spelling, files, file);
  }
}

function linesOf(setting: Setting, spelling: Spelling): string[] {
  if (setting.obsolete !== undefined) return [];
  return [...comment(describeSetting(setting), "  "), `  ${spelling.fieldOf(setting)}`];
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

function inputText(type: SettingType): string {
  switch (type.kind) {
    case "endpoints":
      return "OneOrMore<EndpointInput>";
    case "strings":
      return "OneOrMore<string>";
    case "rules":
      return "OneOrMore<RuleInput>";
    case "commands":
      return "string | readonly OneOrMore<string>[]";
    default:
      return typeText(type);
  }
}

/** A comment of one line, or of several if it is too wide. */
function comment(text: string, indent: string): string[] {
  const single = `${indent}/** ${text} */`;
  if (single.length <= WIDTH) return [single];
  return [`${indent}/**`, ...wrap(text, `${indent} * `, WIDTH), `${indent} */`];
}
