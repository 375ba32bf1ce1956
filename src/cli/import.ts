/**
 * `sluice import`: writes the YAML configuration that does what a file in SRS's format does.
 *
 * @module
 */

import { ConfigError, SystemError } from "../base/errors.ts";
import { formatReport, losesSomething } from "../config/import/format-report.ts";
import { importSrs } from "../config/import/import-srs.ts";
import { detectFormat } from "../config/load-config.ts";
import { quote } from "../config/quote.ts";
import type { Files, Runtime } from "../runtime/runtime.ts";
import { UsageError } from "./arguments.ts";

/** The file cannot be imported, or the result cannot be written. */
const EXIT_FAILED = 1;
const FLAGS = ["--force", "--strict", "--verbose"];
const STANDARD_OUTPUT = "-";

export const IMPORT_HELP = `Usage: sluice import FILE [-o OUTPUT] [--force] [--strict] [--verbose]

Writes the YAML configuration that does what FILE, in SRS's format, does. What has become of each
directive is told on standard error, and what needs attention at the top of the output too.

  -o OUTPUT           Write to this file, which must not exist. Default: standard output.
  --force             Replace OUTPUT.
  --strict            Write nothing and exit with 1 if anything is lost or not there yet.
  --verbose           Tell of the directives too that are carried over as they were.

Exits with 0 if the configuration was written, else with 1.
`;

interface ImportOptions {
  readonly input: string;
  readonly output: string;
  readonly flags: ReadonlySet<string>;
}

/** @returns The exit code. @throws {UsageError} */
export async function runImport(typed: readonly string[], runtime: Runtime): Promise<number> {
  const { host } = runtime;
  const options = parseImport(typed);
  if (options === undefined) {
    host.print(IMPORT_HELP);
    return 0;
  }
  try {
    return await importFile(options, runtime);
  } catch (error) {
    if (!(error instanceof ConfigError || error instanceof SystemError)) throw error;
    host.print(`${error.message}\n`, "stderr");
    return EXIT_FAILED;
  }
}

/**
 * @returns `undefined` if help was asked for.
 * @throws {UsageError}
 */
export function parseImport(typed: readonly string[]): ImportOptions | undefined {
  if (typed.includes("-h") || typed.includes("--help")) return undefined;
  const flags = new Set<string>();
  const inputs: string[] = [];
  let output = STANDARD_OUTPUT;
  for (let i = 0; i < typed.length; i++) {
    const word = typed[i] ?? "";
    if (FLAGS.includes(word)) flags.add(word);
    else if (word === "-o") {
      i += 1;
      const value = typed[i];
      if (value === undefined) throw new UsageError("Cannot use option -o: it needs a file");
      output = value;
    } else if (word.startsWith("-")) throw new UsageError(`Cannot understand option "${word}"`);
    else inputs.push(word);
  }
  const [input] = inputs;
  if (input === undefined || inputs.length > 1) {
    throw new UsageError("Cannot import: expected one file, such as /usr/local/srs/conf/srs.conf");
  }
  return { input, output, flags };
}

async function importFile(options: ImportOptions, { files, host }: Runtime): Promise<number> {
  const { input, output, flags } = options;
  const text = await files.readText(input);
  if (detectFormat({ path: input, text }) === "yaml") {
    throw new SystemError("EINVAL", `Cannot import ${quote(input)}: it is YAML already`);
  }
  const isForced = flags.has("--force");
  if (!isForced && output !== STANDARD_OUTPUT && (await files.stat(output)) !== undefined) {
    throw existing(output);
  }
  const readText = (path: string): string => readIncluded(path, input, files);
  const { yaml, report } = importSrs({ path: input, text, readText });
  host.print(formatReport(report, flags.has("--verbose")), "stderr");
  if (flags.has("--strict") && losesSomething(report)) {
    host.print("\nNothing is written, as not all of it can be carried over.\n", "stderr");
    return EXIT_FAILED;
  }
  if (output === STANDARD_OUTPUT) host.print(yaml);
  else {
    await write(output, yaml, isForced, files);
    host.print(`\nWritten to ${output}. Next: sluice doctor -c ${output}\n`, "stderr");
  }
  return 0;
}

/** SRS looks in the folder that it is started in, which is mostly the one above that of the file. */
function readIncluded(path: string, input: string, files: Files): string {
  if (path.startsWith("/")) return files.readTextSync(path);
  const folder = folderOf(input);
  for (const place of [path, `${folder}/../${path}`]) {
    try {
      return files.readTextSync(place);
    } catch (error) {
      if (!(error instanceof SystemError)) throw error;
    }
  }
  return files.readTextSync(`${folder}/${path}`);
}

function folderOf(path: string): string {
  const end = path.lastIndexOf("/");
  return end === -1 ? "." : path.slice(0, Math.max(end, 1));
}

async function write(path: string, text: string, isForced: boolean, files: Files): Promise<void> {
  if (isForced) {
    await files.write(path, text);
    return;
  }
  try {
    const file = await files.open(path, "new");
    await file.write(new TextEncoder().encode(text));
    await file.close();
  } catch (error) {
    throw error instanceof SystemError && error.code === "EEXIST" ? existing(path) : error;
  }
}

function existing(path: string): SystemError {
  return new SystemError("EEXIST", `Cannot write ${quote(path)}: it exists, use --force`);
}
