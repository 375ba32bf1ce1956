/**
 * A UDP port that several workers have together. The kernel gives a datagram to any of them, by the
 * addresses alone; this one hands it on to whoever has the session.
 *
 * Whose a question of STUN is, the name in it says. Whose anything else is, those say whom it is handed
 * to: where it is not known, as when the kernel shares out anew because a worker has died, all are
 * asked. What they say is kept by the sender's address. The owner answers from its own socket, which
 * has the same port.
 *
 * @module
 */

import type { Clock } from "../../../base/clock.ts";
import { isStun } from "../../../codec/stun/message.ts";
import type { TcpSocket, UdpHandler } from "../../../runtime/runtime.ts";
import { DatagramLink } from "./datagram-link.ts";
import { type Handed, HandedKind } from "./handed-datagram.ts";
import { askedUfrag } from "./stun-ufrag.ts";
import type { WorkerPeers } from "./worker-peers.ts";

/** Addresses whose owner is known; a client has two or three. Who has said nothing for long goes. */
const ADDRESSES_MAX = 65_536;
/** Addresses of which it is but supposed. */
const SUPPOSED_MAX = 4_096;
/** An unknown address is asked for once in such a time, and so many of them. */
const QUESTION_MS = 500;
const QUESTIONS_MAX = 256;
/** How soon to connect again to who could not be reached. */
const RETRY_MS = 200;

const EMPTY = new Uint8Array();

/** The port as this process's sessions have it. */
export interface OwnPort extends UdpHandler {
  /** Whether what comes from there is a session's of this process. */
  knows(address: string, port: number): boolean;
  takeStranger: ((bytes: Uint8Array, address: string, port: number) => boolean) | undefined;
}

export interface DatagramRouterPorts {
  readonly own: OwnPort;
  readonly workers: WorkerPeers;
  readonly clock: Pick<Clock, "monotonicMs" | "setTimer">;
  /** Connects to the socket on which the peer of that name takes datagrams of this port. */
  connect(name: string, link: DatagramLink): Promise<{ socket: TcpSocket; head: Uint8Array }>;
}

export class DatagramRouter implements UdpHandler {
  readonly #ports: DatagramRouterPorts;
  /** The names of workers, by the address of who is theirs. */
  readonly #owners = new Map<string, string>();
  /** Likewise, of who has just asked for one of theirs: the answer is on its way. */
  readonly #supposed = new Map<string, string>();
  readonly #links = new Map<string, DatagramLink>();
  readonly #incoming = new Set<DatagramLink>();
  readonly #failedMs = new Map<string, number>();
  readonly #asked = new Set<string>();
  #askedMs = 0;
  /** What is being taken has been handed on by another, and is not to go any further. */
  #isHanded = false;
  #isClosed = false;

  constructor(ports: DatagramRouterPorts) {
    this.#ports = ports;
    ports.own.takeStranger = (bytes, address, port) => this.#handStranger(bytes, address, port);
  }

  /** Addresses whose owner is known. */
  get addressCount(): number {
    return this.#owners.size;
  }

