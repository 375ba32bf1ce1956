/**
 * Requests for live streams: `GET /live/show.flv`, and the same as a WebSocket; `.ts`, `.aac`, `.mp3`.
 *
 * @module
 */

import { createClientId } from "../../base/client-id.ts";
import type { Timer } from "../../base/clock.ts";
import { ClosedError, RefusedError } from "../../base/errors.ts";
import { formatStreamUrl, type StreamName } from "../../base/stream-name.ts";
import { startSweep } from "../../base/sweep.ts";
import type { FieldList } from "../../codec/http/response-head.ts";
import type { LiveExtension } from "../../config/live-extension.ts";
import type { SessionRequest } from "../../live/admission.ts";
import { httpPlayer } from "../../live/http-player.ts";
import type { SessionTrace } from "../../live/session-trace.ts";
import type { StreamHub } from "../../live/stream-hub.ts";
import { type HttpAnswer, type HttpContext, TAKEN_OVER } from "../../protocols/http/handler.ts";
import { createErrorResponse, createNotFoundResponse } from "../../protocols/http/http-error.ts";
import type { HttpRequest } from "../../protocols/http/request.ts";
import { requestedVhost } from "../../protocols/http/requested-vhost.ts";
import type { ServerHeads } from "../../protocols/http/server-heads.ts";
import { isWebSocketRequest } from "../../protocols/http/websocket.ts";
import type { Crypto } from "../../runtime/runtime.ts";
import { HttpLivePlayer } from "./http-live-player.ts";
import { LIVE_FORMATS } from "./live-format.ts";
import {
  type LivePlayer,
  type LivePlayerPorts,
  type LivePlayerSettings,
  liveProtocol,
  NOT_PUBLISHED,
} from "./live-player.ts";
import type { Mount } from "./mount.ts";
import { WsLivePlayer } from "./ws-live-player.ts";

export interface LiveHandlerPorts extends LivePlayerPorts {
  readonly hub: StreamHub;
  readonly crypto: Pick<Crypto, "randomBytes">;
  /** How the vhost called `host`, a name or an address, serves streams; `undefined` if it does not. */
  liveVhost(host: string): LiveVhost | undefined;
  /** Whether somebody publishes the stream, here or where it can be had from. */
  isPublished(name: StreamName): boolean;
  /** The header fields that let a page of another origin read the answer, where it may. */
  corsFields(request: HttpRequest): FieldList;
}

export interface LiveVhost {
  readonly name: string;
  readonly mount: Mount;
  readonly player: LivePlayerSettings;
  /**
   * Whether a player waits for a stream as MPEG-TS. Not where such names are those of HLS segments
   * too: who comes late for one is not to wait for a stream of its name.
   */
  readonly isTsWaiting: boolean;
}

/** What a request is for. */
interface Target {
  readonly vhost: LiveVhost;
  readonly name: StreamName;
  readonly extension: LiveExtension;
}

/** A viewer who has been let play. */
interface Asked {
  readonly session: SessionRequest;
  readonly askedMs: number;
  readonly trace: SessionTrace | undefined;
}

export class LiveHandler {
  /** Those who play may go on; nobody may begin. */
  isStopping = false;
  readonly #ports: LiveHandlerPorts;
  /** Those who may have to be told that their stream has not come. */
  readonly #waiting = new Set<LivePlayer>();
  readonly #sweep: Timer;

  constructor(ports: LiveHandlerPorts) {
    this.#ports = ports;
    this.#sweep = startSweep(ports.clock, (nowMs) => this.#checkDeadlines(nowMs));
  }

  /**
   * Serves the request if its stream is published, or says by `undefined` that it is for something
   * else: a file may have the name while nobody publishes it.
   */
  handlePublished(
    request: HttpRequest,
    context: HttpContext,
  ): Promise<HttpAnswer> | HttpAnswer | undefined {
    const target = this.#findTarget(request);
    if (target === undefined || !this.#ports.isPublished(target.name)) return undefined;
    return this.#answer(request, context, target);
  }

  /** Serves the request likewise, but lets it wait for its stream if need be. */
  handle(request: HttpRequest, context: HttpContext): Promise<HttpAnswer> | HttpAnswer | undefined {
    const target = this.#findTarget(request);
    if (target === undefined) return undefined;
    const isWaiting = target.extension !== "ts" || target.vhost.isTsWaiting;
    if (isWaiting || this.#ports.isPublished(target.name)) {
      return this.#answer(request, context, target);
    }
    const url = formatStreamUrl(target.name);
    return createNotFoundResponse(`Cannot play "${url}": ${NOT_PUBLISHED}`);
  }

  close(): void {
    this.isStopping = true;
    this.#sweep.cancel();
  }

  #findTarget(request: HttpRequest): Target | undefined {
    const vhost = this.#ports.liveVhost(requestedVhost(request));
    const match = vhost?.mount.match(request.path);
    if (vhost === undefined || match === undefined) return undefined;
    const { app, stream, extension } = match;
    return { vhost, name: { vhost: vhost.name, app, stream }, extension };
  }

