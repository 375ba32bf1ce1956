/**
 * The server as a whole: builds every part from the configuration, and takes it apart again.
 *
 * @module
 */

import { assert } from "../base/assert.ts";
import type { Assets } from "../base/assets.ts";
import type { Logger } from "../base/logger.ts";
import { DEFAULT_VHOST } from "../base/stream-name.ts";
import { startSweep } from "../base/sweep.ts";
import { PRODUCT_NAME, SIGNATURE, VERSION } from "../base/version.ts";
import type { Config } from "../config/config.ts";
import type { Endpoint } from "../config/endpoint.ts";
import { OPEN_ADMISSION } from "../live/admission.ts";
import { ConnectionLimit } from "../live/connection-limit.ts";
import { SessionRegistry } from "../live/session-registry.ts";
import { StreamHub } from "../live/stream-hub.ts";
import type { Runtime, TlsIdentity } from "../runtime/runtime.ts";
import { RtmpServer } from "../servers/rtmp/server.ts";
import { TestStream } from "../services/test-stream/test-stream.ts";
import { Disposal } from "./disposal.ts";
import { HttpListeners } from "./http-listeners.ts";
import { httpPorts, type TlsFiles } from "./http-ports.ts";
import { writePidFile } from "./pid-file.ts";
import { createServerIdentity } from "./server-identity.ts";
import { streamSettings } from "./stream-settings.ts";
import { Vhosts } from "./vhosts.ts";

/** How often a graceful stop looks whether everybody has left. */
const LEFT_POLL_MS = 200;
/** How long ended sessions may take to close; they close at once unless the machine is overloaded. */
const END_MS_MAX = 1_000;
const END_POLL_MS = 10;
/** Answers to commands are hundreds of bytes; who lets so many of them pile up does not read. */
const RTMP_OUTPUT_SIZE_MAX = 256 * 1024;
const TEST_STREAM_ASSET = "/test-stream.flv";

export interface SluiceOptions {
  readonly config: Config;
  readonly runtime: Runtime;
  readonly logger: Logger;
  readonly assets: Assets;
}

/** Where people find the server. `undefined` for what is not served. */
export interface SluiceUrls {
  readonly watch: string | undefined;
  readonly publish: string | undefined;
  readonly api: string | undefined;
}

export class Sluice {
  readonly #options: SluiceOptions;
  readonly #disposal: Disposal;
  readonly #sessions = new SessionRegistry();
  /** Closes every port, those who are connected stay. */
  #stopListening: () => Promise<void> = async () => undefined;
  #urls: SluiceUrls = { watch: undefined, publish: undefined, api: undefined };

  constructor(options: SluiceOptions) {
    this.#options = options;
    this.#disposal = new Disposal(options.logger);
  }

  get urls(): SluiceUrls {
    return this.#urls;
  }

  /** SIGTERM is to be taken as SIGQUIT. */
  get isTermGraceful(): boolean {
    return this.#options.config.forceGraceQuit;
  }

  /**
   * Opens the ports.
   *
   * @throws {SystemError} If a port or a file cannot be had. What was opened stays open: call `stop`.
   */
  async start(): Promise<void> {
    const { config, runtime, logger, assets } = this.#options;
    const { clock, crypto } = runtime;
    if (config.pid !== "") {
      this.#disposal.add("pid file", await writePidFile(config.pid, runtime));
    }
    const identity = await createServerIdentity(config, runtime);
    const hub = new StreamHub(clock, (vhost) => streamSettings(config, vhost));
    this.#disposal.add("streams", () => hub.close());
    const sweep = startSweep(clock, (nowMs) => hub.sweep(nowMs));
    this.#disposal.add("sweep", () => sweep.cancel());

    const vhosts = new Vhosts(config);
    const connections = new ConnectionLimit({
      connectionsMax: config.maxConnections,
      connectionsPerAddressMax: config.limits.connectionsPerAddress,
    });
    const ports = {
      hub,
      admission: OPEN_ADMISSION,
      sessions: this.#sessions,
      connections,
      clock,
      logger,
      crypto,
    };
    const rtmp = new RtmpServer(
      { ...ports, rtmpVhost: (host) => vhosts.rtmp(host) },
      {
        crypto,
        identity: { name: PRODUCT_NAME, version: VERSION, pid: runtime.host.pid },
        handshakeTimeoutMs: config.limits.handshakeTimeout * 1_000,
        mediaSizeMax: config.limits.rtmpMessageSize,
        outputSizeMax: RTMP_OUTPUT_SIZE_MAX,
      },
    );
    this.#disposal.add("RTMP", () => rtmp.close());
    const http = new HttpListeners({ ...ports, config, runtime, assets, identity, vhosts });
    this.#disposal.add("HTTP", () => http.close());
    this.#disposal.add("sessions", () => this.#endSessions());
    this.#stopListening = async () => {
      await Promise.all([rtmp.stopListening(), http.stopListening()]);
    };

