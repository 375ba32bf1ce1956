/**
 * The configuration's file, and those that it includes.
 *
 * @module
 */

import { type LoadedConfig, loadConfig } from "../config/load-config.ts";
import type { Runtime } from "../runtime/runtime.ts";

export class ConfigFile {
  readonly #path: string | undefined;
  readonly #runtime: Pick<Runtime, "files" | "host">;
  /** Relative paths start there, also when the server has gone to another folder. */
  readonly #folder: string;
  #paths: readonly string[] = [];

  /** @param path Absent: the configuration is in the environment alone. */
  constructor(path: string | undefined, runtime: Pick<Runtime, "files" | "host">) {
    this.#runtime = runtime;
    this.#folder = runtime.host.workingFolder();
    this.#path = path;
  }

  /** Of all files that made up the configuration when it was last read. */
  get paths(): readonly string[] {
    return this.#paths;
  }

  /** @throws {ConfigError | SystemError} */
  load(): LoadedConfig {
    const { files, host } = this.#runtime;
    const paths: string[] = [];
    const readText = (path: string): string => {
      const whole = path.startsWith("/") ? path : `${this.#folder}/${path}`;
      paths.push(whole);
      return files.readTextSync(whole);
    };
    const path = this.#path;
    const source = path === undefined ? undefined : { path, text: readText(path) };
    const loaded = loadConfig({ source, environment: host.environment, readText });
    this.#paths = paths;
    return loaded;
  }
}
