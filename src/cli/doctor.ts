/**
 * `sluice doctor`: looks for what would keep a server from its work, and says what to do.
 *
 * @module
 */

import { examine } from "../app/doctor/examine.ts";
import { type DoctorFinding, findingsOf } from "../app/doctor/finding.ts";
import { formatFindings, hasProblem } from "../app/doctor/format-findings.ts";
import { ConfigError, formatConfigIssue, SystemError } from "../base/errors.ts";
import type { Config } from "../config/config.ts";
import type { Runtime } from "../runtime/runtime.ts";
import { type ConfigChoice, chooseConfig, UsageError } from "./arguments.ts";
import type { ReadConfig } from "./built-in-configs.ts";
import { ConfigFile } from "./config-file.ts";

const EXIT_PROBLEM = 1;

export const DOCTOR_HELP = `Usage: sluice doctor [-c FILE | -e] [--json]

Looks for what would keep a server with this configuration from its work: limits, ports, folders,
disks, certificates, the clock, FFmpeg, addresses, and servers that the configuration names. Says in
a line each what is ok, what to mind (warning), and what has to be done (problem).

Run it as the user that the server runs as, in the folder that it is started in. It opens the ports
for a moment, creates a folder for a moment wherever the server is to write, and connects to the
servers that are named without sending them anything.

  -c FILE             The configuration. Default: the one that \`sluice config\` shows.
  -e                  The configuration is in environment variables alone.
  --json              One object of JSON instead of lines.

Exits with 1 if there is a problem, else with 0.
`;

interface DoctorOptions extends ConfigChoice {
  readonly isJson: boolean;
}

/** @returns The exit code. @throws {UsageError} */
export async function runDoctor(
  typed: readonly string[],
  runtime: Runtime,
  readConfig: ReadConfig,
): Promise<number> {
  const { host } = runtime;
  const options = parseDoctor(typed, host.environment);
  if (options === undefined) {
    host.print(DOCTOR_HELP);
    return 0;
  }
  const findings = await look(options, runtime, readConfig);
  const isOk = !hasProblem(findings);
  host.print(options.isJson ? `${JSON.stringify({ isOk, findings })}\n` : formatFindings(findings));
  return isOk ? 0 : EXIT_PROBLEM;
}

/**
 * @returns `undefined` if help was asked for.
 * @throws {UsageError}
 */
export function parseDoctor(
  typed: readonly string[],
  environment: Readonly<Record<string, string>>,
): DoctorOptions | undefined {
  if (typed.includes("-h") || typed.includes("--help")) return undefined;
  let given: string | undefined;
  let isJson = false;
  let isWithout = false;
  for (let i = 0; i < typed.length; i++) {
    const word = typed[i] ?? "";
    if (word === "--json") isJson = true;
    else if (word === "-e") isWithout = true;
    else if (word === "-c") {
      i += 1;
      given = typed[i];
      if (given === undefined) throw new UsageError("Cannot use option -c: it needs a file");
    } else throw new UsageError(`Cannot understand option "${word}"`);
  }
  return { ...chooseConfig(given, isWithout, environment), isJson };
}

async function look(
  { file, builtIn }: ConfigChoice,
  runtime: Runtime,
  readConfig: ReadConfig,
): Promise<readonly DoctorFinding[]> {
  const { ok, warning, problem } = findingsOf("configuration");
  const configFile = new ConfigFile(file, runtime, builtIn && readConfig(builtIn));
  let config: Config;
  const found: DoctorFinding[] = [];
  try {
    const loaded = configFile.load();
    config = loaded.config;
    const name = file ?? (builtIn === undefined ? "The environment" : "What is built in");
    found.push(ok(`${name} can be used`), ...loaded.warnings.map(warning));
    if (config.workDir !== "") runtime.host.changeFolder(config.workDir);
  } catch (error) {
    if (error instanceof ConfigError) return error.issues.map(formatConfigIssue).map(problem);
    if (error instanceof SystemError) return [...found, problem(error.message)];
    throw error;
  }
  const [configPath] = configFile.paths;
  return [...found, ...(await examine({ config, runtime, configPath }))];
}
