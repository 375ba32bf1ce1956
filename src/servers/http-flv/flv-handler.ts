/**
 * Requests for live streams as FLV: `GET /live/show.flv`, and the same as a WebSocket.
 *
 * @module
 */

import { createClientId } from "../../base/client-id.ts";
import type { Timer } from "../../base/clock.ts";
import { ClosedError } from "../../base/errors.ts";
import { formatStreamUrl } from "../../base/stream-name.ts";
import { startSweep } from "../../base/sweep.ts";
import type { FieldList } from "../../codec/http/response-head.ts";
import type { SessionRequest } from "../../live/admission.ts";
import type { StreamHub } from "../../live/stream-hub.ts";
import { type HttpAnswer, type HttpContext, TAKEN_OVER } from "../../protocols/http/handler.ts";
import { createErrorResponse } from "../../protocols/http/http-error.ts";
import type { HttpRequest } from "../../protocols/http/request.ts";
import { requestedVhost } from "../../protocols/http/requested-vhost.ts";
import { isWebSocketRequest } from "../../protocols/http/websocket.ts";
import type { Crypto } from "../../runtime/runtime.ts";
import type { FlvPlayer, FlvPlayerPorts, FlvPlayerSettings } from "./flv-player.ts";
import { HttpFlvPlayer } from "./http-flv-player.ts";
import type { Mount, MountMatch } from "./mount.ts";
import { WsFlvPlayer } from "./ws-flv-player.ts";

export interface FlvHandlerPorts extends FlvPlayerPorts {
  readonly hub: StreamHub;
  readonly crypto: Pick<Crypto, "randomBytes">;
  /** How the vhost called `host`, a name or an address, serves FLV; `undefined` if it does not. */
  flvVhost(host: string): FlvVhost | undefined;
  /** The header fields that let a page of another origin read the answer, where it may. */
  corsFields(request: HttpRequest): FieldList;
}

export interface FlvVhost {
  readonly name: string;
  readonly mount: Mount;
  readonly player: FlvPlayerSettings;
}

const FIELDS: FieldList = [
  ["Content-Type", "video/x-flv"],
  ["Cache-Control", "no-store"],
];

export class FlvHandler {
  readonly #ports: FlvHandlerPorts;
  /** Those who may have to be told that their stream has not come. */
  readonly #waiting = new Set<FlvPlayer>();
  readonly #sweep: Timer;

  constructor(ports: FlvHandlerPorts) {
    this.#ports = ports;
    this.#sweep = startSweep(ports.clock, (nowMs) => this.#checkDeadlines(nowMs));
  }

  /** Serves the request, or says by `undefined` that it is for something else. */
  handle(request: HttpRequest, context: HttpContext): Promise<HttpAnswer> | HttpAnswer | undefined {
    const vhost = this.#ports.flvVhost(requestedVhost(request));
    const match = vhost?.mount.match(request.path);
    if (vhost === undefined || match === undefined) return undefined;
    switch (request.method) {
      case "GET":
        return this.#play(request, context, vhost, match);
      case "HEAD":
        return { status: 200, fields: FIELDS };
      default:
        return createErrorResponse(405, "Method Not Allowed", [["Allow", "GET, HEAD"]]);
    }
  }

  close(): void {
    this.#sweep.cancel();
  }

  async #play(
    request: HttpRequest,
    context: HttpContext,
    vhost: FlvVhost,
    match: MountMatch,
  ): Promise<HttpAnswer> {
    const { admission, crypto } = this.#ports;
    const session = toSessionRequest(
      request,
      { vhost: vhost.name, ...match },
      createClientId((size) => crypto.randomBytes(size)),
    );
    await admission.play(session);
    try {
      if (context.signal.aborted) throw new ClosedError("Cannot play: the viewer has left");
      this.#start(request, context, vhost, session);
    } catch (error) {
      admission.stopped(session);
      throw error;
    }
    return TAKEN_OVER;
  }

  /** Hands the connection to a player. @throws {HttpError} If it is no proper WebSocket. */
  #start(
    request: HttpRequest,
    context: HttpContext,
    vhost: FlvVhost,
    session: SessionRequest,
  ): void {
    const stream = this.#ports.hub.getOrCreate(session);
    const isWebSocket = isWebSocketRequest(request);
    const playing = { stream, isWebSocket, appUrl: toAppUrl(request, session) };
    if (isWebSocket) {
      const player = new WsFlvPlayer(this.#ports, vhost.player, session, playing);
      const connection = context.upgradeToWebSocket(request, player);
      connection.socket.setNoDelay(vhost.player.isNoDelay);
      player.attach(connection);
      this.#add(player);
    } else {
      const player = new HttpFlvPlayer(this.#ports, vhost.player, session, playing);
      const cors = this.#ports.corsFields(request);
      const head = context.heads.encode(200, [...FIELDS, ["Connection", "close"], ...cors]);
      const notFound = encodeNotFound(context, formatStreamUrl(session), cors);
      const { socket } = context.takeOver(player);
      socket.setNoDelay(vhost.player.isNoDelay);
      player.attach(socket, head, notFound);
      this.#add(player);
    }
  }

  #add(player: FlvPlayer): void {
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

function toSessionRequest(
  request: HttpRequest,
  name: { readonly vhost: string; readonly app: string; readonly stream: string },
  clientId: string,
): SessionRequest {
  return {
    clientId,
    clientType: "flv-play",
    remoteAddress: request.remoteAddress,
    ...name,
    param: request.query === "" ? "" : `?${request.query}`,
    // What SRS tells backends of HTTP players, who have no tcUrl.
    tcUrl: `rtmp://${name.vhost}/${name.app}`,
    pageUrl: request.headers.get("referer") ?? "",
    swfUrl: "",
  };
}

/** The app's URL as SRS's API has it: under the host that was asked for, without its port. */
function toAppUrl({ host, isTls }: HttpRequest, { vhost, app }: SessionRequest): string {
  const name = host.replace(/:\d*$/, "") || vhost;
  return `${isTls ? "https" : "http"}://${name}/${app}`;
}

function encodeNotFound(context: HttpContext, url: string, cors: FieldList): Uint8Array {
  const body = new TextEncoder().encode(
    JSON.stringify({ code: 404, message: `Cannot play "${url}": nobody publishes it` }),
  );
  const head = context.heads.encode(404, [
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