  /** Another worker begins to hand on. @returns What takes over the connection. */
  accept(): DatagramLink {
    const link: DatagramLink = new DatagramLink(this.#ports.clock, {
      handed: (handed) => this.#take(link, handed),
      closed: () => this.#incoming.delete(link),
    });
    this.#incoming.add(link);
    return link;
  }

  close(): void {
    this.#isClosed = true;
    this.#ports.own.takeStranger = undefined;
    for (const link of [...this.#links.values(), ...this.#incoming]) link.destroy();
  }

  // UdpHandler --------------------------------------------------------------------------------------

  datagram(bytes: Uint8Array, address: string, port: number): void {
    const { own, workers } = this.#ports;
    const ufrag = isStun(bytes) ? askedUfrag(bytes) : undefined;
    if (ufrag !== undefined && !workers.isOwn(ufrag)) {
      const owner = workers.ownerOf(ufrag);
      if (owner !== undefined) this.#handRequest(owner.name, bytes, address, port);
      return;
    }
    // What answers a question of another worker comes from where that has asked.
    const isAnswer = ufrag === undefined && isStun(bytes) && !own.knows(address, port);
    if (!isAnswer || !this.#handStranger(bytes, address, port)) own.datagram(bytes, address, port);
  }

  error(error: Error): void {
    this.#ports.own.error(error);
  }

  // -------------------------------------------------------------------------------------------------

  #handRequest(owner: string, bytes: Uint8Array, address: string, port: number): void {
    const key = `${port} ${address}`;
    if (!this.#owners.has(key)) remember(this.#supposed, key, owner, SUPPOSED_MAX);
    this.#say(owner, { kind: HandedKind.Datagram, bytes, address, port });
  }

  /** @returns Whether another is known to have it. */
  #handStranger(bytes: Uint8Array, address: string, port: number): boolean {
    if (this.#isHanded || this.#isClosed) return false;
    const key = `${port} ${address}`;
    const owner = this.#owners.get(key) ?? this.#supposed.get(key);
    if (owner !== undefined) {
      if (this.#say(owner, { kind: HandedKind.Datagram, bytes, address, port })) return true;
      this.#owners.delete(key);
      this.#supposed.delete(key);
    }
    if (!this.#mayAsk(key)) return false;
    const question = { kind: HandedKind.Question, bytes, address, port };
    for (const { name } of this.#ports.workers.list()) this.#say(name, question);
    return false;
  }

  #mayAsk(key: string): boolean {
    const nowMs = this.#ports.clock.monotonicMs();
    if (nowMs - this.#askedMs >= QUESTION_MS) {
      this.#askedMs = nowMs;
      this.#asked.clear();
    }
    if (this.#asked.has(key) || this.#asked.size >= QUESTIONS_MAX) return false;
    this.#asked.add(key);
    return true;
  }

  /** A peer has handed something on. */
  #take(link: DatagramLink, { kind, bytes, address, port }: Handed): void {
    const { own } = this.#ports;
    if (kind !== HandedKind.Datagram && kind !== HandedKind.Question) return;
    const isSignal = isStun(bytes);
    this.#isHanded = true;
    try {
      own.datagram(bytes, address, port);
    } finally {
      this.#isHanded = false;
    }
    const say = (answer: HandedKind): void =>
      link.say({ kind: answer, bytes: EMPTY, address, port });
    const isKnown = own.knows(address, port);
    const isAsked = kind === HandedKind.Question;
    if (isKnown && (isAsked || isSignal)) say(HandedKind.Mine);
    else if (!isKnown && !isAsked && !isSignal) say(HandedKind.NotMine);
  }

  /** A peer has answered what it was handed. */
  #learn(name: string, { kind, address, port }: Handed): void {
    const key = `${port} ${address}`;
    if (kind === HandedKind.NotMine) {
      for (const table of [this.#owners, this.#supposed]) {
        if (table.get(key) === name) table.delete(key);
      }
    }
    if (kind !== HandedKind.Mine) return;
    const owner = this.#owners.get(key);
    // Who has the address keeps it until it says otherwise, as what another claims may be forged.
    if (owner !== undefined && owner !== name) return;
    this.#supposed.delete(key);
    remember(this.#owners, key, name, ADDRESSES_MAX);
  }

  /** @returns Whether there is somebody of that name. */
  #say(name: string, handed: Handed): boolean {
    const link = this.#links.get(name) ?? this.#connect(name);
    link?.say(handed);
    return link !== undefined;
  }

  #connect(name: string): DatagramLink | undefined {
    const { clock } = this.#ports;
    const failedMs = this.#failedMs.get(name);
    if (this.#isClosed) return undefined;
    if (failedMs !== undefined && clock.monotonicMs() - failedMs < RETRY_MS) return undefined;
    const link: DatagramLink = new DatagramLink(clock, {
      handed: (handed) => this.#learn(name, handed),
      closed: () => {
        if (this.#links.get(name) === link) this.#links.delete(name);
        this.#failedMs.set(name, clock.monotonicMs());
      },
    });
    this.#links.set(name, link);
    this.#ports.connect(name, link).then(
      ({ socket, head }) => link.attach(socket, head),
      () => link.close(),
    );
    return link;
  }
}

/** As the latest; of too many the first is forgotten. */
function remember(table: Map<string, string>, key: string, name: string, sizeMax: number): void {
  table.delete(key);
  table.set(key, name);
  const [oldest] = table.keys();
  if (table.size > sizeMax && oldest !== undefined) table.delete(oldest);
}