    this.#startTestStream(hub); // Before an encoder can come and take its name.
    await this.#listenRtmp(rtmp);
    for (const port of httpPorts(config)) {
      await http.listen(port, await this.#readTls(port.tls));
    }
    this.#urls = findUrls(config);
    logger.info("server ready", {
      ...this.#urls,
      server: SIGNATURE,
      serverId: identity.serverId,
      pid: runtime.host.pid,
    });
  }

  /** Stops at once: everybody is disconnected. */
  async stop(): Promise<void> {
    await this.#disposal.closeAll();
  }

  /** Takes nobody new, waits until all sessions have ended by themselves, then stops. */
  async stopGracefully(): Promise<void> {
    const { config, logger } = this.#options;
    await this.#sleep(config.graceStartWait);
    await this.#stopListening();
    logger.info("waiting for sessions to end", { sessions: this.#sessions.size });
    while (this.#sessions.size > 0) await this.#sleep(LEFT_POLL_MS);
    await this.#sleep(config.graceFinalWait);
    await this.stop();
  }

  async #listenRtmp(rtmp: RtmpServer): Promise<void> {
    const { config, runtime } = this.#options;
    for (const { host, port } of config.listen) await rtmp.listen(runtime.tcp, { host, port });
    const { rtmps } = config;
    if (!rtmps.enabled) return;
    const tls = await this.#readTls(rtmps);
    assert(tls !== undefined, "RTMPS has a certificate");
    for (const { host, port } of rtmps.listen) await rtmp.listen(runtime.tcp, { host, port, tls });
  }

  async #readTls(paths: TlsFiles | undefined): Promise<TlsIdentity | undefined> {
    if (paths === undefined) return undefined;
    const { files } = this.#options.runtime;
    const [certificate, key] = await Promise.all([
      files.readText(paths.cert),
      files.readText(paths.key),
    ]);
    return { certificate, key };
  }

  #startTestStream(hub: StreamHub): void {
    const { config, runtime, logger, assets } = this.#options;
    const { enabled, app, stream } = config.testStream;
    if (!enabled) return;
    const file = assets.get(TEST_STREAM_ASSET);
    assert(file !== undefined, "the test stream is among the assets");
    const name = { vhost: DEFAULT_VHOST, app, stream };
    const testStream = new TestStream({ hub, clock: runtime.clock, logger }, name, file.bytes);
    testStream.start();
    this.#disposal.add("test stream", () => testStream.stop());
  }

  /** Disconnects everybody, and gives each session the moment it takes to say so in the log. */
  async #endSessions(): Promise<void> {
    await this.#stopListening();
    this.#sessions.kickAll("server_stopped");
    const { clock } = this.#options.runtime;
    const startMs = clock.monotonicMs();
    while (this.#sessions.size > 0 && clock.monotonicMs() - startMs < END_MS_MAX) {
      await this.#sleep(END_POLL_MS);
    }
  }

  #sleep(ms: number): Promise<void> {
    return new Promise((resolve) => void this.#options.runtime.clock.setTimer(ms, resolve));
  }
}

function findUrls(config: Config): SluiceUrls {
  const { httpServer, httpApi, listen } = config;
  return {
    watch: httpServer.enabled ? url("http", httpServer.listen, 80, "/") : undefined,
    publish: url("rtmp", listen, 1935, "/live/livestream"),
    api: httpApi.enabled ? url("http", httpApi.listen, 80, "/api/v1/versions") : undefined,
  };
}

/** The first endpoint as a URL for this machine. */
function url(
  scheme: string,
  [endpoint]: readonly Endpoint[],
  usualPort: number,
  path: string,
): string | undefined {
  if (endpoint === undefined) return undefined;
  const { host, port } = endpoint;
  const isAny = host === "0.0.0.0" || host === "::";
  const name = isAny ? "localhost" : host.includes(":") ? `[${host}]` : host;
  return `${scheme}://${name}${port === usualPort ? "" : `:${port}`}${path}`;
}
