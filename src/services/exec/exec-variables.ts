/**
 * What the variables in the words of a program stand for.
 *
 * @module
 */

import { dateVariables } from "../../base/path-template.ts";
import { DEFAULT_VHOST, type StreamName } from "../../base/stream-name.ts";
import type { SessionRequest } from "../../live/admission.ts";
import { withoutKey } from "../../programs/program-key.ts";
import type { TemplateValues } from "../../programs/template.ts";

/** Whom a program is about. */
export interface ExecSubject extends StreamName {
  /** Who publishes or plays; absent for what is no session. */
  readonly request?: SessionRequest | undefined;
}

/** Where this server takes RTMP from programs on its machine. */
export interface LocalAddress {
  readonly host: string;
  readonly port: number;
}

/** As of now, by SRS's names. What a client says of itself may be anything. */
export function execVariables(
  subject: ExecSubject,
  { host, port }: LocalAddress,
  wallMs: number,
  isUtc: boolean,
): TemplateValues {
  const { vhost, app, stream, request } = subject;
  const param = withoutKey(request?.param ?? "");
  return {
    ...{ vhost, app, stream, port, param },
    url: `rtmp://${host}:${port}/${app}/${stream}${withVhost(param, vhost)}`,
    tcUrl: request?.tcUrl ?? "",
    swfUrl: request?.swfUrl ?? "",
    pageUrl: request?.pageUrl ?? "",
    ip: request?.remoteAddress ?? "",
    client_id: request?.clientId ?? "",
    ...dateVariables(wallMs, isUtc),
    timestamp: Math.floor(wallMs),
  };
}

/** A query that names the vhost, if there is need to. */
function withVhost(param: string, vhost: string): string {
  if (vhost === DEFAULT_VHOST || /[?&](?:vhost|domain)=/.test(param)) return param;
  return param === "" ? `?vhost=${vhost}` : `${param}&vhost=${vhost}`;
}
