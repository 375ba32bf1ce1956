/**
 * Connections of WebRTC by TCP. The kernel gives one to any of the workers; this one hands it on to
 * whoever has the session, which the name in the first frame says.
 *
 * Spec: RFC 6544; RFC 4571 (framing).
 *
 * @module
 */

import type { Clock, Timer } from "../../../base/clock.ts";
import { GrowingBuffer } from "../../../base/growing-buffer.ts";
import { STUN_SIZE_MAX } from "../../../codec/stun/message.ts";
import type { TcpHandler, TcpSocket } from "../../../runtime/runtime.ts";
import type { Peer } from "../peer.ts";
import { joinSockets } from "./socket-pipe.ts";
import { askedUfrag } from "./stun-ufrag.ts";
import type { WorkerPeers } from "./worker-peers.ts";

/** Who connects and does not say for whom is sent away. */
const SILENT_MS = 10_000;
/** Connections of which it is not known yet for whom they are. */
const STRANGERS_MAX = 1_024;
const STRANGERS_OF_ADDRESS_MAX = 64;
const LENGTH_SIZE = 2;

export interface ConnectionRouterPorts {
  readonly workers: WorkerPeers;
  readonly clock: Pick<Clock, "setTimer">;
  /** Takes a connection that is for this process. */
  accept(socket: TcpSocket): void;
  /** Connects to the peer for `client`. @param handler Is told of it until it is replaced. */
  connect(
    peer: Peer,
    client: TcpSocket,
    handler: TcpHandler,
  ): Promise<{ socket: TcpSocket; head: Uint8Array }>;
}

export class ConnectionRouter {
  readonly #ports: ConnectionRouterPorts;
  readonly #strangers = new Set<Stranger>();

  constructor(ports: ConnectionRouterPorts) {
    this.#ports = ports;
  }

  accept(socket: TcpSocket): void {
    const strangers = [...this.#strangers];
    const same = strangers.filter(({ socket: one }) => one.remoteAddress === socket.remoteAddress);
    const isTooMany = same.length >= STRANGERS_OF_ADDRESS_MAX || strangers.length >= STRANGERS_MAX;
    // The oldest has had the most time to say for whom it is.
    if (isTooMany) (same[0] ?? strangers[0])?.dismiss();
    const stranger: Stranger = new Stranger(socket, this.#ports, () =>
      this.#strangers.delete(stranger),
    );
    this.#strangers.add(stranger);
  }

  close(): void {
    for (const stranger of [...this.#strangers]) stranger.dismiss();
  }
}

/** A connection of which it is not known for whom it is. */
class Stranger implements TcpHandler {
  readonly socket: TcpSocket;
  readonly #ports: ConnectionRouterPorts;
  readonly #left: () => void;
  readonly #timer: Timer;
  readonly #received: GrowingBuffer = new GrowingBuffer(256);
  #isPassedOn = false;
  #isClosed = false;

  constructor(socket: TcpSocket, ports: ConnectionRouterPorts, left: () => void) {
    this.socket = socket;
    this.#ports = ports;
    this.#left = left;
    this.#timer = ports.clock.setTimer(SILENT_MS, () => this.dismiss());
    socket.handler = this;
  }

  dismiss(): void {
    this.#leave();
    this.socket.destroy();
  }

  data(bytes: Uint8Array): void {
    this.#received.append(bytes);
    if (this.#isPassedOn) return;
    const received = this.#received.view();
    const size = ((received[0] ?? 0) << 8) | (received[1] ?? 0);
    if (received.length < LENGTH_SIZE) return;
    if (size > STUN_SIZE_MAX) {
      this.dismiss();
      return;
    }
    const end = LENGTH_SIZE + size;
    if (received.length >= end) this.#passOn(askedUfrag(received.subarray(LENGTH_SIZE, end)));
  }

  drain(): void {
    // Nothing has been written.
  }

  close(): void {
    this.#isClosed = true;
    this.#leave();
  }

  #leave(): void {
    this.#timer.cancel();
    this.#left();
  }

  /** What it asks for says whose it is; it is dismissed by them if it asks for nothing. */
  #passOn(ufrag: string | undefined): void {
    this.#isPassedOn = true;
    const { workers, accept } = this.#ports;
    if (ufrag === undefined || workers.isOwn(ufrag)) {
      this.#leave();
      accept(this.socket);
      this.socket.handler.data(this.#received.view());
      return;
    }
    const owner = workers.ownerOf(ufrag);
    if (owner === undefined) this.dismiss();
    else void this.#join(owner);
  }

  async #join(owner: Peer): Promise<void> {
    const early: TcpHandler = {
      data: () => undefined,
      drain: () => undefined,
      close: () => this.socket.destroy(),
    };
    this.socket.pause();
    try {
      const { socket, head } = await this.#ports.connect(owner, this.socket, early);
      if (this.#isClosed) {
        socket.destroy();
        return;
      }
      this.#leave();
      const received = this.#received.view();
      const first = new Uint8Array(head.length + received.length);
      first.set(head);
      first.set(received, head.length);
      joinSockets(this.socket, socket, first);
    } catch {
      this.dismiss();
    }
  }
}
