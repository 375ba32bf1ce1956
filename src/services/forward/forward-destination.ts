/**
 * Where a stream is forwarded to.
 *
 * ```text
 * host[:port]                      as in SRS: the same application and stream, at that server
 * rtmp://host[:port]/app/stream    any address; [vhost], [app], [stream] and [param] are the stream's
 * rtmps://...
 * ```
 *
 * @module
 */

import { ProtocolError } from "../../base/errors.ts";
import { DEFAULT_VHOST } from "../../base/stream-name.ts";
import { formatTcUrl, parseRtmpUrl, type RtmpTarget } from "../../protocols/rtmp/client-target.ts";

/** What is known of the stream. */
export interface ForwardedStream {
  readonly vhost: string;
  readonly app: string;
  readonly stream: string;
  /** Its publisher's query with the leading `?`, or empty. */
  readonly param: string;
}

export interface ForwardDestination {
  readonly target: RtmpTarget;
  /** For logs and reports: without the stream's name of an address, which is a secret key at many services. */
  readonly shown: string;
}

const RTMP_PORT = 1935;
const SERVER = /^(?:\[([0-9a-f:.]+)\]|([^\s:/?#[\]@]+))(?::(\d{1,5}))?$/iu;
const ADDRESS = /^rtmps?:\/\//iu;
const VARIABLE = /\[(vhost|app|stream|param)\]/gu;

/** @throws {ProtocolError} If it is neither a server nor an address of RTMP. */
export function parseDestination(text: string, name: ForwardedStream): ForwardDestination {
  if (ADDRESS.test(text)) return parseAddress(text, name);
  const [, ipv6, host, portText] = SERVER.exec(text) ?? [];
  const server = ipv6 ?? host;
  const port = portText === undefined ? RTMP_PORT : Number(portText);
  if (server === undefined || port < 1 || port > 0xffff) {
    throw new ProtocolError(`Cannot forward to ${JSON.stringify(text)}`);
  }
  const { vhost, app, stream, param } = name;
  // The other server finds the vhost in the address, as for a player who names it.
  const namedHost = vhost === DEFAULT_VHOST ? server : vhost;
  const target = {
    host: server,
    port,
    tcUrl: formatTcUrl(false, namedHost, port, app),
    app,
    stream: `${stream}${param}`,
  };
  return { target, shown: `${formatTcUrl(false, server, port, app)}/${stream}` };
}

function parseAddress(text: string, name: ForwardedStream): ForwardDestination {
  const address = text.replace(VARIABLE, (_, key: keyof ForwardedStream) => name[key]);
  const target = parseRtmpUrl(address);
  if (target.port < 1 || target.port > 0xffff) {
    throw new ProtocolError("Cannot forward: there is no such port");
  }
  const { host, port, app, tls } = target;
  return { target, shown: `${formatTcUrl(tls !== undefined, host, port, app)}/...` };
}
