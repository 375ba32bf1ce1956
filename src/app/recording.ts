/**
 * Recordings as a part of the server.
 *
 * @module
 */

import type { Logger } from "../base/logger.ts";
import type { Config } from "../config/config.ts";
import { findVhost } from "../config/find-vhost.ts";
import type { VhostConfig } from "../config/vhost-config.ts";
import type { TellEvent } from "../live/server-event.ts";
import type { StreamHub } from "../live/stream-hub.ts";
import type { Runtime } from "../runtime/runtime.ts";
import { Dvr, type DvrPorts } from "../services/dvr/dvr.ts";
import { createDvrRules, type DvrRules } from "../services/dvr/dvr-rules.ts";
import { RecordingCatalog } from "../services/dvr/recording-catalog.ts";
import { RecordingNames } from "../services/dvr/recording-names.ts";
import type { KeepRule } from "../services/dvr/recording-retention.ts";

const DAY_MS = 86_400_000;

export interface RecordingOptions {
  readonly hub: StreamHub;
  readonly runtime: Runtime;
  readonly logger: Logger;
  /** As it is now. */
  readonly config: () => Config;
  readonly tell: TellEvent;
  /** A file is complete. */
  readonly onRecorded: DvrPorts["onRecorded"];
}

export function createDvr(options: RecordingOptions): Dvr {
  const { config, hub, logger, runtime, tell, onRecorded } = options;
  const { clock, files, host, processes, crypto } = runtime;
  const rulesOf = rememberRules(config);
  return new Dvr({
    ...{ hub, logger, clock, files, host, processes, crypto, rulesOf, tell, onRecorded },
    allRules: () => Object.keys(config().vhosts).flatMap((name) => rulesOf(name) ?? []),
  });
}

/** All that has been recorded where vhosts record now, be they enabled or not. */
export function createRecordingCatalog(
  { files, crypto }: Pick<Runtime, "files" | "crypto">,
  logger: Logger,
  config: () => Config,
): RecordingCatalog {
  const roots = (): string[] => {
    const { vhosts, utcTime } = config();
    return Object.values(vhosts).map((vhost) => rootOf(vhost, utcTime));
  };
  return new RecordingCatalog({ files, crypto, logger, roots });
}

function rootOf({ dvr }: VhostConfig, isUtc: boolean): string {
  return new RecordingNames(dvr.dvrPath, isUtc).root;
}

/** How much of the recordings of each vhost is to be kept. */
export function keepRules({ vhosts, utcTime }: Config): KeepRule[] {
  return Object.entries(vhosts).map(([vhost, config]) => ({
    vhost,
    root: rootOf(config, utcTime),
    keepMs: config.dvr.dvrKeepDays * DAY_MS,
    sizeMax: config.dvr.dvrKeepBytes,
  }));
}

/** The rules of a vhost stay the same object as long as its settings do. */
function rememberRules(config: () => Config): DvrPorts["rulesOf"] {
  const known = new Map<string, { readonly settings: string; readonly rules: DvrRules }>();
  return (name) => {
    const vhost = findVhost(config(), name);
    if (vhost?.enabled !== true) return undefined;
    const { utcTime } = config();
    const settings = JSON.stringify([vhost.dvr, utcTime]);
    const before = known.get(name);
    if (before?.settings === settings) return before.rules;
    const rules = createDvrRules(name, vhost.dvr, utcTime);
    known.set(name, { settings, rules });
    return rules;
  };
}
