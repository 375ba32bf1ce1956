/**
 * What the npm package exports. This is the module of a checkout; scripts/build-npm.ts makes that of
 * the package, whose files are in other places.
 *
 * @module
 */

// biome-ignore-all lint/performance/noBarrelFile: the package has one module for all that it exports.

import { loadAssets } from "../cli/load-assets.ts";
import { THREAD_MODULES } from "../cli/thread-list.ts";
import { createServerWith } from "./create-server.ts";
import type { ServerOptions } from "./server-options.ts";
import type { SluiceServer } from "./sluice-server.ts";

export { ConfigError, type ConfigIssue, RefusedError, SystemError } from "../base/errors.ts";
export { VERSION } from "../base/version.ts";
export type { ConfigInput } from "../config/config-input.ts";
export type { VhostConfigInput } from "../config/vhost-config-input.ts";
export type { SessionReport, StreamReport } from "../live/reports.ts";
export { fromPino, type PinoLike } from "./host-logger.ts";
export type {
  HookAnswer,
  HookRequest,
  LogLineFields,
  Refusal,
  ServerLogger,
  ServerOptions,
  SessionHook,
  SluiceEvent,
  SluiceEventType,
} from "./server-options.ts";
export type {
  Reconfigured,
  SluicePort,
  SluiceServer,
  SluiceTotals,
  SluiceUrls,
} from "./sluice-server.ts";

/**
 * Makes a server, which `start` opens the ports of.
 *
 * @throws {ConfigError} If the configuration cannot be used, with every fault found.
 * @throws {SystemError} If its file cannot be read.
 */
export function createServer(options: ServerOptions = {}): Promise<SluiceServer> {
  return createServerWith({ threadModules: THREAD_MODULES, loadAssets }, options);
}
