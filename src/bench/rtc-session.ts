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

/**
 * In bytes: a key frame comes at once over a fast network, to hundreds who read one after the other. What one
 * of them has no room for would look like a loss on the way.
 */
const RECEIVE_BUFFER_SIZE = 512 * 1024;

/** Connects as browsers do. AES-GCM, which many of them lack, is not offered. */
export function openRtcSession(
  ports: PlayerPorts,
  options: RtcSessionOptions,
  handler: RtcClientHandler,
): Promise<WhipClient> {
  const ways = { srtpProfiles: ["aes128-cm-sha1-80"], isTwccOn: true } as const;
  const limits = { setupTimeoutMs: CONNECT_TIMEOUT_MS, receiveBufferSize: RECEIVE_BUFFER_SIZE };
  return WhipClient.connect(ports, { ...options, ...ways, ...limits }, handler);
}

/** Why a connection is over, in words. */
export function describeRtcEnd(reason: RtcClientEnd, error: Error | undefined): Error {
  const why = error === undefined ? "" : `: ${error.message}`;
  return new ProtocolError(`WebRTC connection over: ${reason.replaceAll("_", " ")}${why}`);
}
