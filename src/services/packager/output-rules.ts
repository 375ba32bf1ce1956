/**
 * Which outputs a stream has, by its vhost's configuration.
 *
 * @module
 */

import type { StreamName } from "../../base/stream-name.ts";
import { CmafOutput } from "./cmaf/cmaf-output.ts";
import { createDisposal, joinDisposals } from "./disposal.ts";
import { HdsOutput } from "./hds/hds-output.ts";
import type { OutputRules } from "./output.ts";
import type { OutputPorts } from "./output-ports.ts";
import { TsOutput } from "./ts/ts-output.ts";
import type { VhostPackaging } from "./vhost-packaging.ts";

/** SRS has no setting for this; that of HLS is as long unless it is set. */
const HDS_DISPOSE_MS = 120_000;

export function listOutputRules(
  name: StreamName,
  packaging: VhostPackaging,
  ports: OutputPorts,
): OutputRules[] {
  const all = [
    tsRules(name, packaging, ports),
    cmafRules(name, packaging, ports),
    dashRules(name, packaging, ports),
    hdsRules(name, packaging, ports),
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
    disposeMs: createDisposal(hlsDispose).afterMs,
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
  const dashFiles = shared?.config.dashStorage === "both" ? shared : undefined;
  const own = createDisposal(config.dispose);
  const disposal =
    dashFiles === undefined
      ? own
      : joinDisposals(own, createDisposal(dashFiles.config.dashDispose));
  return {
    name: "cmaf",
    isOnDemand: config.onDemand && config.storage === "memory" && dashFiles === undefined,
    disposeMs: disposal.afterMs,
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
    disposeMs: createDisposal(config.dashDispose).afterMs,
    create: (start) =>
      new CmafOutput({ name, settings, paths, hls: undefined, dash, ...start }, ports),
  };
}

function hdsRules(
  name: StreamName,
  { hds: config }: VhostPackaging,
  ports: OutputPorts,
): OutputRules | undefined {
  if (config === undefined) return undefined;
  return {
    name: "hds",
    isOnDemand: false,
    disposeMs: HDS_DISPOSE_MS,
    create: (start) => new HdsOutput({ name, config, ...start }, ports),
  };
}
