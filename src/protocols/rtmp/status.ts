/**
 * Status objects: what `onStatus` and `_error` carry to say how things stand.
 *
 * Spec: Adobe RTMP 1.0, section 7.2.2; the codes are those of ActionScript's NetStatusEvent.
 *
 * @module
 */

import { ProtocolError, RefusedError } from "../../base/errors.ts";
import { type AmfObject, toAmfObject } from "../../codec/amf0/value.ts";
import type { RedirectError } from "./session-handler.ts";

/** What Flash Media Server calls a client; SRS sends this to all of them. */
const CLIENT_ID = "ASAICiss";

export const PUBLISH_START: AmfObject = toAmfObject({
  level: "status",
  code: "NetStream.Publish.Start",
  description: "Started publishing stream.",
  clientid: CLIENT_ID,
});

/** `onFCPublish`, for Flash Media Live Encoder and those who took after it. */
export const FC_PUBLISH_START: AmfObject = toAmfObject({
  code: "NetStream.Publish.Start",
  description: "Started publishing stream.",
});

export const FC_UNPUBLISH_SUCCESS: AmfObject = toAmfObject({
  code: "NetStream.Unpublish.Success",
  description: "Stop publishing stream.",
});

export const UNPUBLISH_SUCCESS: AmfObject = toAmfObject({
  level: "status",
  code: "NetStream.Unpublish.Success",
  description: "Stream is now unpublished",
  clientid: CLIENT_ID,
});

/** `onFCSubscribe`, for players made for content delivery networks. */
export const FC_SUBSCRIBE_START: AmfObject = toAmfObject({
  code: "NetStream.Play.Start",
  description: "Started playing stream.",
});

export const PLAY_RESET: AmfObject = toAmfObject({
  level: "status",
  code: "NetStream.Play.Reset",
  description: "Playing and resetting stream.",
  details: "stream",
  clientid: CLIENT_ID,
});

export const PLAY_START: AmfObject = toAmfObject({
  level: "status",
  code: "NetStream.Play.Start",
  description: "Started playing stream.",
  details: "stream",
  clientid: CLIENT_ID,
});

export const PAUSE_NOTIFY: AmfObject = toAmfObject({
  level: "status",
  code: "NetStream.Pause.Notify",
  description: "Paused stream.",
});

export const UNPAUSE_NOTIFY: AmfObject = toAmfObject({
  level: "status",
  code: "NetStream.Unpause.Notify",
  description: "Unpaused stream.",
});

/** What the peer is told when its `connect` fails. */
export function connectError(error: unknown): AmfObject {
  const code =
    error instanceof RefusedError && error.reason === "bad_name"
      ? "NetConnection.Connect.InvalidApp"
      : "NetConnection.Connect.Rejected";
  return errorStatus(code, error);
}

/** What the peer is told when its `publish` fails. OBS shows Rejected, FFmpeg any error. */
export function publishError(error: unknown): AmfObject {
  const reason = error instanceof RefusedError ? error.reason : undefined;
  const isName = reason === "stream_busy" || reason === "bad_name";
  return errorStatus(isName ? "NetStream.Publish.BadName" : "NetStream.Publish.Rejected", error);
}

/** What the peer is told when its `play` fails. */
export function playError(error: unknown): AmfObject {
  const reason = error instanceof RefusedError ? error.reason : undefined;
  const isName = reason === "not_found" || reason === "bad_name";
  return errorStatus(isName ? "NetStream.Play.StreamNotFound" : "NetStream.Play.Failed", error);
}

/** Where to go instead, as SRS says it to its edges; the code is that of HTTP. */
export function redirectStatus(redirect: RedirectError): AmfObject {
  return toAmfObject({
    level: "error",
    code: "NetConnection.Connect.Rejected",
    description: "RTMP 302 Redirect",
    ex: toAmfObject({ code: 302, redirect: redirect.tcUrl, redirect2: redirect.streamUrl }),
  });
}

/** What went wrong inside is not the peer's to know; what policy says is. */
function errorStatus(code: string, error: unknown): AmfObject {
  const isForPeer = error instanceof RefusedError || error instanceof ProtocolError;
  const description = isForPeer ? error.message : "Internal error";
  return toAmfObject({ level: "error", code, description, clientid: CLIENT_ID });
}
