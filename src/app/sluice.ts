/**
 * The server as a whole: builds every part from the configuration, and takes it apart again.
 *
 * @module
 */

import type { Assets } from "../base/assets.ts";
import { sleep } from "../base/clock.ts";
import { RefusedError } from "../base/errors.ts";
import type { Logger } from "../base/logger.ts";
import { DEFAULT_VHOST } from "../base/stream-name.ts";
import { startSweep } from "../base/sweep.ts";
import type { Config } from "../config/config.ts";
import type { Admission } from "../live/admission.ts";
import { ConnectionLimit } from "../live/connection-limit.ts";
import { LocalView, type LocalViewPorts } from "../live/local-view.ts";
import type { RecordedEvent, ServerEvent } from "../live/server-event.ts";
import type { ServerIdentity } from "../live/server-identity.ts";
import type { ServerView } from "../live/server-view.ts";
import { SessionRegistry } from "../live/session-registry.ts";
import type { StreamSettings } from "../live/settings.ts";
import { StreamHub } from "../live/stream-hub.ts";
import { NO_TOTALS, type TotalsReport } from "../live/totals.ts";
import type { Runtime, Tcp, UserIdentity } from "../runtime/runtime.ts";
import { RtmpServer } from "../servers/rtmp/server.ts";
import type { RtcRelaySource } from "../services/cluster/relay-source.ts";
import { Machine } from "../services/machine/machine.ts";
import { Disposal } from "./disposal.ts";
import { Events } from "./events.ts";
import { startHeartbeat } from "./heartbeat.ts";
import { reportHooks, tellOfSegments } from "./hooks.ts";
import { HttpListeners } from "./http-listeners.ts";
import { LiveConfig } from "./live-config.ts";
import { Packaging, type PackagingPorts } from "./packaging.ts";
import { pause } from "./pause.ts";
import { Pictures } from "./pictures.ts";
import { writePidFile } from "./pid-file.ts";
import { describeSessions } from "./process/describe-serving.ts";
import { runAs } from "./process/run-as.ts";
import { toApiReload } from "./reload/api-reload.ts";
import type { PreparedConfig } from "./reload/prepared-config.ts";
import type { ReloadControl } from "./reload/reloader.ts";
import { createRtcStreams } from "./rtc-streams.ts";
import { listenRtmp } from "./rtmp-listener.ts";
import { limitSendBuffer } from "./send-buffer.ts";
import { createServerIdentity, identityPaths } from "./server-identity.ts";
import { connectionLimits, rtmpOptions } from "./server-limits.ts";
import type { ServerParts } from "./server-parts.ts";
import { type BoundPort, ServerPorts } from "./server-ports.ts";
import { findServerUrls, logReady, type ServerUrls } from "./server-urls.ts";
import { startTestStream } from "./start-test-stream.ts";
import { createStreamServices, type StreamServices } from "./stream-services.ts";
import { streamSettings } from "./stream-settings.ts";
import { type ConfiguredTracing, createTracing } from "./tracing.ts";
import { Vhosts } from "./vhosts.ts";
import { WebRtc, type WebRtcOptions } from "./webrtc.ts";
import { joinServer, type Membership } from "./workers/membership.ts";
import { RtcWorkers } from "./workers/rtc-workers.ts";

/** How often a graceful stop looks whether everybody has left. */
const LEFT_POLL_MS = 200;
/** How long ended sessions may take to close; they close at once unless the machine is overloaded. */
const END_MS_MAX = 1_000;
const END_POLL_MS = 10;
/** For answers that are on their way, or are asked for at the moment, in a graceful stop. */
const LAST_ANSWERS_MS_MAX = 3_000;

export interface SluiceOptions {
  readonly config: Config;
  readonly runtime: Runtime;
  readonly logger: Logger;
  readonly assets: Assets;
  /** Absent: the configuration cannot be read anew. */
  readonly reloads?: ReloadControl;
  /** Absent: the server is this process alone. */
  readonly membership?: Membership;
  /** Who is asked about sessions behind those whom the configuration names. */
  readonly admission?: Admission | undefined;
  /** Told what happens, as long as there is no membership. */
  readonly onEvent?: ((event: RecordedEvent) => void) | undefined;
  /** Who to act for once all ports are open. Absent: for whom the process acts already. */
  readonly user?: UserIdentity | undefined;
}

