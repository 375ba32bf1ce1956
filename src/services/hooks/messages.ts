/**
 * The bodies of callbacks: JSON with the names and the order of SRS's, to the byte.
 *
 * @module
 */

import { formatStreamUrl } from "../../base/stream-name.ts";
import { encodePath } from "../../codec/http/request-target.ts";
import type { SessionRequest, Traffic } from "../../live/admission.ts";
import type { ReportedSegment } from "../../live/reported-segment.ts";
import { createStreamId } from "../../live/stream-id.ts";
import { withoutKey } from "../../programs/program-key.ts";

/** Which server it is that calls. */
export interface HookIdentity {
  readonly serverId: string;
  readonly serviceId: string;
}

/** A finished segment whose publisher was let publish. */
export interface HookSegment extends ReportedSegment {
  readonly publisher: SessionRequest;
}

/** A recording that is complete. */
export interface HookRecording {
  readonly publisher: SessionRequest;
  readonly file: string;
}

export type EndedEvent = "on_unpublish" | "on_stop";

/** A name and a value, which is JSON already. */
type Field = readonly [name: string, json: string];

export function connectMessage(identity: HookIdentity, request: SessionRequest): string {
  return formatMessage([
    ...client(identity, "on_connect", request),
    ...stream(request),
    text("tcUrl", request.tcUrl),
    text("pageUrl", request.pageUrl),
  ]);
}

export function closeMessage(
  identity: HookIdentity,
  request: SessionRequest,
  traffic: Traffic,
): string {
  return formatMessage([
    ...client(identity, "on_close", request),
    ["send_bytes", String(traffic.sentSize)],
    ["recv_bytes", String(traffic.receivedSize)],
  ]);
}

export function publishMessage(identity: HookIdentity, request: SessionRequest): string {
  return formatMessage([
    ...client(identity, "on_publish", request),
    text("tcUrl", request.tcUrl),
    ...stream(request),
    ...ids(identity, request),
  ]);
}

export function playMessage(identity: HookIdentity, request: SessionRequest): string {
  const [name, param] = stream(request);
  return formatMessage([
    ...client(identity, "on_play", request),
    name,
    text("tcUrl", request.tcUrl),
    param,
    text("pageUrl", request.pageUrl),
    ...ids(identity, request),
  ]);
}

/** A publisher or a player is gone. */
export function endMessage(
  identity: HookIdentity,
  event: EndedEvent,
  request: SessionRequest,
): string {
  return formatMessage([
    ...client(identity, event, request),
    text("tcUrl", request.tcUrl),
    ...stream(request),
    ...ids(identity, request),
  ]);
}

/** @param folder The server's working folder, which a relative path of the file starts from. */
export function recordingMessage(
  identity: HookIdentity,
  { publisher, file }: HookRecording,
  folder: string,
): string {
  return formatMessage([
    ...client(identity, "on_dvr", publisher),
    text("tcUrl", publisher.tcUrl),
    ...stream(publisher),
    text("cwd", folder),
    text("file", file),
    ...ids(identity, publisher),
  ]);
}

export function segmentMessage(
  identity: HookIdentity,
  segment: HookSegment,
  folder: string,
): string {
  const { publisher } = segment;
  return formatMessage([
    ...client(identity, "on_hls", publisher),
    text("tcUrl", publisher.tcUrl),
    ...stream(publisher),
    ["duration", (segment.durationMs / 1_000).toFixed(2)],
    text("cwd", folder),
    text("file", segment.file),
    text("url", segment.url),
    text("m3u8", segment.playlistFile),
    text("m3u8_url", segment.playlistUrl),
    ["seq_no", String(segment.seq)],
    ...ids(identity, publisher),
  ]);
}

export function forwardMessage(identity: HookIdentity, request: SessionRequest): string {
  const [serverId, serviceId, action, ...others] = client(identity, "on_forward", request);
  return formatMessage([
    action,
    serverId,
    serviceId,
    ...others,
    text("tcUrl", request.tcUrl),
    ...stream(request),
  ]);
}

/** The address to GET for a segment: `template` with its variables replaced. */
export function segmentNotifyUrl(
  template: string,
  identity: HookIdentity,
  { publisher, uri }: HookSegment,
): string {
  const values: Readonly<Record<string, string>> = {
    server_id: identity.serverId,
    service_id: identity.serviceId,
    // What a client has chosen is not to leave its place in the path or the query.
    app: encodePath(publisher.app),
    stream: encodePath(publisher.stream),
    ts_url: uri,
    param: withoutKey(publisher.param).replaceAll("#", "%23"),
  };
  return template.replace(/\[(\w+)\]/g, (variable, name: string) => values[name] ?? variable);
}

/** What all but on_forward begin with. */
function client(
  { serverId, serviceId }: HookIdentity,
  action: string,
  request: SessionRequest,
): [Field, Field, Field, Field, Field, Field, Field] {
  return [
    text("server_id", serverId),
    text("service_id", serviceId),
    text("action", action),
    text("client_id", request.clientId),
    text("ip", request.remoteAddress),
    text("vhost", request.vhost),
    text("app", request.app),
  ];
}

/** Without what this server alone is to know a program by. */
function stream(request: SessionRequest): [Field, Field] {
  const name = request.stream + suffixOf(request);
  return [text("stream", name), text("param", withoutKey(request.param))];
}

/** What players of playlists ask for has a suffix in SRS. It has no hooks for DASH. */
function suffixOf({ clientType }: SessionRequest): string {
  if (clientType === "hls-play") return ".m3u8";
  return clientType === "dash-play" ? ".mpd" : "";
}

function ids({ serviceId }: HookIdentity, request: SessionRequest): [Field, Field] {
  const url = formatStreamUrl(request);
  return [text("stream_url", url), text("stream_id", createStreamId(serviceId, url))];
}

function text(name: string, value: string): Field {
  return [name, JSON.stringify(value)];
}

function formatMessage(fields: readonly Field[]): string {
  return `{${fields.map(([name, json]) => `"${name}":${json}`).join()}}`;
}
