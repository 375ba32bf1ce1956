/**
 * sluice(8): the manual page of the program, made of its help.
 *
 * @module
 */

import { type CommandHelp, commandHelps, type HelpPart, programHelp } from "./cli-help.ts";
import { bold, entry, example, heading, italic, pageTitle, text } from "./roff.ts";

const DESCRIPTION = [
  "`sluice` is a live video server. Encoders such as OBS and FFmpeg send streams to it by RTMP or WebRTC, and any number of viewers take them from there by RTMP, HTTP-FLV, HLS, DASH or WebRTC, in a browser or a player. It is made to take the place of SRS, whose ports, addresses and configuration it understands.",
  "It stays in the foreground unless the configuration says otherwise. As a service it is run by systemd, as `sluice.service`, or by `/etc/init.d/sluice`.",
];

const FILES: readonly (readonly [path: string, what: string])[] = [
  ["/etc/sluice/sluice.yaml", "The configuration of the service."],
  ["/etc/default/sluice", "Which configuration the service takes, and settings by variables."],
  ["/var/lib/sluice", "Where relative paths of the configuration begin: recordings, pages."],
  ["/var/log/sluice/sluice.log", "The log under /etc/init.d; under systemd it is in the journal."],
  ["/run/sluice/sluice.pid", "The process, under /etc/init.d."],
];

const ENVIRONMENT: readonly (readonly [name: string, what: string])[] = [
  ["SLUICE_NAME, SRS_NAME", "Sets a setting, as `SLUICE_LISTEN=1936`; it wins over the file."],
  ["SLUICE_CONFIG_FILE, SRS_CONFIG_FILE", "The configuration, in place of the one behind `-c`."],
  ["SLUICE_ENV_ONLY, SRS_ENV_ONLY", "`on`: there is no file, as with `-e`."],
];

/** Of the program alone; commands tell theirs. */
const EXIT_STATUS =
  "0 if all is well, 255 if the configuration cannot be used or the server cannot start, 1 if a stop was forced.";

/** The text of packaging/man/sluice.8. */
export function programPage(): string {
  const program = programHelp();
  const commands = commandHelps();
  return `${[
    '.\\" Made by scripts/generate.ts from the help of the program: do not edit.',
    pageTitle("sluice", 8, "System Manager's Manual"),
    heading("name"),
    "sluice \\- live video server",
    heading("synopsis"),
    ...usageLines(program),
    heading("description"),
    DESCRIPTION.map(text).join("\n.PP\n"),
    ...program.parts.flatMap(programPartLines),
    heading("commands"),
    ...commands.flatMap(commandLines),
    heading("exit status"),
    text(EXIT_STATUS),
    heading("files"),
    ...FILES.map(([path, what]) => entry(italic(path), what)),
    heading("environment"),
    ...ENVIRONMENT.map(([name, what]) => entry(bold(name), what)),
    heading("see also"),
    `${bold("sluice.yaml")}(5), ${bold("systemctl")}(1), ${bold("journalctl")}(1), ${bold("ffmpeg")}(1)`,
  ].join("\n")}\n`;
}

function usageLines({ usages }: CommandHelp): string[] {
  return usages.map((usage, i) => `${i === 0 ? "" : ".br\n"}${text(usage)}`);
}

function commandLines(command: CommandHelp): string[] {
  return [
    `.SS sluice ${text(command.name)}`,
    ...usageLines(command),
    ...command.parts.flatMap(partLines),
  ];
}

/** Of the program, where a list has a section of its own. */
function programPartLines(part: HelpPart): string[] {
  const title = part.kind === "list" ? part.title : part.kind === "examples" ? "examples" : "";
  return [...(title === "" ? [] : [heading(title)]), ...partLines(part)];
}

function partLines(part: HelpPart): string[] {
  switch (part.kind) {
    case "text":
      return [".PP", text(part.text)];
    case "examples":
      return [example(part.lines)];
    case "list":
      return part.entries.map(({ names, argument, text: words }) => {
        const term = names.map(bold).join(", ");
        return entry(argument === undefined ? term : `${term} ${italic(argument)}`, words);
      });
  }
}
