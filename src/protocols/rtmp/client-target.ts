/**
 * Where an RTMP client connects to, and what it asks for there.
 *
 * @module
 */

import { ProtocolError } from "../../base/errors.ts";
import type { TlsConnectOptions } from "../../runtime/runtime.ts";

export interface RtmpTarget {
  readonly host: string;
  readonly port: number;
  /** Present: RTMPS. */
  readonly tls?: TlsConnectOptions;
  /** What `connect` says: `rtmp://host[:port]/app`. Its host need not be the one connected to. */
  readonly tcUrl: string;
  readonly app: string;
  /** The stream's name with its query. */
  readonly stream: string;
}

const RTMP_PORT = 1935;
const RTMPS_PORT = 443;

/**
 * Parses `rtmp://host[:port]/app[/more]/stream[?query]`; `rtmps` too. What follows the last `/` of
 * the path is the stream, and the query is the stream's.
 *
 * @throws {ProtocolError} If it is not such an address.
 */
export function parseRtmpUrl(url: string): RtmpTarget {
  const match =
    /^(rtmps?):\/\/(?:\[([^\]]+)\]|([^:/?#[\]]+))(?::(\d{1,5}))?\/([^?#]*)(.*)$/isu.exec(url);
  const path = match?.[5]?.replace(/^\/+/u, "") ?? "";
  const slash = path.lastIndexOf("/");
  const host = match?.[2] ?? match?.[3];
  if (match === null || host === undefined || slash <= 0) {
    throw new ProtocolError(`Cannot use RTMP address ${JSON.stringify(url)}`);
  }
  const isTls = match[1]?.toLowerCase() === "rtmps";
  const defaultPort = isTls ? RTMPS_PORT : RTMP_PORT;
  const port = match[4] === undefined ? defaultPort : Number(match[4]);
  const app = path.slice(0, slash).replace(/\/+$/u, "");
  const stream = path.slice(slash + 1) + (match[6] ?? "");
  const target = { host, port, tcUrl: formatTcUrl(isTls, host, port, app), app, stream };
  return isTls ? { ...target, tls: {} } : target;
}

/** `rtmp://host:port/app`, without the port if it is the usual one. */
export function formatTcUrl(isTls: boolean, host: string, port: number, app: string): string {
  const shownHost = host.includes(":") ? `[${host}]` : host;
  const isUsual = port === (isTls ? RTMPS_PORT : RTMP_PORT);
  return `${isTls ? "rtmps" : "rtmp"}://${shownHost}${isUsual ? "" : `:${port}`}/${app}`;
}
