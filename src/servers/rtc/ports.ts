/**
 * What the WebRTC server needs of the rest.
 *
 * @module
 */

import type { Clock } from "../../base/clock.ts";
import type { Logger } from "../../base/logger.ts";
import type { StreamName } from "../../base/stream-name.ts";
import type { Endpoint } from "../../config/endpoint.ts";
import type { Admission } from "../../live/admission.ts";
import type { ConnectionLimit } from "../../live/connection-limit.ts";
import type { LiveStream } from "../../live/live-stream.ts";
import type { Publication } from "../../live/publication.ts";
import type { SessionRegistry } from "../../live/session-registry.ts";
import type { SessionTracing } from "../../live/session-trace.ts";
import type { StreamHub } from "../../live/stream-hub.ts";
import type { AnnouncedTrack } from "../../live/track.ts";
import type { DtlsIdentity } from "../../protocols/rtc/dtls/dtls-identity.ts";
import type { SrtpProfile } from "../../protocols/rtc/srtp/srtp-keys.ts";
import type { Crypto, Host } from "../../runtime/runtime.ts";
import type { CandidateRules } from "./candidate-addresses.ts";

/**
 * The streams as WebRTC has them: with sound that browsers play, whatever the others have. Each has
 * the name of the stream that all others get.
 */
export interface RtcStreams {
  /** A player needs the stream until it calls `close`. */
  play(name: StreamName): RtcStreamUse;
  /**
   * A publisher has the stream's name: what it writes goes to the players of WebRTC at once, and to
   * all others as `publication`.
   *
   * @param tracks What it will send: nobody waits for others.
   */
  publish(
    publication: Publication,
    name: StreamName,
    tracks: readonly AnnouncedTrack[],
  ): RtcPublishing;
}

export interface RtcPublishing {
  /** What the publisher writes to. */
  readonly publication: Publication;
  /** Ends both. */
  end(): void;
}

export interface RtcStreamUse {
  /** What a player gets. */
  readonly stream: LiveStream;
  /** What all others get, which has the publisher. */
  readonly main: LiveStream;
  close(): void;
}

export interface RtcServerPorts {
  readonly hub: StreamHub;
  readonly streams: RtcStreams;
  readonly admission: Admission;
  readonly sessions: SessionRegistry;
  readonly connections: ConnectionLimit;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly crypto: Crypto;
  readonly host: Pick<Host, "addresses" | "resolve" | "cpuMs">;
  readonly tracing?: SessionTracing | undefined;
  /** How the names for ICE begin that are made here, by which others of this server tell whose they are. */
  readonly ufragPrefix?: string | undefined;
  /** Whom clients find here. */
  identity(): DtlsIdentity;
  /** As it is set now. */
  settings(): RtcServerSettings;
  /** How the vhost that serves `host` serves WebRTC; `undefined` if it does not. */
  rtcVhost(host: string): RtcVhost | undefined;
}

export interface RtcServerSettings {
  readonly candidates: CandidateRules;
  /** Ports that others listen on, who give what is of WebRTC to `acceptTcp`. */
  readonly sharedTcp: readonly Endpoint[];
  readonly isEncrypted: boolean;
  /** Small NAL units share packets. */
  readonly mergesNalUnits: boolean;
  readonly srtpProfiles: readonly SrtpProfile[];
  /** Servers that help clients behind translators: values of `Link` without their relation. */
  readonly iceServers: readonly string[];
  readonly circuitBreaker: CircuitBreakerSettings;
  /** How long a client may take until media flow, in milliseconds. */
  readonly setupTimeoutMs: number;
}

/** When load of the processor takes what away: in percent, and how many seconds it has to last. */
export interface CircuitBreakerSettings {
  readonly isEnabled: boolean;
  readonly high: LoadThreshold;
  readonly critical: LoadThreshold;
  readonly dying: LoadThreshold;
}

export interface LoadThreshold {
  readonly percent: number;
  /** 0: never. */
  readonly samples: number;
}

export interface RtcVhost {
  readonly name: string;
  readonly isNackOn: boolean;
  readonly isTwccOn: boolean;
  readonly stunTimeoutMs: number;
  readonly isStunStrict: boolean;
  readonly setup: "active" | "passive";
  readonly droppedPayloadType: number;
  /** Endings of stream names that make a ladder, such as `_720`. */
  readonly variants: readonly string[];
  /** Of what is published; 0: nobody but players of WebRTC gets it. */
  readonly keyFramePeriodMs: number;
  readonly packets: {
    readonly keepsBFrames: boolean;
    readonly keepsSei: boolean;
  };
}
