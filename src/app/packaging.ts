/**
 * Packaged streams as a part of the server: what packages them, who watches, and how they are served.
 *
 * @module
 */

import type { Clock } from "../base/clock.ts";
import type { Logger } from "../base/logger.ts";
import { HeaderFields } from "../codec/http/header-fields.ts";
import type { Config } from "../config/config.ts";
import type { Admission } from "../live/admission.ts";
import type { SessionRegistry } from "../live/session-registry.ts";
import type { StreamHub } from "../live/stream-hub.ts";
import type { HttpAnswer } from "../protocols/http/handler.ts";
import type { HttpRequest } from "../protocols/http/request.ts";
import { requestedVhost } from "../protocols/http/requested-vhost.ts";
import type { Runtime } from "../runtime/runtime.ts";
import { answerWithBytes, type BytesContent } from "../servers/http/file-answer.ts";
import { StaticFiles } from "../servers/http/static-files.ts";
import { Forwarder } from "../services/cluster/forwarder.ts";
import { type PackagedHere, VARIANT_PATH } from "../services/cluster/peer-server.ts";
import type { StreamDirectory } from "../services/cluster/stream-directory.ts";
import type { PackagedAnswer } from "../services/packager/answers/playlist-answer.ts";
import { HlsSessions, SESSION_PARAMETER } from "../services/packager/hls/hls-sessions.ts";
import type { LadderVariant } from "../services/packager/hls/ladder.ts";
import {
  NOTHING_ELSEWHERE,
  type PackagedElsewhere,
  type VariantQuestion,
} from "../services/packager/packaged-elsewhere.ts";
import { CACHE_FOREVER, type PackagedContent } from "../services/packager/packaged-resource.ts";
import { Packager } from "../services/packager/packager.ts";
import { PackagerHandler } from "../services/packager/packager-handler.ts";
import type { PartialHandler } from "./http-handler.ts";
import type { Vhosts } from "./vhosts.ts";

/** What is asked for within a second; a stream has some ten such files at a time. */
const RECENT_MAX = 1_024;
/** A segment of 8 s at 16 Mbps. A larger one of another process is handed on as it comes. */
const FORWARDED_SIZE_MAX = 16 * 1024 * 1024;

export interface PackagingPorts {
  readonly config: Config;
  readonly runtime: Runtime;
  readonly hub: StreamHub;
  readonly vhosts: Vhosts;
  readonly admission: Admission;
  readonly sessions: SessionRegistry;
  readonly clock: Clock;
  readonly logger: Logger;
  /** What other processes publish, if there are any. */
  readonly directory?: Pick<StreamDirectory, "owner"> | undefined;
}

export class Packaging {
  readonly packager: Packager;
  readonly #sessions: HlsSessions;
  readonly #handler: PackagerHandler;
  readonly #runtime: Runtime;
  /** By their folder. */
  readonly #folders = new Map<string, StaticFiles>();
  /** Segments and parts that were asked for since the last sweep, by path and vhost. */
  readonly #recent = new Map<string, BytesContent>();

