/**
 * HTTP callbacks as a part of the server.
 *
 * @module
 */

import type { Logger } from "../base/logger.ts";
import { SIGNATURE } from "../base/version.ts";
import type { Config } from "../config/config.ts";
import { findVhost } from "../config/find-vhost.ts";
import type { HooksReport } from "../live/reports.ts";
import type { Runtime } from "../runtime/runtime.ts";
import { BUCKET_SECONDS } from "../services/hooks/hook-figures.ts";
import { Hooks } from "../services/hooks/hooks.ts";
import type { HookIdentity } from "../services/hooks/messages.ts";
import type { SegmentListener } from "../services/packager/output-ports.ts";

export interface HooksOptions {
  readonly runtime: Runtime;
  readonly logger: Logger;
  readonly identity: HookIdentity;
  /** As it is now. */
  readonly config: () => Config;
}

export function createHooks({ runtime, logger, identity, config }: HooksOptions): Hooks {
  const { tcp, files, clock, crypto, host } = runtime;
  return new Hooks({
    tcp,
    files,
    clock,
    crypto,
    logger,
    identity,
    userAgent: SIGNATURE,
    workingFolder: host.workingFolder(),
    vhostOf: (vhost) => findVhost(config(), vhost),
  });
}

/** For the metrics. */
export function reportHooks({ figures: { events, queueLength } }: Hooks): HooksReport {
  return { bounds: BUCKET_SECONDS, events, queueLength };
}

/** Tells of segments of those who have been let publish; the test stream has not. */
export function tellOfSegments(hooks: Hooks): SegmentListener {
  return ({ publisher, ...segment }, isThere) => {
    if (publisher !== undefined) hooks.segmentFinished({ publisher, ...segment }, isThere);
  };
}
