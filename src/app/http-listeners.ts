/**
 * The HTTP ports with all that they serve.
 *
 * @module
 */

import type { Assets } from "../base/assets.ts";
import { formatStreamUrl } from "../base/stream-name.ts";
import { SIGNATURE } from "../base/version.ts";
import type { FieldList } from "../codec/http/response-head.ts";
import type { Config } from "../config/config.ts";
import type { Traffic } from "../live/admission.ts";
import type { ServerIdentity } from "../live/server-identity.ts";
import type { ServerView } from "../live/server-view.ts";
import { createErrorResponse } from "../protocols/http/http-error.ts";
import type { HttpRequest } from "../protocols/http/request.ts";
import { HttpServer } from "../protocols/http/server.ts";
import type { HttpLimits } from "../protocols/http/server-settings.ts";
import type { Runtime, Tcp, TcpListener, TlsIdentity } from "../runtime/runtime.ts";
import { addFields, answerOptions, corsFields } from "../servers/http/cors.ts";
import { LiveHandler, type LiveHandlerPorts } from "../servers/http-live/live-handler.ts";
import { acceptedByRtc } from "../servers/rtc/rtc-handler.ts";
import { ApiAccess, type ApiUsers } from "../services/api/access.ts";
import { createApi } from "../services/api/api.ts";
import type { RecordingStore } from "../services/api/recordings.ts";
import type { Reload } from "../services/api/reload.ts";
import type { StreamDirectory } from "../services/cluster/stream-directory.ts";
import type { EventResponses } from "../services/events/event-responses.ts";
import { createMetrics } from "../services/metrics/metrics.ts";
import type { PlaybackHandler } from "../services/playback/playback-handler.ts";
import type { Recordings } from "../services/playback/recordings.ts";
import { createConsoleHandler } from "./console-handler.ts";
import { createFileHandler } from "./file-handler.ts";
import { GuardedFiles } from "./guarded-files.ts";
import { createHttpHandler, type HttpHandlers } from "./http-handler.ts";
import type { HttpRole } from "./http-ports.ts";
import type { ConfigSource } from "./live-config.ts";
import type { Packaging } from "./packaging.ts";
import type { Pictures } from "./pictures.ts";
import { createPlayback } from "./playback.ts";
import { isSharedWithWebRtc, type OpenPort, type PortPlan } from "./server-ports.ts";
import { splitByFirstByte } from "./split-by-first-byte.ts";
import type { Vhosts } from "./vhosts.ts";
import type { WebRtc } from "./webrtc.ts";

export interface HttpListenersOptions
  extends Omit<LiveHandlerPorts, "liveVhost" | "isPublished" | "corsFields" | "crypto"> {
  readonly config: ConfigSource;
  readonly runtime: Runtime;
  readonly assets: Assets;
  readonly identity: ServerIdentity;
  readonly vhosts: Vhosts;
  readonly view: ServerView;
  readonly packaging: Packaging;
  /** Who may use the API besides those that `http_api.auth` and this machine let in. */
  readonly users?: ApiUsers;
  /** Absent: there are no pictures of streams. */
  readonly pictures?: Pictures | undefined;
  /** What has been recorded. Absent: it is not played. */
  readonly catalog?: Recordings | undefined;
  /** What other processes publish, if there are any. */
  readonly directory?: Pick<StreamDirectory, "owner"> | undefined;
  /** Absent: there is none. */
  readonly webRtc?: Pick<WebRtc, "handle" | "acceptTcp"> | undefined;
  /** How the API has the configuration read again. Absent: it cannot. */
  readonly reload?: Reload | undefined;
  /** Who sends events to clients of the API. Absent: nobody. */
  readonly events?: EventResponses | undefined;
  /** What has been recorded. Absent: nobody is told. */
  readonly recordings?: RecordingStore | undefined;
  /** How to listen. Absent: as the runtime does. */
  readonly tcp?: Pick<Tcp, "listen">;
}

/** The blank, before which ASCII has nothing to be shown. */
const FIRST_OF_TEXT = 0x20;

