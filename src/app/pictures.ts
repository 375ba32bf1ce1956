/**
 * Requests for pictures of streams: `GET /live/show.jpg`.
 *
 * @module
 */

import { createClientId } from "../base/client-id.ts";
import type { Logger } from "../base/logger.ts";
import {
  formatStreamUrl,
  isSafeAppName,
  isSafeStreamName,
  type StreamName,
} from "../base/stream-name.ts";
import type { VhostConfig } from "../config/vhost-config.ts";
import type { Admission } from "../live/admission.ts";
import { httpPlayer } from "../live/http-player.ts";
import type { StreamHub } from "../live/stream-hub.ts";
import type { HttpAnswer } from "../protocols/http/handler.ts";
import { createErrorResponse, createNotFoundResponse } from "../protocols/http/http-error.ts";
import type { HttpRequest } from "../protocols/http/request.ts";
import { requestedVhost } from "../protocols/http/requested-vhost.ts";
import type { Runtime } from "../runtime/runtime.ts";
import { answerWithBytes } from "../servers/http/file-answer.ts";
import { Forwarder } from "../services/cluster/forwarder.ts";
import type { PackagedHere } from "../services/cluster/peer-server.ts";
import type { StreamDirectory } from "../services/cluster/stream-directory.ts";
import type { Snapshots } from "../services/snapshots/snapshots.ts";

const PATH = /^\/(.+)\/([^/]+)\.jpg$/;
const METHODS: readonly string[] = ["GET", "HEAD"];

export interface PictureVhost {
  readonly name: string;
  readonly config: VhostConfig;
}

export interface PicturesPorts {
  readonly hub: StreamHub;
  readonly snapshots: Snapshots;
  /** Who says who may play. */
  readonly access: Pick<Admission, "play">;
  readonly runtime: Runtime;
  readonly logger: Logger;
  /** The vhost that serves `host`; `undefined` if none does. */
  readonly vhostOf: (host: string) => PictureVhost | undefined;
  /** What other processes publish, if there are any. */
  readonly directory: Pick<StreamDirectory, "owner"> | undefined;
}

/** What a request is for. */
interface Target {
  readonly name: StreamName;
  readonly config: VhostConfig;
}

export class Pictures {
  readonly #ports: PicturesPorts;
  readonly #elsewhere: Forwarder | undefined;

  constructor(ports: PicturesPorts) {
    const { directory, runtime, logger } = ports;
    const { tcp, clock } = runtime;
    this.#ports = ports;
    if (directory !== undefined) {
      this.#elsewhere = new Forwarder({ directory, tcp, clock, logger });
    }
  }

  /** Answers with a picture of what is published; `undefined`: a file may have the name. */
  readonly handle = async (request: HttpRequest): Promise<HttpAnswer | undefined> => {
    const target = this.#findTarget(request);
    if (target === undefined) return undefined;
    const url = formatStreamUrl(target.name);
    const isHere = this.#isHere(target);
    if (!isHere && this.#ports.directory?.owner(url) === undefined) return undefined;
    await this.#judge(request, target);
    if (isHere) return this.#answer(request, target);
    return this.#elsewhere?.forward(request, url, keyOf(request, target));
  };

  /** Likewise, for a viewer who has been let in by another process. */
  readonly handleHere = async (request: HttpRequest): Promise<HttpAnswer | undefined> => {
    const target = this.#findTarget(request);
    if (target === undefined || !this.#isHere(target)) return undefined;
    return this.#answer(request, target);
  };

  /** Says why there is no picture, where nothing else has the name. */
  readonly handleMissing = (request: HttpRequest): HttpAnswer | undefined => {
    const target = this.#findTarget(request);
    if (target === undefined) return undefined;
    const url = formatStreamUrl(target.name);
    return createNotFoundResponse(`Cannot show "${url}": nobody publishes it`);
  };

  /** For the other processes, with what else they are answered. */
  behind(here: PackagedHere): PackagedHere {
    const answer: PackagedHere["answer"] = async (request) =>
      (await here.answer(request)) ?? this.handleHere(request);
    return { ...here, answer };
  }

  #findTarget(request: HttpRequest): Target | undefined {
    const [, app = "", stream = ""] = PATH.exec(request.path) ?? [];
    if (!isSafeAppName(app) || !isSafeStreamName(stream)) return undefined;
    const vhost = this.#ports.vhostOf(requestedVhost(request));
    if (vhost === undefined || !vhost.config.enabled || !vhost.config.snapshot.enabled) {
      return undefined;
    }
    return { name: { vhost: vhost.name, app, stream }, config: vhost.config };
  }

  /** Whether this process has the publisher. */
  #isHere({ name }: Target): boolean {
    const stream = this.#ports.hub.find(name);
    return stream?.isLive === true && stream.publication?.isRelayed !== true;
  }

  /** @throws {RefusedError} If the viewer may not play the stream. */
  async #judge(request: HttpRequest, { name }: Target): Promise<void> {
    const { access, runtime } = this.#ports;
    const clientId = createClientId((size) => runtime.crypto.randomBytes(size));
    await access.play(httpPlayer(request, name, clientId));
  }

  /** @throws {RefusedError} If there is none to be had now. */
  async #answer(request: HttpRequest, { name, config }: Target): Promise<HttpAnswer> {
    const { hub, snapshots, runtime } = this.#ports;
    if (!METHODS.includes(request.method)) {
      return createErrorResponse(405, "Method Not Allowed", [["Allow", METHODS.join(", ")]]);
    }
    const stream = hub.find(name);
    if (stream === undefined) return createNotFoundResponse("Cannot show it: nobody publishes it");
    const { bytes, takenMs } = await snapshots.take(stream);
    const ageSeconds = (runtime.clock.wallMs() - takenMs) / 1_000;
    const leftSeconds = Math.max(1, Math.ceil(config.snapshot.interval - ageSeconds));
    return answerWithBytes(request, {
      bytes,
      size: bytes.length,
      mediaType: "image/jpeg",
      cacheControl: `${config.token.play ? "private" : "public"}, max-age=${leftSeconds}`,
      etag: `"${Math.floor(takenMs)}"`,
      modifiedMs: takenMs,
    });
  }
}

/** The same for requests that have the same answer. */
function keyOf({ method, headers, path }: HttpRequest, { name }: Target): string | undefined {
  const isPlain = method === "GET" && !headers.has("range") && !headers.has("if-none-match");
  return isPlain && !headers.has("if-modified-since") ? `${path}\n${name.vhost}` : undefined;
}
