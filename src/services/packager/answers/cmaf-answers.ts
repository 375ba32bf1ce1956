/**
 * Requests for a track's playlist and for media in CMAF.
 *
 * Spec: draft-pantos-hls-rfc8216bis, sections 6.2.5.2 (blocking playlist reload) and B.1 (how long
 * proxies may keep what they get).
 *
 * @module
 */

import { unlessMalformed } from "../../../base/errors.ts";
import {
  type DeliveryDirectives,
  parseDeliveryDirectives,
} from "../../../codec/m3u8/delivery-directives.ts";
import type { TrackKind } from "../../../live/track.ts";
import { createErrorResponse } from "../../../protocols/http/http-error.ts";
import type { HttpRequest } from "../../../protocols/http/request.ts";
import { findCmafMedia } from "../cmaf/cmaf-media.ts";
import type { CmafOutput } from "../cmaf/cmaf-output.ts";
import { type AddressSuffixes, fillMarks } from "../hls/address-marks.ts";
import type { CmafPlaylist } from "../hls/cmaf-playlist.ts";
import type { HlsSession } from "../hls/hls-session.ts";
import { SESSION_PARAMETER } from "../hls/hls-sessions.ts";
import { hasDirective, waitUntil } from "../hls/reload.ts";
import { CACHE_NEVER, cacheFor, type PackagedContent } from "../packaged-resource.ts";
import type { StreamPackager } from "../stream-packager.ts";
import {
  type AnswerPorts,
  idleMsOf,
  notReady,
  type PackagedAnswer,
  playlistSuffix,
  segmentSuffix,
  sentIn,
  toPlaylist,
  toSelf,
  waitUntilReady,
} from "./playlist-answer.ts";

/** What was waited for stays as it is, what there is at present does not. In target durations. */
const WAITED_FOR_TARGETS = 6;
const PRESENT_TARGETS = 0.5;

export class CmafAnswers {
  readonly #ports: AnswerPorts;

  constructor(ports: AnswerPorts) {
    this.#ports = ports;
  }

  /** @param file The name of the file, without its folder. */
  async file(
    request: HttpRequest,
    file: string,
    output: CmafOutput,
  ): Promise<PackagedAnswer | undefined> {
    const named = output.packager.names.parse(file);
    if (named === undefined || named.type === "playlist") return undefined;
    const { sessions, clock } = this.#ports;
    const found = await findCmafMedia(output, named, clock);
    if (found !== undefined && "bytes" in found) {
      const id = request.parameter(SESSION_PARAMETER);
      if (named.type === "initialization") sessions.sent(id, found.bytes.length);
      else sessions.sentMedia(id, found.bytes.length);
    }
    return found ?? createErrorResponse(404, undefined, [["Cache-Control", cacheFor(1)]]);
  }

  async playlist(
    request: HttpRequest,
    kind: TrackKind,
    stream: StreamPackager,
  ): Promise<PackagedAnswer | undefined> {
    const { clock } = this.#ports;
    const config = stream.packaging.cmaf?.config;
    const output = stream.cmaf(true);
    if (config === undefined || output === undefined) return undefined;
    const directives = unlessMalformed(() => parseDeliveryDirectives(request.parameters));
    if (directives === undefined) return createErrorResponse(400);
    const isReady = (): boolean => output.playlist(kind)?.hasSegment ?? output.isReady;
    if (!(await waitUntilReady(output, clock, isReady))) return notReady(stream);
    const playlist = output.playlist(kind);
    if (playlist === undefined) return undefined;
    let session: HlsSession | undefined;
    if (config.sessions) {
      session = await this.#session(request, stream);
      if (session === undefined) return this.#lead(request, stream);
    }
    const state = await waitUntil(directives, output, playlist, clock);
    if (state === "impossible") return createErrorResponse(400);
    if (state === "late") return createErrorResponse(503, undefined, [["Retry-After", "1"]]);
    const suffixes = {
      playlist: playlistSuffix(request, session),
      segment: segmentSuffix(request, config.segmentSessions ? session : undefined),
    };
    const content = playlistContent(playlist, directives, suffixes, session === undefined);
    return session === undefined ? content : sentIn(this.#ports, session, content);
  }

  /**
   * The session that the request names. One that is not known here, as after a restart of the server,
   * is let in again: its player goes on.
   */
  async #session(request: HttpRequest, stream: StreamPackager): Promise<HlsSession | undefined> {
    const { sessions } = this.#ports;
    const { programmes, cmaf } = stream.packaging;
    const isGuarded = cmaf?.isGuarded === true;
    const found = sessions.find(request, programmes.urlsOf(stream.name));
    if (found !== undefined || !sessions.isFree(request, isGuarded)) return found;
    return this.#open(request, stream);
  }

  /** Leads a viewer without a session to the same playlist with one. */
  async #lead(request: HttpRequest, stream: StreamPackager): Promise<PackagedContent> {
    return toSelf(request, await this.#open(request, stream));
  }

  #open(request: HttpRequest, { name, packaging }: StreamPackager): Promise<HlsSession> {
    const { config, isGuarded = false } = packaging.cmaf ?? {};
    const idleMs = idleMsOf(config?.window ?? 0);
    return this.#ports.sessions.open(request, { name, idleMs, clientType: "hls-play", isGuarded });
  }
}

function playlistContent(
  playlist: CmafPlaylist,
  directives: DeliveryDirectives,
  suffixes: AddressSuffixes,
  isShared: boolean,
): PackagedContent {
  const isDelta = directives.skip !== undefined;
  const text = fillMarks(playlist.text(isDelta), suffixes);
  const targets = hasDirective(directives) ? WAITED_FOR_TARGETS : PRESENT_TARGETS;
  const seconds = playlist.targetDuration * targets;
  const cacheControl = isShared ? cacheFor(seconds) : CACHE_NEVER;
  return toPlaylist(text, `${playlist.version}${isDelta ? "d" : ""}`, cacheControl);
}
