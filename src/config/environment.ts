/**
 * Environment variables: `SRS_HTTP_API_LISTEN` or `SLUICE_HTTP_API_LISTEN` over `http_api.listen`.
 * A variable for a vhost applies to every vhost.
 *
 * @module
 */

import type { Findings } from "./findings.ts";
import type { RawWords } from "./raw-value.ts";
import type { Block, Setting } from "./settings/setting.ts";
import { suggest } from "./suggest.ts";
import { walkSettings } from "./walk-settings.ts";

export type Environment = Readonly<Record<string, string | undefined>>;

/** Variables that other parts of the server read, or that SRS knows and this server has no use for. */
const OTHER_NAMES = [
  "SRS_CONFIG_FILE",
  "SLUICE_CONFIG_FILE",
  "SRS_ENV_ONLY",
  "SLUICE_ENV_ONLY",
  "SRS_DEVICE_IP",
  "SLUICE_DEVICE_IP",
  "SLUICE_WORKER",
  "SLUICE_WORKER_SOCKET",
  "SLUICE_SIGN_SECRET",
  "SRS_PLATFORM",
  "SRS_REGION",
  "SRS_SOURCE",
];

/** What Kubernetes sets in every container for a service whose name begins with srs or sluice. */
const KUBERNETES =
  /_(SERVICE_HOST|SERVICE_PORT(_.+)?|PORT(_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)?)$/;

const VARIABLE = /^(SRS|SLUICE)_/;

/** Whether there is any variable that may set something. */
export function hasVariables(environment: Environment): boolean {
  return Object.keys(environment).some((name) => VARIABLE.test(name));
}

/** The variables of every setting in `table`, the strongest first. */
export function environmentNames(table: Block): Map<Setting, readonly string[]> {
  const located = [...walkSettings(table)];
  const own = new Set<string>();
  for (const { setting, blocks } of located) {
    if (setting.isOwn) for (const name of stems(setting, blocks)) own.add(`SLUICE_${name}`);
  }
  const names = new Map<Setting, readonly string[]>();
  for (const { setting, blocks } of located) {
    const all = stems(setting, blocks);
    const sluice = all.map((name) => `SLUICE_${name}`);
    // SRS_LOG_LEVEL has SRS's words for levels, SLUICE_LOG_LEVEL has ours.
    const free = setting.isOwn ? sluice : sluice.filter((name) => !own.has(name));
    names.set(setting, setting.isOwn ? free : [...free, ...all.map((name) => `SRS_${name}`)]);
  }
  return names;
}

/** Names without prefix. */
function stems(setting: Setting, blocks: readonly Block[]): readonly string[] {
  if (blocks.some((block) => block.hasNoEnv)) return [];
  const path = [...blocks.slice(1).map((block) => block.srsName ?? block.name), setting.name];
  return setting.env ?? [path.join("_").toUpperCase()];
}

/** Finds the variable that sets `setting`. Empty variables count as absent, as in SRS. */
export function readEnvironment(
  setting: Setting,
  names: readonly string[],
  environment: Environment,
): RawWords | undefined {
  for (const name of names) {
    const text = environment[name]?.trim() ?? "";
    if (text === "") continue;
    const { kind } = setting.type;
    const words = kind === "endpoints" || kind === "strings" ? text.split(/\s+/) : [text];
    const place = { source: name, line: undefined };
    return { kind: "words", place, words, isStrict: name.startsWith("SLUICE_") };
  }
  return undefined;
}

/** Replaces words such as `$CANDIDATE` by what the variable holds. */
export function resolveReferences(
  words: readonly string[],
  environment: Environment,
): readonly string[] {
  return words.flatMap((word) => {
    if (!word.startsWith("$")) return [word];
    const name = word.slice(1);
    const text = Object.hasOwn(environment, name) ? environment[name] : undefined;
    return (text ?? "").split(/\s+/).filter((part) => part !== "");
  });
}

/** Warns about variables that look like settings and are none. Their values stay untold. */
export function warnUnknownVariables(
  environment: Environment,
  names: ReadonlyMap<Setting, readonly string[]>,
  findings: Findings,
): void {
  const known = new Set([...[...names.values()].flat(), ...OTHER_NAMES]);
  for (const name of Object.keys(environment)) {
    if (!VARIABLE.test(name) || known.has(name) || KUBERNETES.test(name)) continue;
    const near = suggest(name, known);
    const hint = near === undefined ? "" : `, did you mean ${near}?`;
    findings.warn({ source: name, line: undefined }, "", `Unknown variable, ignored${hint}`);
  }
}
