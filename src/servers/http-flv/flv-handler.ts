/**
 * Requests for live streams as FLV: `GET /live/show.flv`, and the same as a WebSocket.
 *
 * @module
 */

import { createClientId } from "../../base/client-id.ts";
import type { Timer } from "../../base/clock.ts";
import { formatStreamUrl } from "../../base/stream-name.ts";
import type { FieldList } from "../../codec/http/response-head.ts";
import type { SessionRequest } from "../../live/admission.ts";
import type { StreamHub } from "../../live/stream-hub.ts";
import { type HttpAnswer, type HttpContext, TAKEN_OVER } from "../../protocols/http/handler.ts";
import { createErrorResponse } from "../../protocols/http/http-error.ts";
import type { HttpRequest } from "../../protocols/http/request.ts";
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

const SWEEP_MS = 1_000;

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
    this.#sweep = ports.clock.setInterval(SWEEP_MS, () => this.#checkDeadlines());
  }

  /** Serves the request, or says by `undefined` that it is for something else. */
  handle(request: HttpRequest, context: HttpContext): Promise<HttpAnswer> | HttpAnswer | undefined {
    const host =
      request.parameter("vhost") ?? request.parameter("domain") ?? hostName(request.host);
    const vhost = this.#ports.flvVhost(host);
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
    const { hub, admission, crypto } = this.#ports;
    const session = toSessionRequest(
      request,
      { vhost: vhost.name, ...match },
      createClientId((size) => crypto.randomBytes(size)),
    );
    await admission.play(session);
    if (context.signal.aborted) {
      admission.stopped(session);
      return createErrorResponse(503); // Nobody is there to read it.
    }
    const stream = hub.getOrCreate(session);
    if (isWebSocketRequest(request)) {
      const playing = { stream, isWebSocket: true };
      const player = new WsFlvPlayer(this.#ports, vhost.player, session, playing);
      player.attach(context.upgradeToWebSocket(request, player));
      this.#start(player);
    } else {
      const playing = { stream, isWebSocket: false };
      const player = new HttpFlvPlayer(this.#ports, vhost.player, session, playing);
      const cors = this.#ports.corsFields(request);
      const head = context.heads.encode(200, [...FIELDS, ["Connection", "close"], ...cors]);
      const notFound = encodeNotFound(context, formatStreamUrl(session), cors);
      player.attach(context.takeOver(player).socket, head, notFound);
      this.#start(player);
    }
    return TAKEN_OVER;
  }

  #start(player: FlvPlayer): void {
    this.#waiting.add(player);
    player.start();
  }

  #checkDeadlines(): void {
    const nowMs = this.#ports.clock.monotonicMs();
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

/** The host of `Host`, without the port, IPv6 addresses without brackets. */
function hostName(host: string): string {
  if (host.startsWith("[")) return host.slice(1, host.indexOf("]"));
  const colon = host.lastIndexOf(":");
  return colon === -1 ? host : host.slice(0, colon);
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
