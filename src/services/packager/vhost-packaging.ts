/**
 * How the streams of a vhost are packaged, as its configuration says.
 *
 * @module
 */

import type {
  CmafConfig,
  DashConfig,
  HdsConfig,
  HlsConfig,
} from "../../config/packaging-config.ts";
import { isPlayGuarded } from "../../config/play-guard.ts";
import type { VhostConfig } from "../../config/vhost-config.ts";
import type { CmafSettings } from "./cmaf/cmaf-packager.ts";
import { CmafPaths } from "./cmaf/cmaf-paths.ts";
import { Programmes } from "./programmes.ts";
import { type TsMatch, TsNames } from "./ts/ts-names.ts";

const SECOND_MS = 1_000;
/** What a DASH packager of its own may hold; `cmaf.window_bytes` is for the one of `cmaf`. */
const DASH_WINDOW_SIZE_MAX = 512 * 1024 * 1024;

/** What outputs have in common. */
interface GuardRules {
  /** Nothing is given to who has no session: players must be let play to get one. */
  readonly isGuarded: boolean;
}

export interface TsRules extends GuardRules {
  readonly config: HlsConfig;
  readonly names: TsNames;
  /** What stands in front of names in URLs: where the folder is, seen from that of all files. */
  readonly urlPrefix: string;
  /** The stream that a path without its leading slash is of. */
  match(path: string): TsMatch | undefined;
}

export interface CmafRules extends GuardRules {
  readonly config: CmafConfig;
  readonly settings: CmafSettings;
  readonly paths: CmafPaths;
}

export interface DashRules extends GuardRules {
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
  /** Written to disk, and served from there like other files. */
  readonly hds: HdsConfig | undefined;
  readonly programmes: Programmes;
}

/** Whether DASH has the segments that `cmaf` has. */
export function isDashShared({ cmaf, dash }: Pick<VhostConfig, "cmaf" | "dash">): boolean {
  return cmaf.enabled && cmaf.segmentDuration === dash.dashFragment;
}

/** @returns `undefined` if the vhost packages nothing. */
export function createVhostPackaging(
  vhost: string,
  config: VhostConfig,
  server: { readonly isUtc: boolean; readonly htmlFolder: string },
): VhostPackaging | undefined {
  const isGuarded = isPlayGuarded(config);
  const hls = { ...config.hls, ...(isGuarded && { hlsCtx: true, hlsTsCtx: true }) };
  const cmaf = { ...config.cmaf, ...(isGuarded && { sessions: true, segmentSessions: true }) };
  const { dash, hds } = config;
  const isPackaged = hls.enabled || cmaf.enabled || dash.enabled || hds.enabled;
  if (!config.enabled || !isPackaged) return undefined;
  return {
    vhost,
    isUtc: server.isUtc,
    ts: hls.enabled ? createTsRules(hls, server.htmlFolder, isGuarded) : undefined,
    cmaf: cmaf.enabled ? createCmafRules(cmaf, isGuarded) : undefined,
    dash: dash.enabled ? createDashRules(dash, cmaf, isGuarded) : undefined,
    hds: hds.enabled ? hds : undefined,
    programmes: new Programmes(hls.hlsVariants),
  };
}

/**
 * SRS serves HLS as files: a folder of its own below that of all files is a part of the URL. One
 * elsewhere can be had here all the same.
 */
function createTsRules(config: HlsConfig, htmlFolder: string, isGuarded: boolean): TsRules {
  const names = new TsNames(config);
  const [root, path] = [`${trimPath(htmlFolder)}/`, `${trimPath(config.hlsPath)}/`];
  const urlPrefix = path.startsWith(root) ? path.slice(root.length) : "";
  return {
    config,
    isGuarded,
    names,
    urlPrefix,
    match: (url) =>
      url.startsWith(urlPrefix) ? names.match(url.slice(urlPrefix.length)) : undefined,
  };
}

/** Without `./` in front and a slash behind. */
function trimPath(path: string): string {
  return path.replace(/^(?:\.\/+)+/, "").replace(/\/+$/, "");
}

function createCmafRules(config: CmafConfig, isGuarded: boolean): CmafRules {
  return {
    config,
    isGuarded,
    paths: new CmafPaths(config.playlist),
    settings: {
      segmentMs: config.segmentDuration * SECOND_MS,
      partMs: config.lowLatency ? config.partDuration * SECOND_MS : undefined,
      windowMs: config.window * SECOND_MS,
      windowSizeMax: config.windowBytes,
    },
  };
}

function createDashRules(config: DashConfig, cmaf: CmafConfig, isGuarded: boolean): DashRules {
  const isShared = isDashShared({ cmaf, dash: config });
  const segmentMs = config.dashFragment * SECOND_MS;
  const settings: CmafSettings = {
    segmentMs,
    partMs: undefined,
    windowMs: segmentMs * config.dashWindowSize,
    windowSizeMax: DASH_WINDOW_SIZE_MAX,
  };
  const paths = new CmafPaths(config.dashMpdFile);
  return { config, isGuarded, settings: isShared ? undefined : settings, paths };
}
