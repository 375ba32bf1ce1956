/**
 * The command line, with SRS's option letters.
 *
 * @module
 */

import type { ConfigName } from "./built-in-configs.ts";

export type Command =
  | { readonly name: "help" }
  /** `isLong`: with the commit and the runtime. */
  | { readonly name: "version"; readonly isLong?: true }
  | { readonly name: "signature" }
  /** Only test the configuration. */
  | ({ readonly name: "test" } & ConfigChoice)
  /** Start; `isForeground`: never go to the background. */
  | ({ readonly name: "run"; readonly isForeground: boolean } & ConfigChoice)
  /** Measure a server, look at the machine, and so on; `arguments` are what was typed behind it. */
  | { readonly name: Subcommand; readonly arguments: readonly string[] };

/** Which configuration is asked for. */
export interface ConfigChoice {
  /** Absent: the one inside that `builtIn` names, else environment variables alone. */
  readonly file: string | undefined;
  readonly builtIn?: ConfigName;
}

type Subcommand = (typeof SUBCOMMANDS)[number];

/** The command line cannot be understood. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** Set to run by environment variables alone, as `-e` does. */
const ENVIRONMENT_ONLY = ["SLUICE_ENV_ONLY", "SRS_ENV_ONLY"];
/** Set to use that file in place of the one behind `-c`. */
const CONFIG_FILE = ["SLUICE_CONFIG_FILE", "SRS_CONFIG_FILE"];

const SUBCOMMANDS = [
  "bench",
  "config",
  "doctor",
  "hash-password",
  "health",
  "import",
  "sign-url",
] as const;

const LETTERS: ReadonlyMap<string, string> = new Map([
  ["--help", "h"],
  ["--version", "version"],
  ["--demo", "demo"],
  ["-?", "h"],
  ["-h", "h"],
  ["-v", "v"],
  ["-V", "v"],
  ["-g", "g"],
  ["-G", "g"],
  ["-t", "t"],
  ["-e", "e"],
  ["-c", "c"],
  ["--foreground", "f"],
]);

/**
 * Parses what was typed behind the program's name.
 *
 * @throws {UsageError}
 */
export function parseArguments(
  typed: readonly string[],
  environment: Readonly<Record<string, string>>,
): Command {
  const subcommand = SUBCOMMANDS.find((name) => name === typed[0]);
  if (subcommand !== undefined) return { name: subcommand, arguments: typed.slice(1) };
  const { given, file } = readOptions(typed);
  if (given.has("h")) return { name: "help" };
  if (given.has("version")) return { name: "version", isLong: true };
  if (given.has("v")) return { name: "version" };
  if (given.has("g")) return { name: "signature" };
  const choice = given.has("demo")
    ? chooseDemo(given)
    : chooseConfig(file, given.has("e"), environment);
  if (given.has("t")) return { name: "test", ...choice };
  return { name: "run", isForeground: given.has("f"), ...choice };
}

function chooseDemo(given: ReadonlySet<string>): ConfigChoice {
  if (!given.has("c") && !given.has("e")) return { file: undefined, builtIn: "demo" };
  throw new UsageError("Cannot use option --demo with -c or -e: it is a configuration itself");
}

/** @returns The letters, and the first file behind `-c`. */
function readOptions(typed: readonly string[]): {
  readonly given: ReadonlySet<string>;
  readonly file: string | undefined;
} {
  const given = new Set<string>();
  let file: string | undefined;
  for (let i = 0; i < typed.length; i++) {
    const argument = typed[i] ?? "";
    const letter = LETTERS.get(argument);
    if (letter === undefined) throw new UsageError(`Cannot understand option "${argument}"`);
    given.add(letter);
    if (letter !== "c") continue;
    i += 1;
    const value = typed[i];
    if (value === undefined) throw new UsageError("Cannot use option -c: it needs a file");
    file ??= value;
  }
  return { given, file };
}

/**
 * @param typed Behind `-c`.
 * @param isWithout Whether `-e` was typed: there is to be no file.
 */
export function chooseConfig(
  typed: string | undefined,
  isWithout: boolean,
  environment: Readonly<Record<string, string>>,
): ConfigChoice {
  if (isWithout || isEnvironmentOnly(environment)) return { file: undefined };
  const file = CONFIG_FILE.map((name) => environment[name]).find((value) => value) ?? typed;
  return file === undefined ? { file, builtIn: "default" } : { file };
}

function isEnvironmentOnly(environment: Readonly<Record<string, string>>): boolean {
  return ENVIRONMENT_ONLY.some((name) => environment[name] === "on");
}

export const HELP = `Usage: sluice [-h|-v|-g|-e|--demo] | [-t] [-c FILE]
       sluice bench|config|doctor|hash-password|health|import|sign-url ...

Options:
  -?, -h, --help      Show this help and exit.
  -v, -V              Show the version and exit.
  --version           Show the version, the commit and the runtime and exit.
  -g, -G              Show the server's signature and exit.
  -e                  Use environment variables only, no configuration file.
  -t                  Test the configuration, exit with 0 if it is good.
  -c FILE             Start with this configuration, YAML or SRS's own format.
                      Default: the one that \`sluice config\` shows.
  --demo              Start with a test picture, to be seen at http://localhost:8080/.
  --foreground        Stay in the foreground, whatever \`daemon\` is.
  bench               Measure a server with publishers and players: sluice bench -h
  config              Write a configuration that is inside: sluice config -h
  doctor              Look for what would keep the server from its work: sluice doctor -h
  hash-password       Hash a password for the configuration: sluice hash-password -h
  health              Ask a running server whether it does its work: sluice health -h
  import              Write the YAML that does what SRS's file does: sluice import -h
  sign-url            Sign a URL to publish or play by: sluice sign-url -h

Signals:
  TERM, INT           Stop at once.
  QUIT                Stop when the last viewer and publisher have left, or after a TERM.
  HUP                 Read the configuration anew.
  USR1                Open the log file anew.

Examples:
  sluice config -o sluice.yaml
  sluice -c conf/sluice.yaml
  sluice -t -c /usr/local/srs/conf/srs.conf
  sluice import /usr/local/srs/conf/srs.conf -o sluice.yaml
  sluice doctor -c sluice.yaml
  SRS_LISTEN=1935 SRS_HTTP_SERVER_ENABLED=on sluice -e
`;
