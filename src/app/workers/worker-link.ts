/**
 * A worker's end of the conversation with the supervisor.
 *
 * @module
 */

import { assert } from "../../base/assert.ts";
import type { Clock } from "../../base/clock.ts";
import { ClosedError, RefusedError, TimeoutError, toError } from "../../base/errors.ts";
import type { Config } from "../../config/config.ts";
import { type RecordedEvent, recordEvent } from "../../live/server-event.ts";
import type { ServerIdentity } from "../../live/server-identity.ts";
import type { StreamClaim, StreamClaims } from "../../live/stream-claims.ts";
import type { Tcp } from "../../runtime/runtime.ts";
import type { ReloadControl, ReloadReport } from "../reload/reloader.ts";
import { Channel } from "./channel.ts";
import { ConnectionCounts } from "./connection-counts.ts";
import {
  decodeSupervisorMessage,
  type PortSharing,
  type SupervisorMessage,
  type WorkerMessage,
} from "./messages.ts";
import { WorkerDirectory } from "./worker-directory.ts";

/** The supervisor has nothing else to do than to answer. */
const WELCOME_MS_MAX = 10_000;
/**
 * Bytes that may wait for the supervisor before events are left out: as many as there are when ten
 * thousand viewers leave at once.
 */
const WAITING_EVENTS_SIZE_MAX: number = 16 << 20;

/** Which worker of which server a process is. */
export interface WorkerAssignment {
  /** From 0. */
  readonly worker: number;
  /** The supervisor's local socket. */
  readonly socketPath: string;
  /** Of ports that are open already. */
  readonly descriptors: readonly number[];
}

export interface WorkerLinkPorts {
  readonly tcp: Tcp;
  readonly clock: Clock;
  readonly pid: number;
}

/** What the supervisor wants of the worker. */
export interface WorkerOrders {
  drain(): void;
  stop(): void;
  reopenLog(): void;
  /** Gets ready for another configuration. @throws {Error} If it cannot be taken on. */
  prepare(config: Config): Promise<void>;
  /** Takes on what has been prepared. @throws {Error} Why that could not be prepared. */
  commit(): Promise<void>;
  /** Stays with the configuration before. */
  giveUp(): Promise<void>;
  /** The supervisor is gone. */
  lost(error: Error | undefined): void;
  /** A bug in what one of the messages has led to. */
  failed(error: unknown): void;
}

type Welcome = Extract<SupervisorMessage, { readonly type: "welcome" }>;

/** Somebody waits to be told whether a stream is busy. */
interface Question {
  readonly url: string;
  readonly resolve: (claim: StreamClaim) => void;
  readonly reject: (error: Error) => void;
}

export class WorkerLink implements StreamClaims, ReloadControl {
  readonly worker: number;
  readonly directory: WorkerDirectory = new WorkerDirectory();
  readonly counts: ConnectionCounts;
  readonly #clock: Clock;
  readonly #channel: Channel<SupervisorMessage>;
  readonly #questions = new Map<number, Question>();
  readonly #reloads = new Map<number, PromiseWithResolvers<ReloadReport>>();
  #nextRequest = 1;
  /** That the supervisor has not been told of. */
  #missedEvents = 0;
  readonly #over = Promise.withResolvers<void>();
  readonly #welcome = Promise.withResolvers<Welcome>();
  #welcomed: Welcome | undefined;
  #orders: WorkerOrders | undefined;
  /** What came before anybody was there to follow it. */
  #earlyOrders: ((orders: WorkerOrders) => void)[] = [];

