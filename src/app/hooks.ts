/**
 * HTTP callbacks as a part of the server.
 *
 * @module
 */

import type { Logger } from "../base/logger.ts";
import type { StreamName } from "../base/stream-name.ts";
import { SIGNATURE } from "../base/version.ts";
import type { Config } from "../config/config.ts";
import { findVhost } from "../config/find-vhost.ts";
import type { SessionRequest } from "../live/admission.ts";
import type { HooksReport } from "../live/reports.ts";
import type { ServerEvent, ServerEventFields, TellEvent } from "../live/server-event.ts";
import type { Runtime } from "../runtime/runtime.ts";
import { BUCKET_SECONDS } from "../services/hooks/hook-figures.ts";
import { Hooks } from "../services/hooks/hooks.ts";
import type { HookIdentity } from "../services/hooks/messages.ts";
import type { SegmentPorts } from "../services/packager/output-ports.ts";

export interface HooksOptions {
  readonly runtime: Runtime;
  readonly logger: Logger;
  readonly identity: HookIdentity;
  /** As it is now. */
  readonly config: () => Config;
  readonly tell?: TellEvent | undefined;
}

export function createHooks(options: HooksOptions): Hooks {
  const { runtime, logger, identity, config, tell } = options;
  const { tcp, files, clock, crypto, host } = runtime;
  return new Hooks({
    tcp,
    files,
    clock,
    crypto,
    logger,
    identity,
    tell,
    userAgent: SIGNATURE,
    workingFolder: host.workingFolder(),
    vhostOf: (vhost) => findVhost(config(), vhost),
  });
}

/** For the metrics. */
export function reportHooks({ figures: { events, queueLength } }: Hooks): HooksReport {
  return { bounds: BUCKET_SECONDS, events, queueLength };
}

/**
 * Tells of segments of those who have been let publish; the test stream has not. Backends are told of
 * MPEG-TS alone, as SRS tells them.
 */
export function tellOfSegments(
  hooks: Hooks,
  tell: TellEvent,
): Required<Pick<SegmentPorts, "onSegment" | "onCmafSegment">> {
  return {
    onSegment: ({ publisher, ...segment }, isThere) => {
      if (publisher === undefined) return;
      hooks.segmentFinished({ publisher, ...segment }, isThere);
      const event = toEvent(publisher, { format: "ts", track: null, ...segment });
      void isThere.then((isDone) => isDone && tell(event));
    },
    onCmafSegment: ({ publisher, kind: track, ...segment }) => {
      if (publisher !== undefined) tell(toEvent(publisher, { format: "cmaf", track, ...segment }));
    },
  };
}

function toEvent(
  { clientId, vhost, app, stream }: SessionRequest,
  segment: Omit<ServerEventFields["segment.finished"], keyof StreamName | "clientId">,
): ServerEvent {
  const { format, track, seq, url, playlistUrl } = segment;
  const durationMs = Math.round(segment.durationMs);
  const name = { vhost, app, stream };
  const fields = { clientId, format, track, seq, durationMs, url, playlistUrl };
  return { type: "segment.finished", ...name, ...fields };
}
