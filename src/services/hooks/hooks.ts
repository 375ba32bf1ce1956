/**
 * HTTP callbacks, as SRS makes them: asks the operator's own servers whether a session may begin, and
 * tells them what has happened.
 *
 * Who and how is looked up for each call, so that a configuration that has been loaded anew holds
 * from then on.
 *
 * @module
 */

import { type Clock, sleep } from "../../base/clock.ts";
import type { Logger } from "../../base/logger.ts";
import type { HttpHooksConfig, VhostConfig } from "../../config/vhost-config.ts";
import type { Admission, SessionRequest, Traffic } from "../../live/admission.ts";
import type { TellEvent } from "../../live/server-event.ts";
import type { Crypto } from "../../runtime/runtime.ts";
import { type BackendPorts, Backends } from "./backend.ts";
import { readForwardUrls } from "./hook-answer.ts";
import { HookAsker } from "./hook-asker.ts";
import { HookCaller } from "./hook-caller.ts";
import { type NewsEvent, type QuestionEvent, urlsOf } from "./hook-event.ts";
import { HookCounts, type HookFigures } from "./hook-figures.ts";
import { HookTeller } from "./hook-teller.ts";
import {
  closeMessage,
  connectMessage,
  endMessage,
  forwardMessage,
  type HookIdentity,
  type HookRecording,
  type HookSegment,
  playMessage,
  publishMessage,
  recordingMessage,
  segmentMessage,
  segmentNotifyUrl,
} from "./messages.ts";
import type { Notice } from "./notice-queue.ts";

export interface HooksPorts extends Omit<BackendPorts, "onLost"> {
  readonly clock: Clock;
  readonly crypto: Pick<Crypto, "hmac">;
  readonly logger: Logger;
  readonly identity: HookIdentity;
  /** What backends see who calls. */
  readonly userAgent: string;
  /** The server's, which relative paths of files start from. */
  readonly workingFolder: string;
  /** The configuration of a vhost as it is now; `undefined` if there is no such vhost. */
  vhostOf(vhost: string): HookVhost | undefined;
  /** Told of callbacks that fail or are lost. */
  readonly tell?: TellEvent | undefined;
}

export type HookVhost = Pick<VhostConfig, "hls" | "httpHooks">;

/** How long a server that stops goes on telling. A service manager waits for longer than that. */
const FLUSH_MS = 3_000;
const FLUSH_POLL_MS = 10;

export class Hooks implements Admission {
  readonly #ports: HooksPorts;
  readonly #backends: Backends;
  readonly #counts: HookCounts = new HookCounts();
  /** What was in force when somebody asked: who heard of a begin hears of its end, and nobody else. */
  readonly #askedUnder: WeakMap<SessionRequest, HttpHooksConfig | undefined> = new WeakMap();
  readonly #asker: HookAsker;
  readonly #teller: HookTeller;

  constructor(ports: HooksPorts) {
    this.#ports = ports;
    const onLost = (notice: Notice, why: string): void => this.#teller.lost(notice, why);
    this.#backends = new Backends({ ...ports, onLost });
    const backends = this.#backends;
    const counts = this.#counts;
    const caller = new HookCaller({ ...ports, backends, counts });
    this.#asker = new HookAsker({ ...ports, backends, caller });
    this.#teller = new HookTeller({ ...ports, backends, caller, counts });
  }

  get figures(): HookFigures {
    const backends = this.#backends.all;
    const sum = (value: (backend: (typeof backends)[number]) => number): number =>
      backends.reduce((total, backend) => total + value(backend), 0);
    return {
      events: this.#counts.report(),
      queueLength: sum(({ queue }) => queue.length),
      queueSize: sum(({ queue }) => queue.size),
      connections: sum(({ pool }) => pool.size),
      unreachable: sum(({ queue }) => (queue.isDown ? 1 : 0)),
    };
  }

  // Admission ---------------------------------------------------------------------------------------

  connect(request: SessionRequest): Promise<void> {
    return this.#ask("on_connect", request, connectMessage);
  }

  publish(request: SessionRequest): Promise<void> {
    return this.#ask("on_publish", request, publishMessage);
  }

  play(request: SessionRequest): Promise<void> {
    return this.#ask("on_play", request, playMessage);
  }

