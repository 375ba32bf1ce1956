/**
 * Shortcuts for tests that load configurations.
 *
 * @module
 */

import { ConfigError, formatConfigIssue } from "../../src/base/errors.ts";
import type { Environment } from "../../src/config/environment.ts";
import { type LoadedConfig, loadConfig } from "../../src/config/load-config.ts";

/** What a test may add to the text. */
export interface TestOptions {
  readonly environment?: Environment;
  /** Files that can be included, by path. */
  readonly files?: Readonly<Record<string, string>>;
}

/** Loads `text` as the file at `path`. */
export function load(path: string, text: string, options: TestOptions = {}): LoadedConfig {
  const { environment = {}, files = {} } = options;
  const readText = (file: string): string => {
    const found = files[file];
    if (found === undefined) throw new Error("no such file");
    return found;
  };
  return loadConfig({ source: { path, text }, environment, readText });
}

/** Loads YAML. */
export function loadYaml(text: string, options: TestOptions = {}): LoadedConfig {
  return load("a.yaml", text, options);
}

/** Loads SRS's format. */
export function loadSrs(text: string, options: TestOptions = {}): LoadedConfig {
  return load("a.conf", text, options);
}

/** Loads without a file. */
export function loadEnvironment(environment: Environment): LoadedConfig {
  return loadConfig({ source: undefined, environment, readText: () => "" });
}

/** The faults that `run` finds, one line each. */
export function faultsOf(run: () => unknown): string[] {
  try {
    run();
  } catch (error) {
    if (error instanceof ConfigError) return error.issues.map(formatConfigIssue);
    throw error;
  }
  return [];
}
