/**
 * Heartbeats, as configured.
 *
 * @module
 */

import type { Logger } from "../base/logger.ts";
import type { ServerIdentity } from "../live/server-identity.ts";
import type { ServerView } from "../live/server-view.ts";
import { HttpClient } from "../protocols/http/client.ts";
import type { Runtime } from "../runtime/runtime.ts";
import { toSummary } from "../services/api/summaries.ts";
import { Heartbeat } from "../services/heartbeat/heartbeat.ts";
import type { ConfigSource } from "./live-config.ts";

/** By which SRS lets itself be told the address that others know it by. */
const ADDRESS_VARIABLE = "SRS_DEVICE_IP";

export interface HeartbeatParts {
  readonly config: ConfigSource;
  readonly runtime: Runtime;
  readonly logger: Logger;
  readonly identity: ServerIdentity;
  readonly view: ServerView;
}

/** @returns Stops them. */
export function startHeartbeat(parts: HeartbeatParts): () => void {
  const { config, runtime, logger, identity, view } = parts;
  const { clock, host } = runtime;
  const ports = {
    client: new HttpClient(runtime),
    clock,
    logger,
    identity,
    address: () =>
      host.environment[ADDRESS_VARIABLE] ??
      host.addresses()[config.current.stats.network]?.address ??
      "",
    summary: async () => {
      const [processes, machine] = await Promise.all([view.processes(), view.machine()]);
      return toSummary(processes, machine, Number(identity.pid), clock.wallMs());
    },
  };
  const heartbeat = new Heartbeat(ports, config);
  if (config.current.heartbeat.enabled) heartbeat.start();
  return () => heartbeat.stop();
}
