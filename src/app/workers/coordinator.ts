/**
 * The supervisor's end of the conversations with its workers: keeps the book of who publishes what,
 * and tells each worker what it must know of the others.
 *
 * @module
 */

import type { Clock, Timer } from "../../base/clock.ts";
import type { Logger } from "../../base/logger.ts";
import type { Config } from "../../config/config.ts";
import type { RecordedEvent } from "../../live/server-event.ts";
import type { ServerIdentity } from "../../live/server-identity.ts";
import { NO_TOTALS, type TotalsReport } from "../../live/totals.ts";
import type { TcpSocket } from "../../runtime/runtime.ts";
import type { ReloadReport } from "../reload/reloader.ts";
import { Channel } from "./channel.ts";
import { type Claim, ClaimBook } from "./claim-book.ts";
import { ClaimQueue } from "./claim-queue.ts";
import { ConnectionTally } from "./connection-tally.ts";
import {
  ADDRESSES_MAX,
  type AddressCounts,
  COUNTS_MS,
  decodeWorkerMessage,
  type PortSharing,
  SUPERVISOR_NAME,
  type SupervisorMessage,
  type WorkerMessage,
} from "./messages.ts";
import { runReloadRound } from "./reload-round.ts";
import { WorkerAnswers } from "./worker-answers.ts";
import { WorkerTotals } from "./worker-totals.ts";

/** Who connects is a worker that has just begun, and says so at once. */
const HELLO_MS_MAX = 10_000;
export interface CoordinatorPorts {
  readonly clock: Clock;
  readonly logger: Logger;
}

/** What every worker is told first. */
export interface ServerFacts {
  readonly config: Config;
  readonly identity: ServerIdentity;
  readonly sharing: PortSharing;
  /** How many workers there are. */
  readonly workers: number;
  /** Where the supervisor can be asked for its own report. */
  readonly supervisorPath: string;
}

/** What the supervisor hears of its workers. */
export interface CoordinatorEvents {
  /** Whether that worker is a process which the supervisor has started. */
  isExpected(worker: number, pid: number): boolean;
  /** It has said something, and so has not hung. */
  heard(worker: number): void;
  ready(worker: number): void;
  failed(worker: number, message: string): void;
  drained(worker: number): void;
  /** It could not take on what all others have taken on. */
  leftBehind(worker: number, problem: string): void;
  /** One of its clients wants to reload, or with an empty cause to see how the latest one went. */
  reload(cause: string): Promise<ReloadReport>;
  /** Something has happened there. */
  happened(event: RecordedEvent): void;
  /** The conversation with it is over. */
  lost(worker: number, error: Error | undefined): void;
}

interface Member {
  readonly worker: number;
  readonly channel: Channel<WorkerMessage>;
  /** Where its peers can come. */
  path: string | undefined;
  totals: TotalsReport;
  isReady: boolean;
}

export function workerName(worker: number): string {
  return `worker ${worker}`;
}

export class Coordinator {
  readonly #ports: CoordinatorPorts;
  #facts: ServerFacts;
  readonly #events: CoordinatorEvents;
  readonly #members = new Map<number, Member>();
  readonly #claims = new ClaimBook();
  readonly #waitingClaims: ClaimQueue;
  readonly #tally = new ConnectionTally();
  readonly #changedAddresses = new Set<string>();
  #countsTimer: Timer | undefined;
  readonly #answers: WorkerAnswers;
  readonly #totals = new WorkerTotals();

  constructor(ports: CoordinatorPorts, facts: ServerFacts, events: CoordinatorEvents) {
    this.#ports = ports;
    this.#facts = facts;
    this.#events = events;
    this.#waitingClaims = new ClaimQueue(ports.clock);
    this.#answers = new WorkerAnswers(ports.clock);
  }

  /** What all workers have come to, those that are gone included. */
  get totals(): TotalsReport {
    return this.#totals.sum;
  }

  /** Streams that workers publish, or are about to. */
  get streamCount(): number {
    return this.#claims.size;
  }

