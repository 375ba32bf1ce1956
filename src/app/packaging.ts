/**
 * Packaged streams as a part of the server: what packages them, who watches, and how they are served.
 *
 * @module
 */

import type { Clock } from "../base/clock.ts";
import type { Logger } from "../base/logger.ts";
import { HeaderFields } from "../codec/http/header-fields.ts";
import type { Admission } from "../live/admission.ts";
import type { SessionRegistry } from "../live/session-registry.ts";
import type { SessionTracing } from "../live/session-trace.ts";
import type { StreamHub } from "../live/stream-hub.ts";
import type { HttpAnswer, HttpResponse } from "../protocols/http/handler.ts";
import type { HttpRequest } from "../protocols/http/request.ts";
import { requestedVhost } from "../protocols/http/requested-vhost.ts";
import type { Runtime } from "../runtime/runtime.ts";
import { answerWithBytes, type BytesContent } from "../servers/http/file-answer.ts";
import { StaticFiles } from "../servers/http/static-files.ts";
import type { PackagedHere } from "../services/cluster/peer-server.ts";
import type { StreamDirectory } from "../services/cluster/stream-directory.ts";
import type { PackagedAnswer } from "../services/packager/answers/playlist-answer.ts";
import { toPrivateResponse } from "../services/packager/answers/private-answer.ts";
import { HlsSessions, SESSION_PARAMETER } from "../services/packager/hls/hls-sessions.ts";
import type { SegmentPorts } from "../services/packager/output-ports.ts";
import {
  CACHE_FOREVER,
  type PackagedContent,
  type PackagedFile,
} from "../services/packager/packaged-resource.ts";
import { Packager } from "../services/packager/packager.ts";
import { PackagerHandler } from "../services/packager/packager-handler.ts";
import type { PartialHandler } from "./http-handler.ts";
import type { ConfigSource } from "./live-config.ts";
import { createElsewhere, readVariantQuestion } from "./packaged-elsewhere.ts";
import { RecentContents } from "./recent-contents.ts";
import type { Vhosts } from "./vhosts.ts";

export interface PackagingPorts extends SegmentPorts {
  readonly config: ConfigSource;
  readonly runtime: Runtime;
  readonly hub: StreamHub;
  readonly vhosts: Vhosts;
  readonly admission: Admission;
  readonly sessions: SessionRegistry;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly tracing?: SessionTracing | undefined;
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
  readonly #recent: RecentContents = new RecentContents();

  constructor(ports: PackagingPorts) {
    const { config, runtime, hub, vhosts, logger, clock, onSegment, onCmafSegment } = ports;
    const { crypto, files, tcp } = runtime;
    this.#runtime = runtime;
    const packagingOf = vhosts.packagingOf.bind(vhosts);
    const packager = { hub, files, clock, crypto, logger, onSegment, onCmafSegment, packagingOf };
    this.packager = new Packager(packager);
    this.#sessions = new HlsSessions({
      ...{ ...ports, crypto },
      sessionsMax: () => config.current.maxConnections,
      isServed: (vhost) => packagingOf(vhost)?.vhost === vhost,
    });
    this.#handler = new PackagerHandler({
      packager: this.packager,
      sessions: this.#sessions,
      clock,
      packagingFor: packagingOf,
      elsewhere: createElsewhere(ports.directory, { tcp, clock, logger }),
    });
  }

  /** Answers requests for what has been packaged, in this process or another one. */
  readonly handle: PartialHandler = (request) => {
    const key = keyOf(request);
    const recent = key === undefined ? undefined : this.#recent.get(key);
    if (recent === undefined) return this.#find(request);
    const id = request.parameter(SESSION_PARAMETER);
    if (id !== undefined && MEDIA.test(request.path)) this.#sessions.sentMedia(id, recent.size);
    else if (id !== undefined) this.#sessions.sent(id, recent.size);
    return answerWithBytes(request, recent);
  };

  /** How vhosts package has changed. */
  configure(): void {
    this.#folders.clear();
    this.#recent.clear();
    this.packager.configure();
  }

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
    const content = answer === undefined ? undefined : contentOf(answer);
    if (content === undefined) return this.#toAnswer(request, answer);
    const key = content.cacheControl === CACHE_FOREVER ? keyOf(request) : undefined;
    if (key !== undefined) this.#recent.add(key, content);
    return answerWithBytes(request, content);
  }

  async #toAnswer(
    request: HttpRequest,
    answer: PackagedAnswer | undefined,
  ): Promise<HttpAnswer | undefined> {
    if (answer === undefined || "status" in answer) return answer;
    if ("root" in answer) return this.#serveFile(request, answer);
    return answerWithBytes(request, toContent(answer));
  }

  async #serveFile(
    request: HttpRequest,
    { root, path, isPrivate }: PackagedFile,
  ): Promise<HttpResponse | undefined> {
    const response = await this.#folder(root).serve(request, path);
    return response !== undefined && isPrivate === true ? toPrivateResponse(response) : response;
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

/** What an answer consists of, if that is at hand. */
function contentOf(answer: PackagedAnswer): BytesContent | undefined {
  if ("bytes" in answer) return toContent(answer);
  return "status" in answer ? forwardedContent(answer) : undefined;
}

function toContent({ bytes, mediaType, cacheControl, version }: PackagedContent): BytesContent {
  const { length: size } = bytes;
  return { bytes, size, mediaType, cacheControl, etag: `"${version}"`, modifiedMs: undefined };
}

/** Names of what holds frames, among all that is packaged. */
const MEDIA = /\.(?:ts|m4s)$/;

/** Bytes that another process has sent, whole; `undefined` for what is handed on as it comes. */
function forwardedContent({ status, fields, body }: HttpResponse): BytesContent | undefined {
  if (status !== 200 || !(body instanceof Uint8Array)) return undefined;
  const given = new HeaderFields(fields);
  return {
    bytes: body,
    size: body.length,
    mediaType: given.get("content-type") ?? "",
    cacheControl: given.get("cache-control") ?? "",
    etag: given.get("etag") ?? "",
    modifiedMs: undefined,
  };
}

/** What a path means depends on the vhost alone, however the client says it. No path has a line end. */
function keyOf(request: HttpRequest): string | undefined {
  return request.method === "GET" ? `${request.path}\n${requestedVhost(request)}` : undefined;
}
