/**
 * How the streams of a vhost are packaged, as its configuration says.
 *
 * @module
 */

import type { CmafConfig, DashConfig, HlsConfig, VhostConfig } from "../../config/vhost-config.ts";
import type { CmafSettings } from "./cmaf/cmaf-packager.ts";
import { CmafPaths } from "./cmaf/cmaf-paths.ts";
import { Programmes } from "./programmes.ts";
import { TsNames } from "./ts/ts-names.ts";

const SECOND_MS = 1_000;
/** What a DASH packager of its own may hold; `cmaf.window_bytes` is for the one of `cmaf`. */
const DASH_WINDOW_SIZE_MAX = 512 * 1024 * 1024;

export interface TsRules {
  readonly config: HlsConfig;
  readonly names: TsNames;
}

export interface CmafRules {
  readonly config: CmafConfig;
  readonly settings: CmafSettings;
  readonly paths: CmafPaths;
}

export interface DashRules {
  readonly config: DashConfig;
  /** Of its own packager; `undefined`: the manifest is of the segments of `cmaf`. */
  readonly settings: CmafSettings | undefined;
  /** Of the manifest, and of the segments of its own packager. */
  readonly paths: CmafPaths;
}

export interface VhostPackaging {
  readonly vhost: string;
  /** Dates in names are in UTC, not in local time. */
  readonly isUtc: boolean;
  readonly ts: TsRules | undefined;
  readonly cmaf: CmafRules | undefined;
  readonly dash: DashRules | undefined;
  readonly programmes: Programmes;
}

/** @returns `undefined` if the vhost packages nothing. */
export function createVhostPackaging(
  vhost: string,
  config: VhostConfig,
  isUtc: boolean,
): VhostPackaging | undefined {
  const { hls, cmaf, dash } = config;
  if (!config.enabled || !(hls.enabled || cmaf.enabled || dash.enabled)) return undefined;
  return {
    vhost,
    isUtc,
    ts: hls.enabled ? { config: hls, names: new TsNames(hls) } : undefined,
    cmaf: cmaf.enabled ? createCmafRules(cmaf) : undefined,
    dash: dash.enabled ? createDashRules(dash, cmaf) : undefined,
    programmes: new Programmes(hls.hlsVariants),
  };
}

function createCmafRules(config: CmafConfig): CmafRules {
  return {
    config,
    paths: new CmafPaths(config.playlist),
    settings: {
      segmentMs: config.segmentDuration * SECOND_MS,
      partMs: config.lowLatency ? config.partDuration * SECOND_MS : undefined,
      windowMs: config.window * SECOND_MS,
      windowSizeMax: config.windowBytes,
    },
  };
}

function createDashRules(config: DashConfig, cmaf: CmafConfig): DashRules {
  const isShared = cmaf.enabled && cmaf.segmentDuration === config.dashFragment;
  const segmentMs = config.dashFragment * SECOND_MS;
  const settings: CmafSettings = {
    segmentMs,
    partMs: undefined,
    windowMs: segmentMs * config.dashWindowSize,
    windowSizeMax: DASH_WINDOW_SIZE_MAX,
  };
  const paths = new CmafPaths(config.dashMpdFile);
  return { config, settings: isShared ? undefined : settings, paths };
}
