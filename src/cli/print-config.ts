/**
 * `sluice config`: gives away the configurations that the program carries.
 *
 * @module
 */

import { SystemError } from "../base/errors.ts";
import { quote } from "../config/quote.ts";
import type { Runtime } from "../runtime/runtime.ts";
import { UsageError } from "./arguments.ts";
import { type ConfigName, isConfigName, type ReadConfig } from "./built-in-configs.ts";

export const CONFIG_HELP = `Usage: sluice config [default|demo|full] [-o OUTPUT]

Writes a configuration that is inside of the program:

  default             What \`sluice\` starts with if it is given none.
  demo                What \`sluice --demo\` starts with: the same with a test picture.
  full                Every setting with its default, to read and to copy from.

  -o OUTPUT           Write to this file, which must not exist. Default: standard output.
`;

interface PrintConfigOptions {
  readonly name: ConfigName;
  readonly output: string | undefined;
}

/** @throws {UsageError | SystemError} */
export async function runPrintConfig(
  typed: readonly string[],
  { files, host }: Runtime,
  readConfig: ReadConfig,
): Promise<void> {
  const options = parsePrintConfig(typed);
  if (options === undefined) return host.print(CONFIG_HELP);
  const { name, output } = options;
  const text = readConfig(name);
  if (output === undefined) return host.print(text);
  try {
    const file = await files.open(output, "new");
    await file.write(new TextEncoder().encode(text));
    await file.close();
  } catch (error) {
    throw error instanceof SystemError && error.code === "EEXIST" ? existing(output) : error;
  }
}

function existing(path: string): SystemError {
  return new SystemError("EEXIST", `Cannot write ${quote(path)}: it exists`);
}

/**
 * @returns `undefined` if help was asked for.
 * @throws {UsageError}
 */
export function parsePrintConfig(typed: readonly string[]): PrintConfigOptions | undefined {
  let name: ConfigName | undefined;
  let output: string | undefined;
  for (let i = 0; i < typed.length; i++) {
    const word = typed[i] ?? "";
    if (word === "-h" || word === "--help") return undefined;
    if (word === "-o") {
      i += 1;
      output = typed[i];
      if (output === undefined) throw new UsageError("Cannot use option -o: it needs a file");
    } else if (name === undefined && isConfigName(word)) name = word;
    else throw new UsageError(`Cannot understand "${word}"`);
  }
  return { name: name ?? "default", output };
}