  unpublished(request: SessionRequest): void {
    this.#tell("on_unpublish", request, (identity) =>
      endMessage(identity, "on_unpublish", request),
    );
  }

  stopped(request: SessionRequest): void {
    this.#tell("on_stop", request, (identity) => endMessage(identity, "on_stop", request));
  }

  closed(request: SessionRequest, traffic: Traffic): void {
    this.#tell("on_close", request, (identity) => closeMessage(identity, request, traffic));
  }

  // Others ------------------------------------------------------------------------------------------

  /**
   * A segment of HLS is finished.
   *
   * @param isThere Comes to be true when it can be had. Backends are told then, and of what its
   *   publisher does next, such as leave, afterwards.
   */
  segmentFinished(segment: HookSegment, isThere: Promise<boolean>): void {
    const { publisher } = segment;
    const { workingFolder } = this.#ports;
    const toMessage = (identity: HookIdentity): string =>
      segmentMessage(identity, segment, workingFolder);
    this.#tell("on_hls", publisher, toMessage, isThere);
    this.#notifyOfSegment(segment, isThere);
  }

  /** A recording is complete. */
  recorded(recording: HookRecording): void {
    const { workingFolder } = this.#ports;
    this.#tell("on_dvr", recording.publisher, (identity) =>
      recordingMessage(identity, recording, workingFolder),
    );
  }

  /**
   * Asks where to forward a stream to.
   *
   * @param backend Its vhost's `forward.backend`.
   * @throws {RefusedError} If the backend does not say.
   */
  async forwardTargets(request: SessionRequest, backend: string): Promise<readonly string[]> {
    const { identity, vhostOf } = this.#ports;
    const settings = vhostOf(request.vhost)?.httpHooks;
    if (settings === undefined) return [];
    const body = forwardMessage(identity, request);
    const question = { event: "on_forward", address: backend, settings, body } as const;
    return readForwardUrls(await this.#asker.ask(question, request));
  }

  /** Call every second or so. */
  sweep(nowMs: number): void {
    this.#backends.sweep(nowMs);
  }

  /** Takes what there is to tell to its end, for a while, and gives up the rest. */
  async close(): Promise<void> {
    const { clock } = this.#ports;
    const startMs = clock.monotonicMs();
    while (this.#isBusy && clock.monotonicMs() - startMs < FLUSH_MS) {
      await sleep(clock, FLUSH_POLL_MS);
    }
    this.#teller.close();
    this.#backends.close();
  }

  // -------------------------------------------------------------------------------------------------

  get #isBusy(): boolean {
    return this.#asker.pendingCount > 0 || this.#backends.all.some(({ queue }) => queue.isBusy);
  }

  #settingsOf(vhost: string): HttpHooksConfig | undefined {
    const settings = this.#ports.vhostOf(vhost)?.httpHooks;
    return settings?.enabled === true ? settings : undefined;
  }

  #settingsFor(request: SessionRequest): HttpHooksConfig | undefined {
    const isKnown = this.#askedUnder.has(request);
    return isKnown ? this.#askedUnder.get(request) : this.#settingsOf(request.vhost);
  }

  async #ask(
    event: Exclude<QuestionEvent, "on_forward">,
    request: SessionRequest,
    toMessage: (identity: HookIdentity, request: SessionRequest) => string,
  ): Promise<void> {
    const settings = this.#settingsOf(request.vhost);
    this.#askedUnder.set(request, settings);
    const addresses = settings === undefined ? [] : urlsOf(settings, event);
    if (settings === undefined || addresses.length === 0) return;
    const body = toMessage(this.#ports.identity, request);
    for (const address of addresses) {
      await this.#asker.ask({ event, address, settings, body }, request);
    }
  }

  #tell(
    event: NewsEvent,
    request: SessionRequest,
    toMessage: (identity: HookIdentity) => string,
    isDue?: Promise<boolean>,
  ): void {
    const settings = this.#settingsFor(request);
    const addresses = settings === undefined ? [] : urlsOf(settings, event);
    if (settings === undefined || addresses.length === 0) return;
    const body = toMessage(this.#ports.identity);
    for (const address of addresses) {
      this.#teller.tell({ event, address, settings, body, isDue }, request);
    }
  }

  #notifyOfSegment(segment: HookSegment, isDue: Promise<boolean>): void {
    const { publisher } = segment;
    const { identity, vhostOf } = this.#ports;
    const settings = this.#settingsFor(publisher);
    if (settings === undefined) return;
    const notifySize = vhostOf(publisher.vhost)?.hls.hlsNbNotify ?? 0;
    const event = "on_hls_notify";
    for (const template of urlsOf(settings, event)) {
      const address = segmentNotifyUrl(template, identity, segment);
      this.#teller.tell({ event, address, settings, body: "", notifySize, isDue }, publisher);
    }
  }
}