  /** Connections of all workers. */
  get connectionCount(): number {
    return this.#tally.total;
  }

  /** Hears out somebody who has connected. */
  accept(socket: TcpSocket): void {
    let member: Member | undefined;
    const channel = new Channel<WorkerMessage>({
      decode: decodeWorkerMessage,
      message: (message) => {
        if (member !== undefined) {
          this.#receive(member, message);
        } else {
          timer.cancel();
          member = this.#welcome(message, channel);
          if (member === undefined) socket.destroy();
        }
      },
      failed: (error) => {
        const { worker } = member ?? {};
        this.#ports.logger.error("message to supervisor failed", { worker, error });
      },
      closed: (error) => {
        timer.cancel();
        if (member !== undefined) this.#lost(member, error);
      },
    });
    const timer = this.#ports.clock.setTimer(HELLO_MS_MAX, () => socket.destroy());
    socket.handler = channel;
    channel.attach(socket);
  }

  /**
   * Has all workers take on another configuration, those too who are yet to come; or none of them.
   *
   * @returns Why none has: what those could not do who could not take it on.
   */
  configure(config: Config): Promise<string[]> {
    return runReloadRound(config, this.#answers, {
      members: () => [...this.#members.values()],
      settle: () => {
        this.#facts = { ...this.#facts, config };
        const isTried = [...this.#members.values()].some(({ isReady }) => isReady);
        if (!isTried)
          this.#ports.logger.warn("configuration not tried", { reason: "no worker serves" });
      },
      leftBehind: (worker, problem) => this.#events.leftBehind(worker, problem),
    });
  }

  send(worker: number, message: SupervisorMessage): void {
    this.#members.get(worker)?.channel.send(message);
  }

  sendAll(message: SupervisorMessage): void {
    for (const { channel } of this.#members.values()) channel.send(message);
  }

  /** The worker is gone, or as good as: whoever it served is gone with it. */
  remove(worker: number): void {
    const member = this.#members.get(worker);
    if (member === undefined) return;
    this.#members.delete(worker);
    this.#answers.remove(worker);
    member.channel.end();
    this.#waitingClaims.removeAll(worker);
    for (const claim of this.#claims.releaseAll(worker)) this.#free(claim);
    this.#tellPeer(member.worker, null);
    this.#tellCountsSoon(this.#tally.remove(worker));
  }

  close(): void {
    for (const worker of [...this.#members.keys()]) this.remove(worker);
    this.#countsTimer?.cancel();
    this.#countsTimer = undefined;
  }

  /** @returns `undefined` for who is no worker of ours. */
  #welcome(hello: WorkerMessage, channel: Channel<WorkerMessage>): Member | undefined {
    if (hello.type !== "hello" || !this.#events.isExpected(hello.worker, hello.pid)) {
      this.#ports.logger.warn("worker not known", { type: hello.type });
      return undefined;
    }
    const { worker } = hello;
    this.remove(worker);
    const member: Member = { worker, channel, path: undefined, totals: NO_TOTALS, isReady: false };
    const { config, identity, sharing, workers, supervisorPath } = this.#facts;
    channel.send({ type: "welcome", config, identity, sharing, workers });
    channel.send({ type: "peer", name: SUPERVISOR_NAME, path: supervisorPath });
    for (const { worker: other, path } of this.#members.values()) {
      if (path !== undefined) channel.send({ type: "peer", name: workerName(other), path });
    }
    for (const claim of this.#claims.values()) channel.send(toOwner(claim, true));
    this.#members.set(worker, member);
    this.#tellCounts(member, [...this.#tally.addresses()]);
    this.#events.heard(worker);
    return member;
  }

  #receive(member: Member, message: WorkerMessage): void {
    const { worker } = member;
    if (message.type === "totals") this.#grow(member, message.totals); // Its last words too.
    if (this.#members.get(worker) !== member) return; // It has been given up.
    this.#events.heard(worker);
    switch (message.type) {
      case "hello":
      case "totals": // Taken above.
      case "pong":
        break;
      case "listening":
        member.path = message.path;
        this.#tellPeer(worker, message.path);
        break;
      case "ready":
        member.isReady = true;
        this.#events.ready(worker);
        break;
      case "failed":
        this.#events.failed(worker, message.message);
        break;
      case "claim":
        this.#claim(member, message.request, message.url);
        break;
      case "release":
        this.#release(member, message.claim);
        break;
      case "counts":
        this.#tally.update(worker, message.connections, message.addresses);
        this.#tellCountsSoon(Object.keys(message.addresses));
        break;
      case "configured":
        this.#answers.take(worker, message.request, message.problem);
        break;
      case "reload":
        void this.#events.reload(message.cause).then((report) => {
          member.channel.send({ type: "reloaded", request: message.request, report });
        });
        break;
      case "event":
        this.#events.happened(message.event);
        break;
      case "drained":
        this.#events.drained(worker);
        break;
    }
  }

  #grow(member: Member, totals: TotalsReport): void {
    this.#totals.grow(member.totals, totals);
    member.totals = totals;
  }

  #claim(member: Member, request: number, url: string): void {
    const { worker, channel } = member;
    const grant = (): boolean => {
      const claim = this.#claims.claim(url, worker);
      if (claim === undefined) return false;
      channel.send({ type: "claimed", request, claim: claim.id });
      this.#tellOwner(claim, true);
      return true;
    };
    if (grant()) return;
    const refuse = (): void => channel.send({ type: "busy", request });
    // What one worker says comes in order: its own release would have come before.
    if (this.#claims.find(url)?.worker === worker) refuse();
    else this.#waitingClaims.add(url, worker, { grant: () => void grant(), refuse });
  }

  #release({ worker }: Member, id: number): void {
    const claim = this.#claims.release(id, worker);
    if (claim !== undefined) this.#free(claim);
  }

  #free(claim: Claim): void {
    this.#tellOwner(claim, false);
    this.#waitingClaims.released(claim.url);
  }

