/**
 * sluice.yaml(5): the manual page of the configuration, made of the settings table.
 *
 * @module
 */

import { formatValue } from "../../src/config/generate-yaml.ts";
import { describeSetting, describeType } from "../../src/config/settings/describe.ts";
import { type Block, isDerived, type Setting } from "../../src/config/settings/setting.ts";
import { SETTINGS } from "../../src/config/settings/table.ts";
import { pathOf } from "../../src/config/walk-settings.ts";
import { bold, entry, example, heading, pageTitle, text } from "./roff.ts";

const DESCRIPTION = [
  "The configuration of `sluice` is YAML, or SRS's own format as it is. An unknown name, a wrong type or a value out of range is an error that tells the line; `sluice -t -c` tests a file. To leave a setting out is to have its default.",
  "Each setting has a variable of the environment that wins over the file: `SLUICE_` and its path in capitals, as `SLUICE_HTTP_API_LISTEN` for `http_api.listen`. Relative paths begin in the folder that the server is started in, which for the service is /var/lib/sluice.",
  "A change is taken on by a reload (SIGHUP). What takes effect only when the server starts anew is marked below.",
];

const EXAMPLE = [
  "listen: 1935",
  "http_server: {enabled: true, listen: 8080}",
  "vhosts:",
  "  __defaultVhost__:",
  "    dvr: {enabled: true, dvr_path: ./recordings}",
];

/** The text of packaging/man/sluice.yaml.5. */
export function settingsPage(): string {
  return `${[
    '.\\" Made by scripts/generate.ts from the settings table: do not edit.',
    pageTitle("sluice.yaml", 5, "File Formats Manual"),
    heading("name"),
    "sluice.yaml \\- configuration of the live video server sluice",
    heading("description"),
    DESCRIPTION.map(text).join("\n.PP\n"),
    example(EXAMPLE),
    heading("settings"),
    ...blockLines(SETTINGS, []),
    heading("files"),
    entry("/etc/sluice/sluice.yaml", "The configuration of the service."),
    entry("/usr/share/doc/sluice/examples", "Examples; full.yaml has every setting."),
    heading("see also"),
    `${bold("sluice")}(8)`,
  ].join("\n")}\n`;
}

function blockLines(block: Block, around: readonly Block[]): string[] {
  const blocks = [...around, block];
  const settings = block.items.filter((item) => item.kind === "setting");
  const shown = settings.filter(({ obsolete }) => obsolete === undefined);
  const inner = block.items.filter((item) => item.kind === "block");
  const isTop = around.length === 0;
  const head = isTop ? [] : [`.SS ${text(pathOf(blocks))}`, text(block.doc)];
  return [
    ...(shown.length === 0 ? [] : [...head, ...shown.map(settingLines)]),
    ...inner.flatMap((item) => blockLines(item, blocks)),
  ];
}

function settingLines(setting: Setting): string {
  const { name, type, default: value, takesEffect } = setting;
  const standard = isDerived(value) ? value.text : formatValue(setting, value);
  const restart = takesEffect === "restart" ? " Takes effect at the next start." : "";
  const words = `${describeSetting(setting)} ${capitalise(describeType(type))}; by default ${standard}.${restart}`;
  return entry(bold(name), words);
}

function capitalise(words: string): string {
  return words.charAt(0).toUpperCase() + words.slice(1);
}
