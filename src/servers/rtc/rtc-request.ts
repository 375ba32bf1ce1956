/**
 * What a client asks for by the URL of a WHIP or WHEP request, or by the address in SRS's JSON
 * (`webrtc://host/app/stream?query`).
 *
 * @module
 */

import { RefusedError } from "../../base/errors.ts";
import {
  isSafeAppName,
  isSafeStreamName,
  isSafeStreamParam,
  type StreamName,
} from "../../base/stream-name.ts";
import type { HttpRequest } from "../../protocols/http/request.ts";
import { requestedHost, requestedVhost } from "../../protocols/http/requested-vhost.ts";
import type { RtpCodec } from "../../protocols/rtc/negotiation/rtp-codec.ts";
import { parseStreamUrl } from "../../protocols/rtmp/stream-url.ts";

export type RtcRole = "publish" | "play";

/** What is asked for, before a vhost is found for it. */
export interface RtcRequest extends StreamName {
  readonly role: RtcRole;
  /** As backends are told it: for WHIP the whole query, without its question mark, as in SRS. */
  readonly param: string;
  /** The address of the app; empty for WHIP, as in SRS. */
  readonly tcUrl: string;
  readonly pageUrl: string;
  readonly remoteAddress: string;
  readonly authorization: string | undefined;
  /** The host of the HTTP server, without a port. */
  readonly host: string;
  readonly options: RtcOptions;
}

/** What the query says besides the stream. */
export interface RtcOptions {
  /** Addresses that the client reaches the server at. */
  readonly candidates: readonly string[];
  /** What the server is to call itself in ICE. */
  readonly iceUfrag: string | undefined;
  readonly icePwd: string | undefined;
  readonly isEncrypted: boolean | undefined;
  readonly setup: "active" | "passive" | undefined;
  /**
   * What a player wants of a picture in several versions: the rid of a simulcast layer; the ending or
   * the name of a rung of a ladder, empty for its base; `highest` or `lowest`. Else what it can have.
   */
  readonly layer: string | undefined;
  /** The codecs that the client wants of those it offers. */
  readonly codecs: readonly RtpCodec[];
}

const CODECS: ReadonlyMap<string, RtpCodec> = new Map([
  ["h264", "h264"],
  ["avc", "h264"],
  ["h265", "hevc"],
  ["hevc", "hevc"],
  ["av1", "av1"],
  ["vp8", "vp8"],
  ["vp9", "vp9"],
  ["opus", "opus"],
  ["pcmu", "g711u"],
  ["pcma", "g711a"],
]);

/** @throws {RefusedError} `bad_name` if the query names no stream, or one that cannot be. */
export function readWhipRequest(role: RtcRole, request: HttpRequest): RtcRequest {
  const { parameters, query } = request;
  const app = parameters.get("app") ?? "";
  const stream = parameters.get("stream") ?? "";
  if (app === "" || stream === "") {
    throw new RefusedError("bad_name", "Cannot find a stream: expected ?app=APP&stream=STREAM");
  }
  const vhost = requestedVhost(request);
  if (!isSafeAppName(app) || !isSafeStreamName(stream) || !isSafeStreamParam(query)) {
    throw new RefusedError("bad_name", "Cannot use the name of the app or of the stream");
  }
  return {
    ...{ role, vhost, app, stream, param: query, tcUrl: "" },
    ...common(request),
    options: readOptions(parameters),
  };
}

/** @throws {RefusedError} `bad_name` if the address is none of a stream. */
export function readJsonRequest(
  role: RtcRole,
  request: HttpRequest,
  streamUrl: string,
): RtcRequest {
  const { vhost, app, stream, host, param } = parseStreamUrl(streamUrl, "");
  if (stream === "") {
    throw new RefusedError("bad_name", "Cannot find a stream: expected webrtc://HOST/APP/STREAM");
  }
  const upstream = param === "" ? "?upstream=rtc" : `${param}&upstream=rtc`;
  return {
    ...{ role, vhost, app, stream, tcUrl: `webrtc://${host}/${app}` },
    param: role === "publish" ? upstream : param,
    ...common(request),
    options: readOptions(new URLSearchParams(param)),
  };
}

function common(
  request: HttpRequest,
): Pick<RtcRequest, "pageUrl" | "remoteAddress" | "authorization" | "host"> {
  return {
    pageUrl: request.headers.get("referer") ?? "",
    remoteAddress: request.remoteAddress,
    authorization: request.headers.get("authorization"),
    host: requestedHost(request),
  };
}

/** @throws {RefusedError} `bad_name`, if names for ICE are too short to be any. */
function readOptions(parameters: URLSearchParams): RtcOptions {
  const role = parameters.get("dtls");
  const iceUfrag = parameters.get("ice-ufrag") ?? undefined;
  const icePwd = parameters.get("ice-pwd") ?? undefined;
  // Spec: RFC 8839, section 5.4.
  if (iceUfrag !== undefined && !/^[A-Za-z0-9+/]{4,256}$/.test(iceUfrag)) {
    throw new RefusedError("bad_name", "Cannot use ice-ufrag: expected 4 to 256 characters");
  }
  if (icePwd !== undefined && !/^[A-Za-z0-9+/]{22,256}$/.test(icePwd)) {
    throw new RefusedError("bad_name", "Cannot use ice-pwd: expected 22 to 256 characters");
  }
  return {
    candidates: ["eip", "candidate"].flatMap((name) => parameters.getAll(name)).slice(0, 4),
    iceUfrag,
    icePwd,
    isEncrypted: toBoolean(parameters.get("encrypt")),
    setup: role === "active" || role === "passive" ? role : undefined,
    layer: parameters.get("layer") ?? undefined,
    codecs: ["codec", "vcodec", "acodec"].flatMap((name) => toCodec(parameters.get(name))),
  };
}

function toBoolean(text: string | null): boolean | undefined {
  if (text === null || text === "") return undefined;
  return text !== "false" && text !== "off" && text !== "0";
}

function toCodec(text: string | null): RtpCodec[] {
  const codec = CODECS.get(text?.toLowerCase() ?? "");
  return codec === undefined ? [] : [codec];
}
