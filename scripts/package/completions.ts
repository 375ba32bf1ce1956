/**
 * What completes the command line in shells, made of the program's help.
 *
 * @module
 */

import {
  type CommandHelp,
  commandHelps,
  type HelpEntry,
  optionsOf,
  programHelp,
  wordsOf,
} from "./cli-help.ts";

const NOTE = "Made by scripts/generate.ts from the help of the program: do not edit.";
/** Arguments that are files; what others are nobody can guess. */
const FILE_ARGUMENTS = ["FILE", "OUTPUT"];

interface CompletedCommand {
  readonly name: string;
  readonly summary: string;
  readonly options: readonly HelpEntry[];
  /** What may stand there beside options. */
  readonly words: readonly string[];
  /** It works on a file that is named without an option. */
  readonly takesFile: boolean;
}

/** Texts by their paths. */
export function completions(): ReadonlyMap<string, string> {
  const program = programHelp();
  const commands = commandHelps().map((help) => completedCommand(help, program));
  const options = optionsOf(program);
  return new Map([
    ["packaging/completion/sluice.bash", bashCompletion(options, commands)],
    ["packaging/completion/sluice.zsh", zshCompletion(options, commands)],
    ["packaging/completion/sluice.fish", fishCompletion(options, commands)],
  ]);
}

function completedCommand(help: CommandHelp, program: CommandHelp): CompletedCommand {
  const entries = program.parts.flatMap((part) => (part.kind === "list" ? part.entries : []));
  const own = entries.find(({ names }) => names.includes(help.name));
  const summary = (own?.text ?? "").replace(/: sluice .*$/, "").replace(/\.$/, "");
  const takesFile = help.usages.some((usage) => usage.startsWith(`sluice ${help.name} FILE`));
  const options = optionsOf(help);
  const hasHelp = options.some(({ names }) => names.includes("-h"));
  const helpOption = { names: ["-h", "--help"], argument: undefined, text: "Show the help" };
  return {
    name: help.name,
    summary,
    words: wordsOf(help),
    options: hasHelp ? options : [...options, helpOption],
    takesFile,
  };
}

function namesOf(options: readonly HelpEntry[]): string[] {
  return options.flatMap(({ names }) => names);
}

/** Options behind which a file comes. */
function fileOptions(options: readonly HelpEntry[]): string[] {
  return namesOf(options.filter(({ argument }) => FILE_ARGUMENTS.includes(argument ?? "")));
}

/** Options behind which something else comes. */
function valueOptions(options: readonly HelpEntry[]): string[] {
  const others = options.filter(
    ({ argument }) => argument !== undefined && !FILE_ARGUMENTS.includes(argument),
  );
  return namesOf(others);
}

function bashCompletion(
  options: readonly HelpEntry[],
  commands: readonly CompletedCommand[],
): string {
  const all = [...options, ...commands.flatMap((command) => command.options)];
  const pattern = (names: readonly string[]): string => [...new Set(names)].join(" | ");
  const cases = commands.map(({ name, options: own, words: plain, takesFile }) => {
    const words = `COMPREPLY=($(compgen -W "${[...plain, ...namesOf(own)].join(" ")}" -- "$word"))`;
    const files = takesFile
      ? `\n      [[ $word == -* ]] || COMPREPLY=($(compgen -f -- "$word"))`
      : "";
    return `    ${name})\n      ${words}${files}\n      ;;`;
  });
  const values = valueOptions(all);
  return `# Completion of sluice for bash. ${NOTE}
# shellcheck shell=bash disable=SC2207

_sluice() {
  local word=\${COMP_WORDS[COMP_CWORD]} before=\${COMP_WORDS[COMP_CWORD - 1]}
  COMPREPLY=()
  case $before in
    ${pattern(fileOptions(all))})
      compopt -o filenames 2>/dev/null
      COMPREPLY=($(compgen -f -- "$word"))
      return
      ;;
    ${pattern(values)})
      return
      ;;
  esac
  case \${COMP_WORDS[1]} in
${cases.join("\n")}
    *)
      local words="${namesOf(options)
        .filter((name) => name !== "-?")
        .join(" ")}"
      [[ $COMP_CWORD == 1 ]] && words+=" ${commands.map(({ name }) => name).join(" ")}"
      COMPREPLY=($(compgen -W "$words" -- "$word"))
      ;;
  esac
}

complete -F _sluice sluice
`;
}

function zshCompletion(
  options: readonly HelpEntry[],
  commands: readonly CompletedCommand[],
): string {
  const described = commands.map(({ name, summary }) => `    ${quoted(`${name}:${summary}`)}`);
  const cases = commands.map(({ name, options: own, words, takesFile }) => {
    const specs = [
      ...own.flatMap(zshOptions),
      ...(words.length > 0 ? [`'*:word:(${words.join(" ")})'`] : []),
      ...(takesFile ? ["'*:file:_files'"] : []),
    ];
    return `    ${name}) _arguments ${specs.join(" ")} ;;`;
  });
  return `#compdef sluice
# Completion of sluice for zsh. ${NOTE}

_sluice() {
  local -a commands
  commands=(
${described.join("\n")}
  )
  if (( CURRENT == 2 )) && [[ $PREFIX != -* ]]; then
    _describe command commands
    return
  fi
  local command=$words[2]
  case $command in
${cases.join("\n")}
    *) _arguments ${options.flatMap(zshOptions).join(" ")} ;;
  esac
}

_sluice "$@"
`;
}

/** As _arguments of zsh wants them. */
function zshOptions({ names, argument, text }: HelpEntry): string[] {
  const words = firstSentence(text).replaceAll(/[[\]]/g, "").replaceAll(":", "\\:");
  const value = argument === undefined ? "" : `:${argument}:${zshAction(argument)}`;
  return names.map((name) => quoted(`${name.replace("?", "\\?")}[${words}]${value}`));
}

function zshAction(argument: string): string {
  return FILE_ARGUMENTS.includes(argument) ? "_files" : "";
}

function fishCompletion(
  options: readonly HelpEntry[],
  commands: readonly CompletedCommand[],
): string {
  const none = "__fish_use_subcommand";
  const lines = [
    ...options.flatMap((option) => fishOption(option, none)),
    ...commands.flatMap(({ name, summary, options: own, words, takesFile }) => {
      const here = `__fish_seen_subcommand_from ${name}`;
      return [
        `complete -c sluice -n ${none} -a ${name} -d ${quoted(summary)}`,
        ...own.flatMap((option) => fishOption(option, here)),
        ...words.map((word) => `complete -c sluice -n ${quoted(here)} -a ${word}`),
        ...(takesFile ? [`complete -c sluice -n ${quoted(here)} -F`] : []),
      ];
    }),
  ];
  return `# Completion of sluice for fish. ${NOTE}

complete -c sluice -f
${lines.join("\n")}
`;
}

function fishOption({ names, argument, text }: HelpEntry, condition: string): string {
  const flags = names.map((name) =>
    name.startsWith("--") ? `-l ${name.slice(2)}` : `-s ${quoted(name.slice(1))}`,
  );
  const isFile = FILE_ARGUMENTS.includes(argument ?? "");
  const value = argument === undefined ? "" : isFile ? " -r -F" : " -x";
  const words = quoted(firstSentence(text));
  return `complete -c sluice -n ${quoted(condition)} ${flags.join(" ")}${value} -d ${words}`;
}

function firstSentence(text: string): string {
  return text.split(/\. |\.$/)[0] ?? text;
}

/** In single quotes of a shell. */
function quoted(words: string): string {
  return `'${words.replaceAll("'", "’")}'`;
}