interface HttpPort {
  readonly server: HttpServer;
  isClosed: boolean;
  readonly listener: TcpListener;
  roles: ReadonlySet<HttpRole>;
  setRoles(roles: ReadonlySet<HttpRole>): void;
}

export class HttpListeners {
  readonly #options: HttpListenersOptions;
  readonly #live: LiveHandler;
  readonly #playback: PlaybackHandler | undefined;
  readonly #guardedFiles: GuardedFiles;
  readonly #ports = new Set<HttpPort>();
  #handlers: HttpHandlers;
  #access = new ApiAccess(undefined);
  /** Of ports that have been closed. */
  #past: Traffic = { receivedSize: 0, sentSize: 0 };

  constructor(options: HttpListenersOptions) {
    this.#options = options;
    const { runtime, vhosts, hub, directory } = options;
    this.#live = new LiveHandler({
      ...options,
      crypto: runtime.crypto,
      liveVhost: (host) => vhosts.live(host),
      isPublished: (name) =>
        hub.find(name)?.isLive === true || directory?.owner(formatStreamUrl(name)) !== undefined,
      corsFields: (request) => this.#corsFields(request),
    });
    this.#playback = createPlayback({ ...options, corsFields: (of) => this.#corsFields(of) });
    this.#guardedFiles = new GuardedFiles(runtime);
    this.#handlers = this.#createHandlers();
  }

  /** The configuration has changed: for requests from now on. */
  configure(): void {
    this.#handlers = this.#createHandlers();
    for (const port of this.#ports) {
      port.setRoles(port.roles);
      port.server.configure(httpLimits(this.#options.config.current));
    }
    this.#options.events?.configure((request) => this.#judge(request));
  }

  #createHandlers(): HttpHandlers {
    const { runtime, assets, packaging } = this.#options;
    const config = this.#options.config.current;
    const { auth } = config.httpApi;
    const { enabled: isEnabled, label, tag } = config.exporter;
    const labels = { label, tag, architecture: runtime.host.architecture };
    this.#guardedFiles.configure(config);
    const access = new ApiAccess(auth.enabled ? auth : undefined, this.#options.users);
    this.#access = access;
    return {
      options: (request) => {
        const answer = answerOptions(request, config.httpServer.crossdomain);
        return answer && addFields(answer, acceptedByRtc(request.path));
      },
      fields: (request) => this.#corsFields(request),
      webRtc: (request, context) => this.#options.webRtc?.handle(request, context),
      recorded: (request, context) => this.#playback?.handle(request, context),
      packaged: packaging.handle,
      published: (request, context) => this.#live.handlePublished(request, context),
      streams: (request, context) => this.#live.handle(request, context),
      pictures: (request) => this.#options.pictures?.handle(request),
      missingPictures: (request) => this.#options.pictures?.handleMissing(request),
      files: createFileHandler(config, runtime, assets, this.#guardedFiles),
      console: createConsoleHandler(config, assets),
      access: (request) => access.refusal(request),
      metrics: createMetrics({ ...this.#options, isEnabled, labels }),
      api: createApi({ ...this.#options, config }),
    };
  }

  /** What somebody who is being told events would be answered now. */
  #judge(request: HttpRequest): ReturnType<ApiAccess["refusal"]> {
    const { enabled } = this.#options.config.current.httpApi;
    return enabled ? this.#access.refusal(request) : createErrorResponse(404);
  }

  #corsFields(request: HttpRequest): FieldList {
    return this.#options.config.current.httpServer.crossdomain ? corsFields(request) : [];
  }

  /** Connections, but for those of players, who are sessions. */
  get connectionCount(): number {
    return [...this.#ports].reduce((sum, { server }) => sum + server.connectionCount, 0);
  }

  /** Of connections that are not players. */
  get traffic(): Traffic {
    let { receivedSize, sentSize } = this.#past;
    for (const { server } of this.#ports) {
      receivedSize += server.receivedSize;
      sentSize += server.sentSize;
    }
    const events = this.#options.events?.traffic;
    receivedSize += events?.receivedSize ?? 0;
    sentSize += events?.sentSize ?? 0;
    return { receivedSize, sentSize };
  }

  /** See `OpenPortFunction`. @throws {SystemError} If the port cannot be had. */
  async listen(plan: PortPlan, tls: TlsIdentity | undefined, isEarly: boolean): Promise<OpenPort> {
    const { endpoint, roles } = plan;
    const { runtime, logger, connections, clock } = this.#options;
    const { tcp = runtime.tcp } = this.#options;
    const config = this.#options.config.current;
    let handler = createHttpHandler(this.#handlers, roles);
    const server = new HttpServer({
      handler: (request, context) => handler(request, context),
      clock,
      logger,
      crypto: runtime.crypto,
      serverName: SIGNATURE,
      account: connections,
      limits: httpLimits(config),
    });
    const { host, port: number } = endpoint;
    const options = tls === undefined ? { host, port: number } : { host, port: number, tls };
    let isOpen = isEarly;
    const listener = await tcp.listen(options, (socket) => {
      const { webRtc } = this.#options;
      const current = this.#options.config.current;
      if (!isOpen) socket.destroy();
      else if (tls === undefined && webRtc && isSharedWithWebRtc(current, endpoint)) {
        const silentMs = current.limits.handshakeTimeout * 1_000;
        splitByFirstByte(socket, clock, silentMs, (first) => {
          // A frame of RFC 4571 begins with its size; a request of HTTP with a letter.
          if (first < FIRST_OF_TEXT) webRtc.acceptTcp(socket);
          else server.accept(socket);
        });
      } else server.accept(socket);
    });
    const port: HttpPort = {
      server,
      isClosed: false,
      listener,
      roles,
      setRoles: (changed) => {
        port.roles = changed;
        handler = createHttpHandler(this.#handlers, changed);
      },
    };
    this.#ports.add(port);
    return {
      number: listener.port,
      open: () => {
        isOpen = true;
        this.#logOpen(plan, listener.port);
      },
      setTlsIdentity: (identity) => listener.setTlsIdentity(identity),
      setRoles: port.setRoles,
      close: () => this.#stopListeningOn(port),
    };
  }

  #logOpen({ endpoint, protocol, roles }: PortPlan, port: number): void {
    const { logger, users } = this.#options;
    const isOfApi = roles.has("api") || roles.has("exporter");
    const withoutAuth = users?.hasUsers === true ? "this_machine_and_users" : "this_machine";
    const isAsked = this.#options.config.current.httpApi.auth.enabled;
    logger.info("listening", {
      protocol,
      address: endpoint.host,
      port,
      serves: [...roles],
      ...(isOfApi ? { apiFor: isAsked ? "credentials" : withoutAuth } : {}),
    });
  }

  /** Call every second or so: lets go of closed ports that nobody is connected to any more. */
  sweep(): void {
    for (const port of this.#ports) {
      const { server, isClosed } = port;
      if (!isClosed || server.connectionCount > 0) continue;
      this.#ports.delete(port);
      this.#past = {
        receivedSize: this.#past.receivedSize + server.receivedSize,
        sentSize: this.#past.sentSize + server.sentSize,
      };
    }
  }

  /** Nobody may begin to play. */
  stop(): void {
    this.#live.isStopping = true;
    if (this.#playback !== undefined) this.#playback.isStopping = true;
  }

  /** Ends all connections but those of players, who are sessions. */
  close(): void {
    for (const port of this.#ports) port.server.destroy();
    this.#live.close();
    this.#playback?.close();
  }

  /** Stops accepting; connections end with their next answer, players stay. */
  async #stopListeningOn(port: HttpPort): Promise<void> {
    port.isClosed = true;
    port.server.close();
    await port.listener.close();
  }
}

function httpLimits({ limits }: Config): Partial<HttpLimits> {
  return { headMs: limits.handshakeTimeout * 1_000 };
}