  constructor(ports: PackagingPorts) {
    const { config, runtime, hub, vhosts, logger, clock } = ports;
    const { crypto, files } = runtime;
    this.#runtime = runtime;
    const packagingOf = vhosts.packagingOf.bind(vhosts);
    this.packager = new Packager({ hub, files, clock, crypto, logger, packagingOf });
    this.#sessions = new HlsSessions({ ...ports, crypto, sessionsMax: config.maxConnections });
    this.#handler = new PackagerHandler({
      packager: this.packager,
      sessions: this.#sessions,
      clock,
      packagingFor: packagingOf,
      elsewhere: createElsewhere(ports),
    });
  }

  /** Answers requests for what has been packaged, in this process or another one. */
  readonly handle: PartialHandler = (request) => {
    const key = keyOf(request);
    const recent = key === undefined ? undefined : this.#recent.get(key);
    if (recent === undefined) return this.#find(request);
    const id = request.parameter(SESSION_PARAMETER);
    if (id !== undefined) this.#sessions.sent(id, recent.size);
    return answerWithBytes(request, recent);
  };

  /** For the other processes. */
  readonly here: PackagedHere = {
    answer: async (request) => this.#toAnswer(request, await this.#handler.handleHere(request)),
    variant: (parameters) => this.#handler.variantHere(readVariantQuestion(parameters)),
  };

  /** Call every second or so. */
  sweep(nowMs: number): void {
    this.#recent.clear();
    this.packager.sweep(nowMs);
    this.#sessions.sweep(nowMs);
  }

  /** Nobody can come back for the next playlist: those who watch have left. */
  endSessions(): void {
    this.#sessions.close();
  }

  async close(): Promise<void> {
    this.endSessions();
    await this.packager.close();
  }

  async #find(request: HttpRequest): Promise<HttpAnswer | undefined> {
    const answer = await this.#handler.handle(request);
    if (answer === undefined) return undefined;
    const content = "bytes" in answer ? toContent(answer) : await readForwarded(request, answer);
    if (content === undefined) return this.#toAnswer(request, answer);
    // Under that name there will never be anything else: the next one need not look for it.
    const key = content.cacheControl === CACHE_FOREVER ? keyOf(request) : undefined;
    if (key !== undefined && this.#recent.size < RECENT_MAX) this.#recent.set(key, content);
    return answerWithBytes(request, content);
  }

  async #toAnswer(
    request: HttpRequest,
    answer: PackagedAnswer | undefined,
  ): Promise<HttpAnswer | undefined> {
    if (answer === undefined || "status" in answer) return answer;
    if ("root" in answer) return this.#folder(answer.root).serve(request, answer.path);
    return answerWithBytes(request, toContent(answer));
  }

  #folder(root: string): StaticFiles {
    let folder = this.#folders.get(root);
    if (folder === undefined) {
      folder = new StaticFiles(this.#runtime.files, root, this.#runtime.clock);
      this.#folders.set(root, folder);
    }
    return folder;
  }
}

function toContent({ bytes, mediaType, cacheControl, version }: PackagedContent): BytesContent {
  const { length: size } = bytes;
  return { bytes, size, mediaType, cacheControl, etag: `"${version}"`, modifiedMs: undefined };
}

/**
 * A segment that another process has sent, whole: its viewers here ask for it at the same moment, and
 * the other process is to send it once. `undefined` if the answer is something else.
 */
async function readForwarded(
  request: HttpRequest,
  answer: PackagedAnswer,
): Promise<BytesContent | undefined> {
  const isWhole = request.method === "GET" && request.query === "" && !request.headers.has("range");
  if (!isWhole || !("status" in answer) || answer.status !== 200) return undefined;
  const fields = new HeaderFields(answer.fields);
  const size = Number(fields.get("content-length") ?? Number.POSITIVE_INFINITY);
  const cacheControl = fields.get("cache-control") ?? "";
  if (cacheControl !== CACHE_FOREVER || !(size <= FORWARDED_SIZE_MAX)) return undefined;
  return {
    bytes: new Uint8Array(await new Response(answer.body).arrayBuffer()),
    size,
    mediaType: fields.get("content-type") ?? "",
    cacheControl,
    etag: fields.get("etag") ?? "",
    modifiedMs: undefined,
  };
}

/** What a path means depends on the vhost alone, however the client says it. No path has a line end. */
function keyOf(request: HttpRequest): string | undefined {
  return request.method === "GET" ? `${request.path}\n${requestedVhost(request)}` : undefined;
}

function createElsewhere({ directory, runtime, logger }: PackagingPorts): PackagedElsewhere {
  if (directory === undefined) return NOTHING_ELSEWHERE;
  const { tcp, clock } = runtime;
  const forwarder = new Forwarder({ directory, tcp, clock, logger });
  return {
    forward: (request, url) => forwarder.forward(request, url),
    // The peer is the same program, so that what it sends is what this one would.
    variant: ({ url, format, base }) =>
      forwarder.ask(url, VARIANT_PATH, { format, base }) as Promise<LadderVariant | undefined>,
  };
}

function readVariantQuestion(parameters: URLSearchParams): VariantQuestion {
  return {
    url: parameters.get("url") ?? "",
    format: parameters.get("format") === "ts" ? "ts" : "cmaf",
    base: parameters.get("base") ?? "",
  };
}