  private constructor(worker: number, clock: Clock) {
    this.worker = worker;
    this.#clock = clock;
    this.counts = new ConnectionCounts(clock, (connections, addresses) => {
      this.tell({ type: "counts", connections, addresses });
    });
    this.#channel = new Channel({
      decode: decodeSupervisorMessage,
      message: (message) => this.#receive(message),
      failed: (error) => this.#order((orders) => orders.failed(error)),
      closed: (error) => this.#closed(error),
    });
    this.#welcome.promise.catch(() => undefined);
  }

  /**
   * Reports to the supervisor.
   *
   * @throws {ClosedError} If it is not there, or has no use for this worker.
   * @throws {TimeoutError} If it does not answer.
   */
  static async connect(ports: WorkerLinkPorts, assignment: WorkerAssignment): Promise<WorkerLink> {
    const { tcp, clock, pid } = ports;
    const { worker, socketPath } = assignment;
    const link = new WorkerLink(worker, clock);
    const channel = link.#channel;
    channel.attach(await tcp.connectLocal(socketPath, WELCOME_MS_MAX, channel));
    link.tell({ type: "hello", worker, pid });
    const timer = clock.setTimer(WELCOME_MS_MAX, () => {
      link.#welcome.reject(new TimeoutError("Cannot join the server: the supervisor is silent"));
    });
    try {
      link.#welcomed = await link.#welcome.promise;
    } finally {
      timer.cancel();
    }
    return link;
  }

  /** The configuration that all workers share. */
  get config(): Config {
    return this.#expectWelcome().config;
  }

  /** The server's, which every worker gives for its own. */
  get identity(): ServerIdentity {
    return this.#expectWelcome().identity;
  }

  /** How many workers there are. */
  get workerCount(): number {
    return this.#expectWelcome().workers;
  }

  /** How to listen on the server's ports. */
  get sharing(): PortSharing {
    return this.#expectWelcome().sharing;
  }

  /** Obeys from now on, and what has been ordered before. */
  follow(orders: WorkerOrders): void {
    this.#orders = orders;
    for (const order of this.#earlyOrders.splice(0)) order(orders);
  }

  tell(message: WorkerMessage): void {
    this.#channel.send(message);
  }

  /** Tells what has happened; of a rush that the supervisor does not take, that so much is missing. */
  tellEvent(event: RecordedEvent): void {
    if (this.#channel.waitingSize > WAITING_EVENTS_SIZE_MAX) {
      this.#missedEvents += 1;
      return;
    }
    const count = this.#missedEvents;
    this.#missedEvents = 0;
    const missed = { type: "events.missed", reason: "busy", count } as const;
    const { timeMs, worker } = event;
    if (count > 0) this.tell({ type: "event", event: recordEvent(missed, timeMs, worker) });
    this.tell({ type: "event", event });
  }

  /** Ends the conversation behind what has been said. @param ms How long that may take. */
  async close(ms: number): Promise<void> {
    this.counts.close();
    this.#channel.end();
    const timer = this.#clock.setTimer(ms, () => this.#over.resolve());
    await this.#over.promise;
    timer.cancel();
  }

  claim(url: string): Promise<StreamClaim> {
    if (this.#channel.isClosed) return Promise.reject(supervisorGone());
    const request = this.#nextRequest++;
    const { promise, resolve, reject } = Promise.withResolvers<StreamClaim>();
    this.#questions.set(request, { url, resolve, reject });
    this.tell({ type: "claim", request, url });
    return promise;
  }

  // ReloadControl -----------------------------------------------------------------------------------

  /** @throws {ClosedError} If the supervisor is gone. */
  reload(cause: string): Promise<ReloadReport> {
    if (this.#channel.isClosed) return Promise.reject(supervisorGone());
    const request = this.#nextRequest++;
    const answer = Promise.withResolvers<ReloadReport>();
    this.#reloads.set(request, answer);
    this.tell({ type: "reload", request, cause });
    return answer.promise;
  }

  latest(): Promise<ReloadReport> {
    return this.reload("");
  }

  // -------------------------------------------------------------------------------------------------

  async #tellConfigured(request: number, doing: Promise<void>): Promise<void> {
    let problem: string | null = null;
    try {
      await doing;
    } catch (error) {
      problem = toError(error).message;
    }
    this.tell({ type: "configured", request, problem });
  }

  #receive(message: SupervisorMessage): void {
    switch (message.type) {
      case "welcome":
        this.#welcome.resolve(message);
        break;
      case "peer":
        this.directory.setPeer(message.name, message.path);
        break;
      case "owner":
        this.directory.setOwner(message.url, message.peer, message.claim);
        break;
      case "claimed":
        this.#answer(message.request, message.claim);
        break;
      case "busy":
        this.#answer(message.request, undefined);
        break;
      case "elsewhere":
        this.counts.setElsewhere(message.connections, message.addresses);
        break;
      case "prepare":
        this.#order((orders) => {
          void this.#tellConfigured(message.request, orders.prepare(message.config));
        });
        break;
      case "commit":
        this.#order((orders) => void this.#tellConfigured(message.request, orders.commit()));
        break;
      case "giveUp":
        this.#order((orders) => void this.#tellConfigured(message.request, orders.giveUp()));
        break;
      case "reloaded":
        this.#reloads.get(message.request)?.resolve(message.report);
        this.#reloads.delete(message.request);
        break;
      case "ping":
        this.tell({ type: "pong" });
        break;
      case "drain":
        this.#order((orders) => orders.drain());
        break;
      case "stop":
        this.#order((orders) => orders.stop());
        break;
      case "reopen":
        this.#order((orders) => orders.reopenLog());
        break;
    }
  }

  #order(order: (orders: WorkerOrders) => void): void {
    if (this.#orders === undefined) this.#earlyOrders.push(order);
    else order(this.#orders);
  }

  /** @param claim `undefined`: the stream is busy. */
  #answer(request: number, claim: number | undefined): void {
    const question = this.#questions.get(request);
    this.#questions.delete(request);
    if (question === undefined) return;
    const { url, resolve, reject } = question;
    if (claim === undefined) {
      reject(new RefusedError("stream_busy", `Cannot publish "${url}": stream is busy`));
    } else {
      resolve({ release: () => this.tell({ type: "release", claim }) });
    }
  }

  #closed(error: Error | undefined): void {
    this.#over.resolve();
    this.#welcome.reject(supervisorGone());
    for (const { reject } of this.#questions.values()) reject(supervisorGone());
    this.#questions.clear();
    for (const { reject } of this.#reloads.values()) reject(supervisorGone());
    this.#reloads.clear();
    this.#order((orders) => orders.lost(error));
  }

  #expectWelcome(): Welcome {
    assert(this.#welcomed !== undefined, "the worker has been welcomed");
    return this.#welcomed;
  }
}

function supervisorGone(): ClosedError {
  return new ClosedError("Cannot go on: the supervisor is gone");
}
