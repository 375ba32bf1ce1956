/**
 * What WebRTC players and publishers begin with, and what their end is called.
 *
 * @module
 */

import { ProtocolError } from "../base/errors.ts";
import type { RtcClientEnd, RtcClientHandler } from "../protocols/rtc/client/rtc-client.ts";
import { WhipClient, type WhipClientOptions } from "../protocols/rtc/client/whip-client.ts";
import { CONNECT_TIMEOUT_MS, type PlayerPorts } from "./player.ts";

export type RtcSessionOptions = Pick<
  WhipClientOptions,
  "url" | "tls" | "role" | "identity" | "video" | "audio" | "isNackOn"
>;

/** Connects as browsers do. AES-GCM, which many of them lack, is not offered. */
export function openRtcSession(
  ports: PlayerPorts,
  options: RtcSessionOptions,
  handler: RtcClientHandler,
): Promise<WhipClient> {
  const ways = { srtpProfiles: ["aes128-cm-sha1-80"], isTwccOn: true } as const;
  const times = { setupTimeoutMs: CONNECT_TIMEOUT_MS };
  return WhipClient.connect(ports, { ...options, ...ways, ...times }, handler);
}

/** Why a connection is over, in words. */
export function describeRtcEnd(reason: RtcClientEnd, error: Error | undefined): Error {
  const why = error === undefined ? "" : `: ${error.message}`;
  return new ProtocolError(`WebRTC connection over: ${reason.replaceAll("_", " ")}${why}`);
}
