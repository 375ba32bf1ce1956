/**
 * Which outputs a stream has, by its vhost's configuration.
 *
 * @module
 */

import type { StreamName } from "../../base/stream-name.ts";
import { CmafOutput } from "./cmaf/cmaf-output.ts";
import type { OutputRules } from "./output.ts";
import type { OutputPorts } from "./output-ports.ts";
import { TsOutput } from "./ts/ts-output.ts";
import type { VhostPackaging } from "./vhost-packaging.ts";

/** How long an ended stream is kept in memory whose files are kept for ever. */
const FORGET_MS = 120_000;
const SECOND_MS = 1_000;

export function listOutputRules(
  name: StreamName,
  packaging: VhostPackaging,
  ports: OutputPorts,
): OutputRules[] {
  const all = [
    tsRules(name, packaging, ports),
    cmafRules(name, packaging, ports),
    dashRules(name, packaging, ports),
  ];
  return all.filter((rules) => rules !== undefined);
}

function tsRules(
  name: StreamName,
  { ts: rules, isUtc }: VhostPackaging,
  ports: OutputPorts,
): OutputRules | undefined {
  if (rules === undefined) return undefined;
  const { hlsStorage, hlsOnDemand, hlsDispose } = rules.config;
  return {
    name: "ts",
    isOnDemand: hlsOnDemand && hlsStorage === "memory",
    ...disposal(hlsDispose),
    create: (start) => new TsOutput({ name, rules, isUtc, ...start }, ports),
  };
}

function cmafRules(
  name: StreamName,
  { cmaf: hls, dash }: VhostPackaging,
  ports: OutputPorts,
): OutputRules | undefined {
  if (hls === undefined) return undefined;
  const { settings, paths, config } = hls;
  const shared = dash?.settings === undefined ? dash : undefined;
  const isWritten = config.storage !== "memory" || shared?.config.dashStorage === "both";
  return {
    name: "cmaf",
    isOnDemand: config.onDemand && !isWritten,
    ...disposal(config.dispose),
    create: (start) =>
      new CmafOutput({ name, settings, paths, hls, dash: shared, ...start }, ports),
  };
}

function dashRules(
  name: StreamName,
  { dash }: VhostPackaging,
  ports: OutputPorts,
): OutputRules | undefined {
  const settings = dash?.settings;
  if (dash === undefined || settings === undefined) return undefined;
  const { paths, config } = dash;
  return {
    name: "dash",
    isOnDemand: config.dashStorage === "memory",
    ...disposal(config.dashDispose),
    create: (start) =>
      new CmafOutput({ name, settings, paths, hls: undefined, dash, ...start }, ports),
  };
}

/** @param seconds 0: files are kept. */
function disposal(seconds: number): Pick<OutputRules, "disposeMs" | "isFilesKept"> {
  const disposeMs = seconds === 0 ? FORGET_MS : seconds * SECOND_MS;
  return { disposeMs, isFilesKept: seconds === 0 };
}