  #lost(member: Member, error: Error | undefined): void {
    if (this.#members.get(member.worker) !== member) return;
    this.remove(member.worker);
    this.#events.lost(member.worker, error);
  }

  // What the others are told ------------------------------------------------------------------------

  #tellOthers(worker: number, message: SupervisorMessage): void {
    for (const member of this.#members.values()) {
      if (member.worker !== worker) member.channel.send(message);
    }
  }

  #tellPeer(worker: number, path: string | null): void {
    this.#tellOthers(worker, { type: "peer", name: workerName(worker), path });
  }

  #tellOwner(claim: Claim, isHeld: boolean): void {
    this.#tellOthers(claim.worker, toOwner(claim, isHeld));
  }

  #tellCountsSoon(changed: readonly string[]): void {
    for (const address of changed) this.#changedAddresses.add(address);
    this.#countsTimer ??= this.#ports.clock.setTimer(COUNTS_MS, () => {
      this.#countsTimer = undefined;
      const addresses = [...this.#changedAddresses];
      this.#changedAddresses.clear();
      for (const member of this.#members.values()) this.#tellCounts(member, addresses);
    });
  }

  #tellCounts({ worker, channel }: Member, changed: readonly string[]): void {
    const connections = this.#tally.elsewhere(worker);
    for (let start = 0; start === 0 || start < changed.length; start += ADDRESSES_MAX) {
      const counts: [string, number][] = changed
        .slice(start, start + ADDRESSES_MAX)
        .map((address) => [address, this.#tally.elsewhereFrom(worker, address)]);
      const addresses: AddressCounts = Object.fromEntries(counts);
      channel.send({ type: "elsewhere", connections, addresses });
    }
  }
}

function toOwner({ id, url, worker }: Claim, isHeld: boolean): SupervisorMessage {
  return { type: "owner", url, peer: isHeld ? workerName(worker) : null, claim: id };
}
