/**
 * What the RTMP server needs of the rest.
 *
 * @module
 */

import type { Clock } from "../../base/clock.ts";
import type { Logger } from "../../base/logger.ts";
import type { Admission } from "../../live/admission.ts";
import type { ConnectionLimit } from "../../live/connection-limit.ts";
import type { SessionRegistry } from "../../live/session-registry.ts";
import type { SessionTracing } from "../../live/session-trace.ts";
import type { StreamHub } from "../../live/stream-hub.ts";
import type { RtmpWireSettings } from "../../protocols/rtmp/session-handler.ts";
import type { Crypto } from "../../runtime/runtime.ts";

export interface RtmpServerPorts {
  readonly hub: StreamHub;
  readonly admission: Admission;
  readonly sessions: SessionRegistry;
  readonly connections: ConnectionLimit;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly crypto: Crypto;
  readonly tracing?: SessionTracing | undefined;
  /** The vhost that serves `host`; `undefined` if none does. */
  rtmpVhost(host: string): RtmpVhost | undefined;
}

/** How a vhost serves RTMP. */
export interface RtmpVhost extends RtmpWireSettings {
  /** Its own name, whatever it was called by. */
  readonly name: string;
  readonly isEnabled: boolean;
  /** Small packets to players and publishers go out at once. */
  readonly isNoDelay: boolean;
}
