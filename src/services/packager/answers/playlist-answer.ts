/**
 * What answers with playlists have in common.
 *
 * @module
 */

import type { Clock } from "../../../base/clock.ts";
import { encodePath } from "../../../codec/http/request-target.ts";
import type { HttpResponse } from "../../../protocols/http/handler.ts";
import { createErrorResponse } from "../../../protocols/http/http-error.ts";
import type { HttpRequest } from "../../../protocols/http/request.ts";
import type { HlsSession } from "../hls/hls-session.ts";
import { type HlsSessions, SESSION_PARAMETER } from "../hls/hls-sessions.ts";
import type { Output } from "../output.ts";
import {
  CACHE_NEVER,
  cacheFor,
  type PackagedContent,
  type PackagedFile,
  PLAYLIST_TYPE,
} from "../packaged-resource.ts";
import type { StreamPackager } from "../stream-packager.ts";

export type PackagedAnswer = HttpResponse | PackagedContent | PackagedFile;

export interface AnswerPorts {
  readonly sessions: HlsSessions;
  readonly clock: Clock;
}

/**
 * How long a request waits for the first segment of a stream that is live. Players wait for 10 s to 60 s
 * and ask again, hls.js (1.7) for 20 s; with a key frame every 10 s a segment is there in time for all.
 */
const READY_MS = 18_000;
const LATE_MS = 1_000;
const SECOND_MS = 1_000;
/** A session is over when its player has been silent for so many windows. As in SRS. */
const IDLE_WINDOWS = 2;

const TEXT_ENCODER = new TextEncoder();

/** @param windowSeconds Of the playlist. */
export function idleMsOf(windowSeconds: number): number {
  return IDLE_WINDOWS * windowSeconds * SECOND_MS;
}

/**
 * Waits for an output that has just begun. One that has had time enough, as where a stream has no key
 * frame, may get ready at any moment, and is not waited for.
 */
export function waitUntilReady(
  output: Output,
  clock: Clock,
  isReady: () => boolean = () => output.isReady,
): Promise<boolean> {
  const deadlineMs = Math.max(output.beganMs + READY_MS, clock.monotonicMs() + LATE_MS);
  return output.waiters.wait(isReady, deadlineMs);
}

export function toPlaylist(text: string, version: string, cacheControl: string): PackagedContent {
  return { bytes: TEXT_ENCODER.encode(text), mediaType: PLAYLIST_TYPE, cacheControl, version };
}

/** The playlist by which SRS leads a new viewer to the same one with a session. */
export function toSelf(request: HttpRequest, session: HlsSession): PackagedContent {
  const text = `#EXTM3U
#EXT-X-STREAM-INF:BANDWIDTH=1,AVERAGE-BANDWIDTH=1
${encodePath(request.path)}${playlistSuffix(request, session)}
`;
  return toPlaylist(text, session.key, CACHE_NEVER);
}

/** What comes behind addresses of playlists: the session's parameter, then those of the request. */
export function playlistSuffix(request: HttpRequest, session: HlsSession | undefined): string {
  return toQuery([sessionParameter(session), ...otherParameters(request)]);
}

/**
 * What comes behind addresses of segments: as little as can be, so that many ask for the same.
 *
 * @param session Absent: they do not carry it.
 */
export function segmentSuffix(request: HttpRequest, session: HlsSession | undefined): string {
  const vhost = otherParameters(request).find((parameter) => /^(?:vhost|domain)=/.test(parameter));
  return toQuery([sessionParameter(session), vhost ?? ""]);
}

function sessionParameter(session: HlsSession | undefined): string {
  return session === undefined ? "" : `${SESSION_PARAMETER}=${session.key}`;
}

/** The parameters as they were sent, without the session and what only one request is about. */
function otherParameters({ query }: HttpRequest): string[] {
  const isOther = (parameter: string): boolean =>
    !parameter.startsWith(`${SESSION_PARAMETER}=`) && !parameter.startsWith("_HLS_");
  // What playlists and manifests could take for something of theirs.
  const encode = (parameter: string): string =>
    parameter.replace(/["$<>\s]/g, (character) => encodeURIComponent(character));
  return query.split("&").filter(isOther).map(encode);
}

function toQuery(parameters: readonly string[]): string {
  const given = parameters.filter((parameter) => parameter !== "");
  return given.length === 0 ? "" : `?${given.join("&")}`;
}

/** Of a stream that is live, players are to ask again: with 404 most give up. */
export function notReady({ url, isLive }: Pick<StreamPackager, "url" | "isLive">): HttpResponse {
  const message = `Cannot play "${url}": it has no segment yet`;
  return isLive
    ? createErrorResponse(503, message, [["Retry-After", "1"]])
    : createErrorResponse(404, message, [["Cache-Control", cacheFor(1)]]);
}

/** Counts an answer in, and gives it back. */
export function sentIn(
  { sessions }: AnswerPorts,
  session: HlsSession,
  content: PackagedContent,
): PackagedContent {
  sessions.sent(session.key, content.bytes.length);
  return content;
}