/** Looks after itself every second or so. */
interface Swept {
  sweep(nowMs: number): void;
}

export class Sluice {
  readonly #options: SluiceOptions;
  readonly #config: LiveConfig;
  readonly #disposal: Disposal;
  readonly #sessions = new SessionRegistry();
  readonly #connections: ConnectionLimit;
  readonly #events: Events;
  #ports: ServerPorts | undefined;
  #view: LocalView | undefined;
  #hub: StreamHub | undefined;
  #isStarted = false;
  /** Aborted: nobody waits any more for others to leave. */
  readonly #stopping = new AbortController();
  /** Has all parts take on another configuration. */
  #configure: (config: Config) => void = () => undefined;
  /** Clients of HTTP that are no players. */
  #countAsking: () => number = () => 0;
  /** Closes every port, those who are connected stay. */
  #stopListening: () => Promise<void> = async () => undefined;

  constructor(options: SluiceOptions) {
    this.#options = options;
    this.#config = new LiveConfig(options.config);
    this.#disposal = new Disposal(options.logger);
    this.#connections = new ConnectionLimit(connectionLimits(options.config));
    this.#events = new Events({
      ...options,
      membership: options.membership,
      config: () => this.#config.current,
      sessions: this.#sessions,
      connections: this.#connections,
    });
  }

  get urls(): ServerUrls {
    const ports = this.#ports;
    return findServerUrls(this.#config.current, (protocol, endpoint) =>
      ports?.chosen(protocol, endpoint),
    );
  }

  /** Those that are open. */
  get ports(): readonly BoundPort[] {
    return this.#ports?.bound ?? [];
  }

  /** What can be known of it, and done to it; `undefined` before it is started. */
  get view(): ServerView | undefined {
    return this.#view;
  }

  /** What it has come to so far. */
  get totals(): TotalsReport {
    return this.#view?.totals() ?? NO_TOTALS;
  }

  /** For what is decided outside of it. */
  tell(event: ServerEvent): void {
    this.#events.tell(event);
  }

  /** A line for people. */
  describeState(): string {
    return describeSessions(this.#hub?.streams ?? [], this.#sessions.values());
  }

  /** How long a graceful stop may wait, in milliseconds; 0: for as long as anybody stays. */
  get graceMs(): number {
    return this.#config.current.graceTimeout;
  }

  /** SIGTERM is to be taken as SIGQUIT. */
  get isTermGraceful(): boolean {
    return this.#config.current.forceGraceQuit;
  }

  /**
   * Opens the ports.
   *
   * @throws {SystemError} If a port or a file cannot be had. What was opened stays open: call `stop`.
   */
  async start(): Promise<void> {
    const { config, runtime, logger, membership } = this.#options;
    const { clock, crypto } = runtime;
    const identity = membership?.identity ?? (await this.#identify());
    const live = this.#config;
    const events = this.#events;
    const { tell } = events;
    this.#disposal.add("events", () => events.close()); // Behind all that is told of an end.
    const hub = this.#createHub();
    const { tracing, report } = this.#openTracing();
    const vhosts = new Vhosts(config);
    const connections = this.#connections;
    const sessions = this.#sessions;
    const local = this.#openView({
      ...{ hub, sessions, connections, tracing: report },
      otherTraffic: () => http.traffic,
      hooks: () => reportHooks(hooks),
      forwards: () => forwards.report(),
      recorder: () => dvr,
      pulls: () => pulls.report(),
      programs: () => programs.view,
      changeFeed: (change) => changeFeed(change),
    });
    const services = this.#createServices(hub, identity);
    const { access, hooks, forwards, pulls, programs, dvr, changeFeed } = services;
    const admission = events.watch(tracing.watch(services.admission));
    const ports = { hub, admission, sessions, connections, clock, logger, crypto, tracing };
    const packaging = this.#createPackaging({ ...ports, vhosts, ...tellOfSegments(hooks, tell) });
    const pictures = this.#createPictures(hub, services);
    this.#startSweep([
      ...[local, { sweep: () => membership?.tellTotals(local.totals()) }, hub, packaging],
      ...[...services.swept, { sweep: () => http.sweep() }, events],
      { sweep: (nowMs: number) => webRtc.sweep(nowMs) },
    ]);
    const { webRtc, rtcStreams } = this.#createWebRtc({ ...ports, vhosts, identity });
    const packaged = webRtc.behind(pictures.behind(packaging.here));
    const rtc = webRtc.here;
    const parts = {
      ...{ hub, connections, view: local, packaged, runtime, logger },
      rtc,
      rtcStreams,
    };
    const view =
      membership === undefined
        ? local
        : await joinServer(membership, { ...parts, disposal: this.#disposal });
    const { rtmp, http } = this.#createServers({
      ...ports,
      ...{ access, webRtc },
      vhosts,
      packaging,
      pictures,
      feeders: [programs, pulls],
      view,
      events: events.responses,
      ...{ identity, recordings: services.recordings, catalog: services.catalog },
    });
    this.#configure = (next) => {
      live.current = next;
      vhosts.configure(next);
      connections.configure(connectionLimits(next));
      rtmp.options = rtmpOptions(next, identity, crypto);
      for (const part of [hub, packaging, forwards, programs, dvr, pulls, http, events])
        part.configure();
    };
    await this.#open(hub, () => this.#listen(rtmp, http, webRtc));
    dvr.recover();
    programs.start();
    pulls.configure();
    if ((membership?.worker ?? 0) === 0) {
      const stop = startHeartbeat({ config: live, runtime, logger, identity, view });
      this.#disposal.add("heartbeat", stop);
    }
    this.#tellReady(identity);
  }

  /**
   * Takes on another configuration. Nobody is disconnected but those on a vhost that is not served any
   * more.
   *
   * @throws {SystemError} If a port or a certificate cannot be had; then nothing has changed.
   */
  async reconfigure(config: Config): Promise<void> {
    await (await this.prepare(config)).commit();
  }

  /**
   * Gets hold of what another configuration takes.
   *
   * @throws {SystemError} If a port or a certificate cannot be had; then nothing has changed.
   * @throws {RefusedError} If the server has not begun.
   * @throws {ClosedError} If it stops.
   */
  async prepare(config: Config): Promise<PreparedConfig> {
    if (this.#ports === undefined || !this.#isStarted)
      throw new RefusedError("shutting_down", "Cannot reload yet");
    const ports = await this.#ports.prepare(config);
    const commit = async (): Promise<void> => {
      this.#configure(config);
      for (const session of [...this.#sessions.values()]) {
        if (session.request === undefined) continue;
        const vhost = config.vhosts[session.request.vhost];
        if (vhost?.enabled === true) session.setNoDelay(vhost.tcpNodelay);
        else session.kick("vhost_disabled");
      }
      await ports.commit();
    };
    return { commit, giveUp: ports.giveUp };
  }

  /** Stops at once: everybody is disconnected. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#events.stopping(false);
    await this.#disposal.closeAll();
  }

  /** Takes nobody new, waits until all sessions have ended by themselves or by `stop`, then stops. */
  async stopGracefully(): Promise<void> {
    this.#events.stopping(true);
    await this.#pause(this.#config.current.graceStartWait);
    await this.drain();
    await this.#pause(this.#config.current.graceFinalWait);
    await this.stop();
  }

  #pause(ms: number): Promise<void> {
    return pause(this.#options.runtime.clock, ms, this.#stopping.signal);
  }

  /** Takes nobody new, and waits until all sessions have ended by themselves. */
  async drain(): Promise<void> {
    await this.#stopListening();
    const { logger } = this.#options;
    logger.info("waiting for sessions to end", { sessions: this.#sessions.size });
    while (this.#sessions.size > 0 && !this.#stopping.signal.aborted) {
      await this.#pause(LEFT_POLL_MS);
    }
    // Who asks at the very moment is answered, so that nobody notices that the server is started anew.
    const { clock } = this.#options.runtime;
    const endMs = clock.monotonicMs() + LAST_ANSWERS_MS_MAX;
    while (this.#countAsking() > 0 && clock.monotonicMs() < endMs) {
      if (this.#stopping.signal.aborted) return;
      await this.#pause(END_POLL_MS);
    }
  }

  /** The supervisor tells of the server that this process is a worker of. */
  #tellReady(identity: ServerIdentity): void {
    const { logger, runtime, membership } = this.#options;
    if (membership === undefined) logReady({ urls: this.urls, logger, identity });
    else logger.info("worker ready", { pid: runtime.host.pid });
    this.#events.started();
  }

  #createServers(parts: ServerParts): { readonly rtmp: RtmpServer; readonly http: HttpListeners } {
    const { runtime, assets, membership, reloads } = this.#options;
    const { vhosts, packaging, identity, access } = parts;
    const config = this.#config;
    const rtmpPorts = { ...parts, rtmpVhost: (host: string) => vhosts.rtmp(host) };
    const rtmp = new RtmpServer(rtmpPorts, rtmpOptions(config.current, identity, runtime.crypto));
    this.#disposal.add("RTMP", () => rtmp.close());
    const tcp = this.#tcp;
    const directory = membership?.directory;
    const more = { tcp, runtime, assets, directory, config, users: access.api };
    const http = new HttpListeners({ ...parts, ...more, reload: toApiReload(reloads) });
    this.#disposal.add("HTTP", () => http.close());
    this.#countAsking = () => http.connectionCount;
    this.#disposal.add("WebRTC", () => parts.webRtc.close());
    this.#disposal.add("sessions", () => this.#endSessions());
    this.#stopListening = async () => {
      rtmp.isStopping = true;
      http.stop();
      parts.webRtc.stop();
      await this.#ports?.close();
      packaging.endSessions();
      for (const feeder of parts.feeders) feeder.endFeeds();
    };
    return { rtmp, http };
  }

  /** How to listen. */
  get #tcp(): Pick<Tcp, "listen"> {
    const { runtime, membership, config } = this.#options;
    return limitSendBuffer(membership?.ports ?? runtime.tcp, config.limits.sendBuffer);
  }

  #createPackaging(parts: Omit<PackagingPorts, "config" | "runtime" | "directory">): Packaging {
    const { runtime, membership } = this.#options;
    const directory = membership?.directory;
    const packaging = new Packaging({ ...parts, config: this.#config, runtime, directory });
    this.#disposal.add("packaging", () => packaging.close());
    return packaging;
  }

  #createWebRtc(
    parts: Omit<
      WebRtcOptions,
      "config" | "runtime" | "streams" | "rtcVhost" | "tcp" | "workers"
    > & { readonly vhosts: Vhosts },
  ): { readonly webRtc: WebRtc; readonly rtcStreams: RtcRelaySource } {
    const { vhosts, hub, logger } = parts;
    const { runtime, membership } = this.#options;
    const config = (): Config => this.#config.current;
    const directory = membership?.directory;
    const streams = createRtcStreams({ hub, runtime, logger, config, directory });
    this.#disposal.add("streams of WebRTC", () => streams.close());
    const webRtc = new WebRtc({
      ...parts,
      ...{ config: this.#config, runtime, streams, tcp: this.#tcp },
      workers: membership && new RtcWorkers(membership, runtime.udp.canSharePort),
      rtcVhost: (host) => vhosts.rtc(host),
    });
    return { webRtc, rtcStreams: streams };
  }

  #createHub(): StreamHub {
    const { runtime, membership } = this.#options;
    const settingsOf = (vhost: string): StreamSettings =>
      streamSettings(this.#config.current, vhost);
    const hub = new StreamHub(runtime.clock, settingsOf, membership?.claims);
    this.#disposal.add("streams", () => hub.close());
    this.#events.watchStreams(hub);
    this.#hub = hub;
    return hub;
  }

  #createServices(hub: StreamHub, identity: ServerIdentity): StreamServices {
    const { runtime, logger, membership } = this.#options;
    const config = (): Config => this.#config.current;
    const isFirst = (membership?.worker ?? 0) === 0;
    const { admission } = this.#options;
    const events = this.#events;
    const options = { runtime, logger, hub, identity, config, isFirst, events, admission };
    return createStreamServices(options, this.#disposal);
  }

  #startSweep(parts: readonly Swept[]): void {
    const sweep = startSweep(this.#options.runtime.clock, (nowMs) => {
      for (const part of parts) part.sweep(nowMs);
    });
    this.#disposal.add("sweep", () => sweep.cancel());
  }

  #createPictures(hub: StreamHub, { access, programs }: StreamServices): Pictures {
    const { runtime, logger, membership } = this.#options;
    return new Pictures({
      ...{ hub, runtime, logger, directory: membership?.directory },
      snapshots: programs.snapshots,
      access: access.admission,
      vhostOf: (host) => {
        const { vhosts } = this.#config.current;
        const name = Object.hasOwn(vhosts, host) ? host : DEFAULT_VHOST;
        const config = vhosts[name];
        return config && { name, config };
      },
    });
  }

  /** Opens the ports, and acts for whom it is to act from then on. */
  async #open(hub: StreamHub, listen: () => Promise<void>): Promise<void> {
    const { config, runtime, logger, user, membership } = this.#options;
    if (user === undefined) await startTestStream(this.#options, hub, this.#disposal); // Before an encoder takes its name.
    await listen();
    if (user === undefined) return;
    const isAlone = membership === undefined;
    await runAs(user, { runtime, logger, config, paths: this.#ownPaths, isAlone });
    // What comes of it on disk is to be the user's.
    await startTestStream(this.#options, hub, this.#disposal);
  }

  /** Files and sockets of its own, which it has opened before it becomes another user. */
  get #ownPaths(): string[] {
    const { config, membership } = this.#options;
    return membership === undefined ? identityPaths(config) : [membership.peerPath];
  }

  async #identify(): Promise<ServerIdentity> {
    const { config, runtime } = this.#options;
    if (config.pid !== "") {
      this.#disposal.add("pid file", await writePidFile(config.pid, runtime));
    }
    return createServerIdentity(config, runtime);
  }

  #openTracing(): ConfiguredTracing {
    const { runtime, logger } = this.#options;
    const traces = createTracing({ runtime, logger, config: () => this.#config.current });
    this.#disposal.add("tracing", () => traces.close());
    return traces;
  }

  #openView(
    ports: Omit<LocalViewPorts, "clock" | "process" | "system" | "role" | "worker">,
  ): LocalView {
    const { config, runtime, membership } = this.#options;
    const view = new LocalView({
      ...ports,
      clock: runtime.clock,
      process: runtime.host,
      system: new Machine(runtime, {
        isSampled: config.stats.enabled,
        disks: () => this.#config.current.stats.disk,
      }),
      role: membership === undefined ? "single" : "worker",
      worker: membership?.worker,
    });
    this.#disposal.add("figures", () => view.close());
    this.#view = view;
    return view;
  }

  async #listen(rtmp: RtmpServer, http: HttpListeners, webRtc: WebRtc): Promise<void> {
    const { runtime, logger } = this.#options;
    const ports = new ServerPorts(runtime.files, (plan, tls, isEarly) => {
      const isHttp = plan.protocol === "http" || plan.protocol === "https";
      if (plan.protocol.startsWith("webrtc")) return webRtc.listen(plan);
      return isHttp
        ? http.listen(plan, tls, isEarly)
        : listenRtmp({ rtmp, tcp: this.#tcp, logger }, plan, tls, isEarly);
    });
    this.#ports = ports;
    await (await ports.prepare(this.#config.current)).commit();
    this.#isStarted = true;
  }

  /** Disconnects everybody, and gives each session the moment it takes to say so in the log. */
  async #endSessions(): Promise<void> {
    await this.#stopListening();
    this.#sessions.kickAll("server_stopped");
    const { clock } = this.#options.runtime;
    const startMs = clock.monotonicMs();
    while (this.#sessions.size > 0 && clock.monotonicMs() - startMs < END_MS_MAX) {
      await sleep(clock, END_POLL_MS);
    }
  }
}