  #answer(
    request: HttpRequest,
    context: HttpContext,
    target: Target,
  ): Promise<HttpAnswer> | HttpAnswer {
    const { hasWebSocket, mediaType } = LIVE_FORMATS[target.extension];
    switch (request.method) {
      case "GET":
        if (!hasWebSocket && isWebSocketRequest(request)) {
          return createErrorResponse(400, `Cannot play .${target.extension} by WebSocket`);
        }
        return this.#play(request, context, target);
      case "HEAD":
        return { status: 200, fields: contentFields(mediaType) };
      default:
        return createErrorResponse(405, "Method Not Allowed", [["Allow", "GET, HEAD"]]);
    }
  }

  async #play(request: HttpRequest, context: HttpContext, target: Target): Promise<HttpAnswer> {
    const { admission, crypto, clock, tracing } = this.#ports;
    const clientId = createClientId((size) => crypto.randomBytes(size));
    const session = httpPlayer(request, target.name, clientId);
    const askedMs = clock.monotonicMs();
    const protocol = liveProtocol(target.extension, isWebSocketRequest(request));
    const { remoteAddress } = request;
    const trace = tracing?.begin({ clientId, protocol, remoteAddress, startedMs: askedMs });
    try {
      trace?.identify(session);
      await admission.play(session);
      try {
        if (context.signal.aborted) throw new ClosedError("Cannot play: the viewer has left");
        const vhost = this.#expectServed(session);
        this.#start(request, context, { ...target, vhost }, { session, askedMs, trace });
      } catch (error) {
        admission.stopped(session);
        throw error;
      }
    } catch (error) {
      trace?.end("refused", true);
      throw error;
    }
    return TAKEN_OVER;
  }

  /** Much may have happened while it was asked whether the viewer may play. */
  #expectServed({ vhost: name }: SessionRequest): LiveVhost {
    if (this.isStopping) {
      throw new RefusedError("shutting_down", "Cannot play: the server is shutting down");
    }
    const vhost = this.#ports.liveVhost(name);
    if (vhost?.name === name) return vhost;
    throw new RefusedError("vhost_disabled", `Cannot play: "${name}" is not served`);
  }

  /** Hands the connection to a player. @throws {HttpError} If it is no proper WebSocket. */
  #start(
    request: HttpRequest,
    context: HttpContext,
    { vhost, extension }: Target,
    { session, askedMs, trace }: Asked,
  ): void {
    const stream = this.#ports.hub.getOrCreate(session);
    const isWebSocket = isWebSocketRequest(request);
    const playing = {
      stream,
      extension,
      isWebSocket,
      appUrl: toAppUrl(request, session),
      askedMs,
      trace,
    };
    if (isWebSocket) {
      const player = new WsLivePlayer(this.#ports, vhost.player, session, playing);
      const connection = context.upgradeToWebSocket(request, player);
      connection.socket.setNoDelay(vhost.player.isNoDelay);
      player.attach(connection);
      this.#add(player);
    } else {
      const player = new HttpLivePlayer(this.#ports, vhost.player, session, playing);
      const cors = this.#ports.corsFields(request);
      const fields = contentFields(LIVE_FORMATS[extension].mediaType);
      const { heads } = context;
      const head = heads.encode(200, [...fields, ["Connection", "close"], ...cors]);
      const { socket } = context.takeOver(player);
      socket.setNoDelay(vhost.player.isNoDelay);
      player.attach(socket, head, (why) => {
        return encodeNotFound(heads, `Cannot play "${formatStreamUrl(session)}": ${why}`, cors);
      });
      this.#add(player);
    }
  }

  #add(player: LivePlayer): void {
    this.#waiting.add(player);
    player.start();
  }

  #checkDeadlines(nowMs: number): void {
    for (const player of this.#waiting) {
      player.checkDeadline(nowMs);
      if (!player.isWaiting) this.#waiting.delete(player);
    }
  }
}

/** The app's URL as SRS's API has it: under the host that was asked for, without its port. */
function toAppUrl({ host, isTls }: HttpRequest, { vhost, app }: SessionRequest): string {
  const name = host.replace(/:\d*$/, "") || vhost;
  return `${isTls ? "https" : "http"}://${name}/${app}`;
}

function contentFields(mediaType: string): FieldList {
  return [
    ["Content-Type", mediaType],
    ["Cache-Control", "no-store"],
  ];
}

function encodeNotFound(heads: ServerHeads, message: string, cors: FieldList): Uint8Array {
  const body = new TextEncoder().encode(JSON.stringify({ code: 404, message }));
  const head = heads.encode(404, [
    ["Content-Type", "application/json"],
    ["Content-Length", String(body.length)],
    ["Connection", "close"],
    ...cors,
  ]);
  const answer = new Uint8Array(head.length + body.length);
  answer.set(head);
  answer.set(body, head.length);
  return answer;
}
