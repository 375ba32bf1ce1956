/**
 * The configuration of a server inside of another program, from where that program says it is.
 *
 * @module
 */

import type { Config } from "../config/config.ts";
import type { ConfigInput } from "../config/config-input.ts";
import { type LoadedConfig, loadConfig } from "../config/load-config.ts";
import type { Files } from "../runtime/runtime.ts";
import type { ServerOptions } from "./server-options.ts";

/** Reads `config`, or the file where it is absent. @throws {ConfigError | SystemError} */
export function readHostConfig(
  config: ConfigInput | undefined,
  { configFile, environment = {} }: ServerOptions,
  files: Pick<Files, "readTextSync">,
): LoadedConfig {
  const readText = (path: string): string => files.readTextSync(path);
  const source =
    config === undefined && configFile !== undefined
      ? { path: configFile, text: readText(configFile) }
      : { value: config ?? {} };
  const { config: read, warnings } = loadConfig({ source, environment, readText });
  // SRS's default is a file, which tells of a process that is the server.
  const own = Object.freeze({ ...read, pid: "" });
  return { config: own, warnings: [...warnings, ...unused(read)] };
}

/** What is for a program that is a server and nothing else. */
function unused({ workers, workDir }: Config): string[] {
  const names = [...(workers === "1" ? [] : ["workers"]), ...(workDir === "" ? [] : ["work_dir"])];
  return names.map((name) => `${name}: Not used by a server inside of another program`);
}
