/**
 * A server inside of another program. It has no signals, ends no process and prints nothing; what is
 * of the process, such as its working folder, stays as it is.
 *
 * @module
 */

import { Reloader } from "../app/reload/reloader.ts";
import { Sluice } from "../app/sluice.ts";
import type { Assets } from "../base/assets.ts";
import { createClientId } from "../base/client-id.ts";
import { RefusedError } from "../base/errors.ts";
import type { Logger } from "../base/logger.ts";
import { VERSION } from "../base/version.ts";
import type { Config } from "../config/config.ts";
import type { ConfigInput } from "../config/config-input.ts";
import { findVhost } from "../config/find-vhost.ts";
import type { LoadedConfig } from "../config/load-config.ts";
import type { SessionReport, StreamReport } from "../live/reports.ts";
import type { Runtime } from "../runtime/runtime.ts";
import { EventQueue } from "./event-queue.ts";
import { HostAdmission } from "./host-admission.ts";
import { readHostConfig } from "./host-config.ts";
import { createHostLogger } from "./host-logger.ts";
import type { ServerOptions, SluiceEvent, SluiceEventType } from "./server-options.ts";
import type {
  Reconfigured,
  SluicePort,
  SluiceServer,
  SluiceTotals,
  SluiceUrls,
} from "./sluice-server.ts";

const RELOAD_ID_LENGTH = 7;
/** What asks for a reload, in the log and in events. */
const CAUSE = "host";

export interface EmbeddedServerPorts {
  readonly runtime: Runtime;
  readonly assets: Assets;
}

export class EmbeddedServer implements SluiceServer {
  readonly #ports: EmbeddedServerPorts;
  readonly #options: ServerOptions;
  readonly #logger: Logger;
  readonly #sluice: Sluice;
  readonly #reloader: Reloader;
  readonly #queues = new Set<EventQueue>();
  #config: Config;
  /** As it was given last. */
  #input: ConfigInput | undefined;
  /** Why the latest reload has changed nothing. */
  #failure: unknown;
  #reconfiguring: Promise<unknown> = Promise.resolve();
  #starting: Promise<void> | undefined;
  #stopping: Promise<void> | undefined;
  #closing: Promise<void> | undefined;

  /** @throws {ConfigError | SystemError} If the configuration cannot be used. */
  constructor(ports: EmbeddedServerPorts, options: ServerOptions) {
    const { runtime, assets } = ports;
    const { crypto, clock } = runtime;
    this.#ports = ports;
    this.#options = options;
    this.#input = options.config;
    const logger = createHostLogger(options.logger);
    this.#logger = logger;
    const { config, warnings } = this.#load();
    this.#config = config;
    logger.info("starting", { version: VERSION, runtime: `${runtime.name} ${runtime.version}` });
    for (const warning of warnings) logger.warn("configuration warning", { warning });
    this.#reloader = new Reloader(config, {
      load: () => {
        this.#failure = undefined;
        return this.#remember(() => this.#load());
      },
      apply: (next) => this.#remember(() => this.#apply(next)),
      logger,
      tell: (event) => this.#sluice.tell(event),
      createId: () => createClientId((size) => crypto.randomBytes(size), RELOAD_ID_LENGTH),
    });
    const { onPublish, onPlay } = options;
    const timeoutMs = (vhost: string): number =>
      (findVhost(this.#config, vhost)?.httpHooks.timeout ?? 0) * 1_000;
    this.#sluice = new Sluice({
      ...{ config, runtime, logger, assets, reloads: this.#reloader },
      admission: new HostAdmission({ onPublish, onPlay, clock, logger, timeoutMs }),
      onEvent: (event) => this.#publish(event),
    });
  }

  get urls(): SluiceUrls {
    return this.#sluice.urls;
  }

  get ports(): readonly SluicePort[] {
    return this.#sluice.ports;
  }

  get totals(): SluiceTotals {
    return this.#sluice.totals;
  }

  start(): Promise<void> {
    if (this.#starting !== undefined || this.#stopping !== undefined) {
      return Promise.reject(new RefusedError("unavailable", "Cannot start: it has been started"));
    }
    this.#starting = this.#start();
    return this.#starting;
  }

  async #start(): Promise<void> {
    try {
      await this.#sluice.start();
    } catch (error) {
      await this.#close();
      throw error;
    }
  }

  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  /** What is being opened cannot be closed before it is open. */
  async #stop(): Promise<void> {
    await this.#starting?.catch(() => undefined);
    await this.#close();
  }

  #close(): Promise<void> {
    this.#closing ??= this.#closeAll();
    return this.#closing;
  }

  async #closeAll(): Promise<void> {
    await this.#sluice.stop();
    for (const queue of this.#queues) queue.end();
    this.#queues.clear();
  }

  async stopGracefully(): Promise<void> {
    if (this.#stopping === undefined) await this.#sluice.stopGracefully();
    await this.stop();
  }

  /** One after the other. */
  reconfigure(config?: ConfigInput): Promise<Reconfigured> {
    const done = this.#reconfiguring.then(() => this.#reconfigure(config));
    this.#reconfiguring = done.catch(() => undefined);
    return done;
  }

  async #reconfigure(config: ConfigInput | undefined): Promise<Reconfigured> {
    if (this.#isOver) {
      throw new RefusedError("shutting_down", "Cannot reconfigure: the server has stopped");
    }
    const before = this.#input;
    if (config !== undefined) this.#input = config;
    const { changes } = await this.#reloader.reload(CAUSE);
    if (this.#failure !== undefined) {
      this.#input = before;
      throw this.#failure;
    }
    const pathsOf = (isLater: boolean): string[] =>
      changes
        .filter(({ takesEffect }) => (takesEffect === "restart") === isLater)
        .map(({ path }) => path);
    return { changed: pathsOf(false), needsRestart: pathsOf(true) };
  }

  async streams(): Promise<readonly StreamReport[]> {
    return this.#sluice.view?.streams() ?? [];
  }

  async sessions(): Promise<readonly SessionReport[]> {
    return this.#sluice.view?.sessions() ?? [];
  }

  async kick(clientId: string, reason: string = CAUSE): Promise<boolean> {
    return this.#sluice.view?.kick(clientId, reason) ?? false;
  }

  events(types?: readonly SluiceEventType[]): EventQueue {
    const queue = new EventQueue({
      types,
      wallMs: () => this.#ports.runtime.clock.wallMs(),
      closed: () => this.#queues.delete(queue),
    });
    if (this.#isOver) queue.end();
    else this.#queues.add(queue);
    return queue;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  /** It has been stopped, or its start has failed. */
  get #isOver(): boolean {
    return this.#stopping !== undefined || this.#closing !== undefined;
  }

  #load(): LoadedConfig {
    return readHostConfig(this.#input, this.#options, this.#ports.runtime.files);
  }

  async #apply(config: Config): Promise<void> {
    await this.#sluice.reconfigure(config);
    this.#config = config;
  }

  /** The reloader tells of a fault by its message alone. */
  #remember<Result>(act: () => Result): Result {
    try {
      const result = act();
      if (result instanceof Promise) {
        result.catch((error: unknown) => {
          this.#failure = error;
        });
      }
      return result;
    } catch (error) {
      this.#failure = error;
      throw error;
    }
  }

  #publish(event: SluiceEvent): void {
    for (const queue of this.#queues) queue.publish(event);
    try {
      this.#options.onEvent?.(event);
    } catch (error) {
      this.#logger.error("event not taken", { type: event.type, error });
    }
  }
}
