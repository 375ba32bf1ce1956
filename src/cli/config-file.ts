/**
 * The configuration's file, and those that it includes.
 *
 * @module
 */

import { type LoadedConfig, loadConfig } from "../config/load-config.ts";
import type { ReadText } from "../config/srs/directives.ts";
import type { Runtime } from "../runtime/runtime.ts";

/** What messages call the configuration inside; its extension says what it is written in. */
const BUILT_IN = "built-in.yaml";

export class ConfigFile {
  readonly #path: string | undefined;
  readonly #builtIn: string | undefined;
  readonly #runtime: Pick<Runtime, "files" | "host">;
  /** Relative paths start there, also when the server has gone to another folder. */
  readonly #folder: string;
  #paths: readonly string[] = [];

  /**
   * @param path Absent: the configuration is the one inside, or in the environment alone.
   * @param builtIn The text of the one inside, in YAML.
   */
  constructor(
    path: string | undefined,
    runtime: Pick<Runtime, "files" | "host">,
    builtIn?: string,
  ) {
    this.#builtIn = builtIn;
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
    const source = this.#readSource(readText);
    const loaded = loadConfig({ source, environment: host.environment, readText });
    this.#paths = paths;
    return loaded;
  }

  #readSource(readText: ReadText): { readonly path: string; readonly text: string } | undefined {
    const path = this.#path;
    if (path !== undefined) return { path, text: readText(path) };
    return this.#builtIn === undefined ? undefined : { path: BUILT_IN, text: this.#builtIn };
  }
}
