/**
 * `sluice health`: asks the server whether it does its work, for health checks of containers, in which
 * there is nothing else to ask by.
 *
 * @module
 */

import { checkHealth, type Health } from "../app/check-health.ts";
import { ConfigError, SystemError } from "../base/errors.ts";
import type { Files, Runtime } from "../runtime/runtime.ts";
import { type ConfigChoice, parseArguments, UsageError } from "./arguments.ts";
import type { ReadConfig } from "./built-in-configs.ts";
import { ConfigFile } from "./config-file.ts";

const EXIT_ILL = 1;

export const HEALTH_HELP = `Usage: sluice health [-c FILE | -e | --demo | --pid PID]

Asks the server on this machine whether it does its work: GET /healthz on the port of the HTTP API, else
on another HTTP port; without any, whether it takes connections.

  -c FILE             The configuration that the server was started with; default as when starting.
  -e, --demo          Likewise, of a server that was started with one of these.
  --pid PID           The server is this process: take its command line. In a container that is 1.

Exits with 0 if it does, else with 1.
`;

/** @returns The exit code. @throws {UsageError} */
export async function runHealth(
  typed: readonly string[],
  runtime: Runtime,
  readConfig: ReadConfig,
): Promise<number> {
  const { host } = runtime;
  if (typed.includes("-h") || typed.includes("--help")) {
    host.print(HEALTH_HELP);
    return 0;
  }
  const { isWell, text } = await look(typed, runtime, readConfig);
  host.print(`${text}\n`, isWell ? "stdout" : "stderr");
  return isWell ? 0 : EXIT_ILL;
}

async function look(
  typed: readonly string[],
  runtime: Runtime,
  readConfig: ReadConfig,
): Promise<Health> {
  const { environment } = runtime.host;
  const isProcess = typed[0] === "--pid";
  let isThere = false;
  try {
    const choice = isProcess
      ? choiceOfProcess(parsePid(typed), runtime.files, environment)
      : choiceOf(typed, environment);
    isThere = isProcess;
    const builtIn = choice.builtIn && readConfig(choice.builtIn);
    const { config } = new ConfigFile(choice.file, runtime, builtIn).load();
    isThere = false;
    return await checkHealth(config, runtime);
  } catch (error) {
    if (!(error instanceof ConfigError || error instanceof SystemError)) throw error;
    // The server, which is there, goes on with the configuration that it has, and whoever starts it
    // again because of a file that has been spoilt meanwhile would be left without any.
    return isThere
      ? { isWell: true, text: `The server runs; it cannot be asked: ${error.message}` }
      : { isWell: false, text: error.message };
  }
}

/** @throws {UsageError} */
function parsePid(typed: readonly string[]): string {
  const [, pid = "", more] = typed;
  if (!/^[1-9]\d{0,9}$/.test(pid) || more !== undefined) {
    throw new UsageError("Cannot use option --pid: expected the id of a process and nothing else");
  }
  return pid;
}

/** @throws {UsageError} */
function choiceOf(
  typed: readonly string[],
  environment: Readonly<Record<string, string>>,
): ConfigChoice {
  const command = parseArguments(typed, environment);
  if (command.name === "run") return command;
  throw new UsageError("Cannot check health: expected a configuration, or --pid and an id");
}

/**
 * What the process was told behind the name of its program, which may itself stand behind that of
 * another one that started it, such as `docker-init --`.
 *
 * @throws {SystemError} If there is no such process.
 */
function choiceOfProcess(
  pid: string,
  files: Pick<Files, "readTextSync">,
  environment: Readonly<Record<string, string>>,
): ConfigChoice {
  const words = files.readTextSync(`/proc/${pid}/cmdline`).split("\0").slice(0, -1);
  for (let from = 1; from < words.length; from++) {
    try {
      return choiceOf(words.slice(from), environment);
    } catch (error) {
      if (!(error instanceof UsageError)) throw error;
    }
  }
  return choiceOf([], environment);
}
