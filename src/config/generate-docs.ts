/**
 * docs/configuration.md: the reference of all settings, made from the settings table.
 *
 * @module
 */

import { environmentNames } from "./environment.ts";
import { formatValue } from "./generate-yaml.ts";
import { describeRange } from "./settings/describe.ts";
import {
  type Block,
  isDerived,
  type Setting,
  type SettingType,
  type SettingValue,
} from "./settings/setting.ts";
import { pathOf } from "./walk-settings.ts";

const INTRODUCTION = `# Configuration

[Documentation](README.md)

Made by \`scripts/generate.ts\` from \`src/config/settings/\`: do not edit.

One configuration has three spellings:

- **YAML**, Sluice's own: \`sluice -c conf/sluice.yaml\`. \`conf/sluice.schema.json\` lets editors
  complete and check it, \`conf/full.yaml\` has every setting with its default, and the other files
  in \`conf/\` are ready examples.
- **SRS's format**, read as it is: \`sluice -c srs.conf\`, with \`include\`, and with directives of older
  versions. Where SRS has another default, such a file has SRS's; see the column *SRS default*.
- **Environment variables** over either: \`SRS_HTTP_API_LISTEN\` or \`SLUICE_HTTP_API_LISTEN\` sets
  \`http_api.listen\`. The variable wins over the file, and \`SLUICE_\` over \`SRS_\`. Lists are separated
  by spaces. A variable for a vhost, such as \`SRS_VHOST_HTTP_REMUX_ENABLED\`, sets every vhost. Without
  a file (\`sluice -e\`) the defaults are SRS's, but the server stays in the foreground, logs to the
  console and listens on 1935.

The format follows from the extension (\`.yaml\`, \`.yml\`, \`.conf\`), else from the text. An unknown
name, a wrong type or a value out of range is an error that tells the file, the line, what was
expected and the nearest known name; the server then does not start. \`sluice -t -c FILE\` only checks.

In YAML, texts that begin with \`[\` need quotes: \`mount: "[vhost]/[app]/[stream].flv"\`. Booleans are
\`true\` and \`false\`, or \`on\` and \`off\`. \`listen\` takes a port, \`address:port\` or \`[address]:port\` for
IPv6, or a list of them; a port alone is on every IPv4 address, \`[::]:1935\` on every address.

In SRS's format a boolean other than \`on\` or \`off\` means what it means for SRS, with a warning; a
number must be a number, where SRS reads \`10s\` as 10 and \`abc\` as 0.

*Texts* are one text or a list of them. *Endpoints* are what \`listen\` takes. *Rules*, *commands* and
*options* are explained where they are used: a list of lines, a list of commands, a block of names.

*Takes effect* says when a changed value is acted on: at once (now), for sessions that start after
the change (next session), or when the server starts (restart); [reload.md](reload.md) says how it is told.

*Not supported yet* marks what is accepted and checked but does nothing in this version; the server
warns when it is set. *No effect* marks what SRS knows and Sluice has no use for.
`;

/** The text of docs/configuration.md. */
export function generateDocs(table: Block): string {
  const names = environmentNames(table);
  return [INTRODUCTION, ...sectionsOf(table, [], names)].join("\n");
}

type Names = ReadonlyMap<Setting, readonly string[]>;

function sectionsOf(block: Block, around: readonly Block[], names: Names): string[] {
  const blocks = [...around, block];
  const settings = block.items.filter((item) => item.kind === "setting");
  const inner = block.items.filter((item) => item.kind === "block");
  return [
    ...(settings.length > 0 ? [sectionOf(settings, blocks, names)] : []),
    ...inner.flatMap((item) => sectionsOf(item, blocks, names)),
  ];
}

function sectionOf(settings: readonly Setting[], blocks: readonly Block[], names: Names): string {
  const block = blocks.at(-1);
  const isTop = blocks.length === 1;
  const title = isTop ? "Top level" : `\`${pathOf(blocks)}\``;
  const planned = block?.planned === undefined ? "" : ` *${block.planned}.*`;
  const doc = isTop ? "Settings outside all blocks." : `${block?.doc ?? ""}${planned}`;
  const directive = srsDirective(blocks);
  const rows = settings.map((setting) => rowOf(setting, names.get(setting) ?? []));
  const head = "Setting | Type | Default | SRS default | Environment | Takes effect | Description";
  return [
    `## ${title}`,
    "",
    `${doc}${directive}`,
    "",
    `| ${head} |`,
    `| ${head.replaceAll(/[^|]+/g, " --- ").trim()} |`,
    ...rows,
    "",
  ].join("\n");
}

/** How a block with a name of its own is written in SRS's format. */
function srsDirective(blocks: readonly Block[]): string {
  const block = blocks.at(-1);
  if (block === undefined || block.shape === "one") return "";
  const name = block.srsName ?? block.name;
  return block.shape === "list"
    ? ` A list in YAML; in SRS's format \`${name} { }\`, repeated.`
    : ` In SRS's format \`${name} ${block.keyName ?? "NAME"} { }\`.`;
}

function rowOf(setting: Setting, names: readonly string[]): string {
  if (setting.obsolete !== undefined) {
    return row([`\`${setting.name}\``, "", "", "", "", "", `*No effect*: ${setting.obsolete}`]);
  }
  const { name, type, default: value, srsDefault, takesEffect } = setting;
  const shown = setting.isOwn ? names : names.filter((candidate) => candidate.startsWith("SRS_"));
  return row([
    `\`${name}\``,
    typeWords(type),
    isDerived(value) ? value.text : code(setting, value),
    srsDefault === undefined ? "" : code(setting, srsDefault),
    shown.map((candidate) => `\`${candidate}\``).join(" "),
    takesEffect,
    setting.planned === undefined ? setting.doc : `${setting.doc} *Not supported yet.*`,
  ]);
}

function row(cells: readonly string[]): string {
  return `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
}

function code(setting: Setting, value: SettingValue): string {
  return `\`${formatValue(setting, value)}\``;
}

function typeWords(type: SettingType): string {
  switch (type.kind) {
    case "integer":
    case "number": {
      const unit = type.unit === undefined ? "" : `, ${type.unit}`;
      return `${type.kind} ${describeRange(type.min, type.max)}${unit}`;
    }
    case "enum":
      return type.values.map((value) => (value === "" ? '`""`' : `\`${value}\``)).join(", ");
    case "string":
      return "text";
    case "strings":
      return "texts";
    default:
      return type.kind;
  }
}
