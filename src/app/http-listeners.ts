/**
 * The HTTP ports with all that they serve.
 *
 * @module
 */

import type { Assets } from "../base/assets.ts";
import { formatStreamUrl } from "../base/stream-name.ts";
import { SIGNATURE } from "../base/version.ts";
import type { Config } from "../config/config.ts";
import type { Traffic } from "../live/admission.ts";
import type { ServerView } from "../live/server-view.ts";
import { HttpServer } from "../protocols/http/server.ts";
import type { Runtime, Tcp, TcpListener, TlsIdentity } from "../runtime/runtime.ts";
import { answerOptions, corsFields } from "../servers/http/cors.ts";
import { LiveHandler, type LiveHandlerPorts } from "../servers/http-live/live-handler.ts";
import { ApiAccess } from "../services/api/access.ts";
import { createApi, type ServerIdentity } from "../services/api/api.ts";
import type { StreamDirectory } from "../services/cluster/stream-directory.ts";
import { createMetrics } from "../services/metrics/metrics.ts";
import { createFileHandler } from "./file-handler.ts";
import { createHttpHandler, type HttpHandlers } from "./http-handler.ts";
import type { HttpPort } from "./http-ports.ts";
import type { Packaging } from "./packaging.ts";
import type { Vhosts } from "./vhosts.ts";

export interface HttpListenersOptions
  extends Omit<LiveHandlerPorts, "liveVhost" | "isPublished" | "corsFields" | "crypto"> {
  readonly config: Config;
  readonly runtime: Runtime;
  readonly assets: Assets;
  readonly identity: ServerIdentity;
  readonly vhosts: Vhosts;
  readonly view: ServerView;
  readonly packaging: Packaging;
  /** What other processes publish, if there are any. */
  readonly directory?: Pick<StreamDirectory, "owner"> | undefined;
  /** How to listen. Absent: as the runtime does. */
  readonly tcp?: Pick<Tcp, "listen">;
}

export class HttpListeners {
  readonly #options: HttpListenersOptions;
  readonly #handlers: HttpHandlers;
  readonly #live: LiveHandler;
  readonly #servers: HttpServer[] = [];
  readonly #listeners: TcpListener[] = [];

  constructor(options: HttpListenersOptions) {
    this.#options = options;
    const { config, runtime, assets, identity, vhosts, view, clock, hub, directory } = options;
    const { auth } = config.httpApi;
    const access = new ApiAccess(auth.enabled ? auth : undefined);
    const isCrossDomain = config.httpServer.crossdomain;
    this.#live = new LiveHandler({
      ...options,
      crypto: runtime.crypto,
      liveVhost: (host) => vhosts.live(host),
      isPublished: (name) =>
        hub.find(name)?.isLive === true || directory?.owner(formatStreamUrl(name)) !== undefined,
      corsFields: (request) => (isCrossDomain ? corsFields(request) : []),
    });
    this.#handlers = {
      options: (request) => answerOptions(request, isCrossDomain),
      fields: (request) => (isCrossDomain ? corsFields(request) : []),
      packaged: options.packaging.handle,
      published: (request, context) => this.#live.handlePublished(request, context),
      streams: (request, context) => this.#live.handle(request, context),
      files: createFileHandler(config, runtime, assets),
      access: (request) => access.refusal(request),
      metrics: createMetrics(view),
      api: createApi({ identity, view, clock }),
    };
  }

  /** Of connections that are not players. */
  get traffic(): Traffic {
    let receivedSize = 0;
    let sentSize = 0;
    for (const server of this.#servers) {
      receivedSize += server.receivedSize;
      sentSize += server.sentSize;
    }
    return { receivedSize, sentSize };
  }

  /** @throws {SystemError} If the port cannot be had. */
  async listen({ endpoint, roles }: HttpPort, tls: TlsIdentity | undefined): Promise<void> {
    const { config, runtime, logger, connections, clock } = this.#options;
    const { tcp = runtime.tcp } = this.#options;
    const server = new HttpServer({
      handler: createHttpHandler(this.#handlers, roles),
      clock,
      logger,
      crypto: runtime.crypto,
      serverName: SIGNATURE,
      account: connections,
      limits: { headMs: config.limits.handshakeTimeout * 1_000 },
    });
    this.#servers.push(server);
    const { host, port } = endpoint;
    const options = tls === undefined ? { host, port } : { host, port, tls };
    const listener = await tcp.listen(options, (socket) => server.accept(socket));
    this.#listeners.push(listener);
    const protocol = tls === undefined ? "http" : "https";
    const apiFor = config.httpApi.auth.enabled ? "credentials" : "this_machine";
    logger.info("listening", {
      protocol,
      address: host,
      port: listener.port,
      serves: [...roles],
      ...(roles.has("api") ? { apiFor } : {}),
    });
  }

  /** Stops accepting; connections end with their next answer, players stay. */
  async stopListening(): Promise<void> {
    for (const server of this.#servers) server.close();
    await Promise.all(this.#listeners.splice(0).map((listener) => listener.close()));
  }

  /** Ends all connections but those of players, who are sessions. */
  async close(): Promise<void> {
    await this.stopListening();
    for (const server of this.#servers.splice(0)) server.destroy();
    this.#live.close();
  }
}
