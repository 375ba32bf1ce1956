/**
 * What the tests of packaging/ read it by.
 *
 * @module
 */

import { readFileSync } from "node:fs";
import { parseAllDocuments } from "yaml";
import type { Config } from "../../src/config/config.ts";
import { loadConfig } from "../../src/config/load-config.ts";
import { ROOT } from "../support/server.ts";

/** A node of a parsed file, of which tests know the shape. */
// biome-ignore lint/suspicious/noExplicitAny: what is missing fails the test that looks at it.
export type Parsed = any;

export function readFile(path: string): string {
  return readFileSync(`${ROOT}${path}`, "utf8");
}

/** All documents of a file. @throws {Error} If it is no YAML, or repeats a key. */
export function readDocuments(path: string): Parsed[] {
  const documents = parseAllDocuments(readFile(path), { strict: true, uniqueKeys: true });
  if (!Array.isArray(documents)) throw new Error(`${path} is empty`);
  return documents.map((document) => {
    const [problem] = [...document.errors, ...document.warnings];
    if (problem !== undefined) throw new Error(`${path}: ${problem.message}`);
    return document.toJS();
  });
}

/** @throws {Error} If it cannot be used, or is warned of. */
export function loadSluiceConfig(
  text: string,
  environment: Readonly<Record<string, string>>,
): Config {
  const source = { path: "sluice.yaml", text };
  const { config, warnings } = loadConfig({ source, environment, readText: () => "" });
  if (warnings.length > 0) throw new Error(warnings.join("\n"));
  return config;
}

/** Such as `1935/tcp`, in order. */
export function portsOf(config: Config): string[] {
  const { rtcServer } = config;
  const tcp = [
    ...config.listen,
    ...(config.httpServer.enabled ? config.httpServer.listen : []),
    ...(config.httpApi.enabled ? config.httpApi.listen : []),
    ...(rtcServer.enabled && rtcServer.tcp.enabled ? rtcServer.tcp.listen : []),
  ];
  const udp = rtcServer.enabled ? rtcServer.listen : [];
  return [
    ...tcp.map(({ port }) => `${port}/tcp`),
    ...udp.map(({ port }) => `${port}/udp`),
  ].toSorted();
}
