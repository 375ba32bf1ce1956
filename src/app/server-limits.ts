/**
 * What the configuration lets peers do, as those who serve them take it.
 *
 * @module
 */

import { PRODUCT_NAME, VERSION } from "../base/version.ts";
import type { Config } from "../config/config.ts";
import type { ConnectionLimits } from "../live/connection-limit.ts";
import type { ServerIdentity } from "../live/server-identity.ts";
import type { RtmpServerOptions } from "../protocols/rtmp/server-session.ts";
import type { Crypto } from "../runtime/runtime.ts";

/** Answers to commands are hundreds of bytes; who lets so many of them pile up does not read. */
const RTMP_OUTPUT_SIZE_MAX = 256 * 1024;

export function rtmpOptions(
  { limits }: Config,
  { pid }: ServerIdentity,
  crypto: Crypto,
): RtmpServerOptions {
  return {
    crypto,
    identity: { name: PRODUCT_NAME, version: VERSION, pid: Number(pid) },
    handshakeTimeoutMs: limits.handshakeTimeout * 1_000,
    mediaSizeMax: limits.rtmpMessageSize,
    outputSizeMax: RTMP_OUTPUT_SIZE_MAX,
  };
}

export function connectionLimits({ maxConnections, limits }: Config): ConnectionLimits {
  return {
    connectionsMax: maxConnections,
    connectionsPerAddressMax: limits.connectionsPerAddress,
  };
}
