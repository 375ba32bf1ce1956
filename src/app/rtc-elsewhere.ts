/**
 * Requests of WebRTC clients that another worker is to answer, as the session is its own.
 *
 * @module
 */

import type { Clock } from "../base/clock.ts";
import type { Logger } from "../base/logger.ts";
import type { HttpAnswer, HttpResponse } from "../protocols/http/handler.ts";
import { HttpRequest } from "../protocols/http/request.ts";
import { RequestBody } from "../protocols/http/request-body.ts";
import type { Tcp } from "../runtime/runtime.ts";
import { JSON_PATHS, RTC_PATH, STREAMS_PATH } from "../servers/rtc/rtc-handler.ts";
import { OFFER_SIZE_MAX } from "../servers/rtc/whip-handler.ts";
import { Forwarder } from "../services/cluster/forwarder.ts";
import type { Peer } from "../services/cluster/peer.ts";
import type { WorkerPeers } from "../services/cluster/sharing/worker-peers.ts";

/** JSON says every line end of an offer by two characters. */
const BODY_SIZE_MAX = 2 * OFFER_SIZE_MAX;
const EMPTY = new Uint8Array();
/** The name for ICE that a client wants its session to have, in the address that SRS's JSON has. */
const WANTED_UFRAG = /[?&]ice-ufrag=([^&"\\\s]+)/;

/** Answers as the only process that there is. */
type Here = (request: HttpRequest) => Promise<HttpAnswer> | HttpAnswer | undefined;

export interface RtcElsewherePorts {
  readonly workers: WorkerPeers;
  readonly tcp: Tcp;
  readonly clock: Clock;
  readonly logger: Logger;
}

export class RtcElsewhere {
  readonly #workers: WorkerPeers;
  readonly #forwarder: Forwarder;

  constructor({ workers, ...ports }: RtcElsewherePorts) {
    this.#workers = workers;
    this.#forwarder = new Forwarder({ ...ports, directory: { owner: () => undefined } });
  }

  /** @param here Answers what is for this process; `undefined` if it is not about WebRTC. */
  handle(request: HttpRequest, here: Here): Promise<HttpAnswer> | HttpAnswer | undefined {
    const { path, method } = request;
    if (!path.startsWith(RTC_PATH)) return undefined;
    const known = path.endsWith("/") ? path : `${path}/`;
    if (known === STREAMS_PATH && method === "GET") return this.#listRooms(request, here);
    if (method === "POST" && known in JSON_PATHS) return this.#open(request, here);
    const [session] = request.parameter("session")?.split(":", 1) ?? [];
    const owner = this.#ownerOf(session ?? request.parameter("ice-ufrag"), method === "POST");
    return owner === undefined ? here(request) : this.#forward(owner, request);
  }

  /** The body says what SRS's JSON asks for. */
  async #open(request: HttpRequest, here: Here): Promise<HttpAnswer> {
    const body = await request.bytes(BODY_SIZE_MAX);
    const ufrag = WANTED_UFRAG.exec(new TextDecoder().decode(body))?.[1];
    const owner = this.#ownerOf(ufrag, true);
    if (owner !== undefined) return this.#forwarder.forwardTo(owner, request, body);
    const again = withBody(request, body);
    return (await here(again)) ?? { status: 404 };
  }

  /**
   * @param ufrag The name of a session that is there or to be opened, if it is said.
   * @returns `undefined` if this process is to answer, as also for who cannot be reached: it knows of no
   *   such session.
   */
  #ownerOf(ufrag: string | undefined, isToOpen: boolean): Peer | undefined {
    if (ufrag === undefined && !isToOpen) return undefined;
    const name = ufrag ?? this.#workers.newUfrag();
    return this.#workers.isOwn(name) ? undefined : this.#workers.ownerOf(name);
  }

  async #forward(owner: Peer, request: HttpRequest): Promise<HttpResponse> {
    const body = request.body === undefined ? EMPTY : await request.bytes(BODY_SIZE_MAX);
    return this.#forwarder.forwardTo(owner, request, body);
  }

  /** Those of all workers who are in a meeting. */
  async #listRooms(request: HttpRequest, here: Here): Promise<HttpAnswer> {
    const own = (await here(request)) ?? { status: 404 };
    if (own instanceof Response || "isTakenOver" in own || own.status !== 200) return own;
    const others = this.#workers.list().map(async (peer) => {
      return readStreams(await this.#forwarder.forwardTo(peer, request, EMPTY));
    });
    const lists = [await readStreams(own), ...(await Promise.all(others))];
    return { ...own, body: JSON.stringify({ code: 0, streams: lists.flat() }) };
  }
}

/** Nothing, of who does not answer. */
async function readStreams({ status, body }: HttpResponse): Promise<readonly unknown[]> {
  const text = await new Response(body as string | ReadableStream<Uint8Array>).text();
  if (status !== 200) return [];
  const { streams } = JSON.parse(text) as { readonly streams?: unknown };
  return Array.isArray(streams) ? streams : [];
}

/** The same with a body that has been read. */
function withBody(request: HttpRequest, bytes: Uint8Array): HttpRequest {
  const { method, target, versionMinor, headers: fields } = request;
  const body = new RequestBody(bytes.length, () => undefined);
  body.accept(bytes, 0);
  return new HttpRequest({ method, target, versionMinor, fields }, request, body);
}
