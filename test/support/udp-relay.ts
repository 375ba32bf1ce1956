/**
 * A relay of UDP before a server, as a bad network: it loses, delays, reorders and repeats datagrams,
 * the same ones on every run that sends the same; and its clients' addresses may change.
 *
 * @module
 */

import { createSocket, type Socket } from "node:dgram";
import { createRandom } from "./seeded-random.ts";

export interface UdpFaults {
  /** Of each direction. */
  readonly lossPercent?: number;
  readonly duplicatePercent?: number;
  /** Delays vary by up to so much, which reorders. */
  readonly jitterMs?: number;
}

interface Client {
  readonly port: number;
  readonly address: string;
  upstream: Socket;
}

export class UdpRelay {
  readonly #faults: UdpFaults;
  /** Datagrams that were lost on purpose. */
  lostCount = 0;
  readonly #socket: Socket = createSocket("udp4");
  readonly #target: number;
  readonly #clients = new Map<string, Client>();
  readonly #random: (limit: number) => number = createRandom(11);
  #isClosed = false;

  private constructor(target: number, faults: UdpFaults) {
    this.#target = target;
    this.#faults = faults;
  }

  /** @param target The server's port on this machine. */
  static async start(target: number, faults: UdpFaults = {}): Promise<UdpRelay> {
    const relay = new UdpRelay(target, faults);
    relay.#socket.on("message", (bytes, { address, port }) => {
      const client = relay.#clientOf(address, port);
      relay.#pass(() => client.upstream.send(bytes, relay.#target, "127.0.0.1"));
    });
    await new Promise<void>((resolve) => relay.#socket.bind(0, "127.0.0.1", resolve));
    return relay;
  }

  get port(): number {
    return this.#socket.address().port;
  }

  /** From now on all clients have other addresses, as seen from the server. */
  rebind(): void {
    for (const client of this.#clients.values()) {
      client.upstream.close();
      client.upstream = this.#open(client);
    }
  }

  close(): void {
    this.#isClosed = true;
    this.#socket.close();
    for (const { upstream } of this.#clients.values()) upstream.close();
    this.#clients.clear();
  }

  #clientOf(address: string, port: number): Client {
    const key = `${address} ${port}`;
    const known = this.#clients.get(key);
    if (known !== undefined) return known;
    const client: Client = { address, port, upstream: this.#socket };
    client.upstream = this.#open(client);
    this.#clients.set(key, client);
    return client;
  }

  #open({ address, port }: Pick<Client, "address" | "port">): Socket {
    const upstream = createSocket("udp4");
    upstream.on("message", (bytes) => {
      this.#pass(() => this.#socket.send(bytes, port, address));
    });
    return upstream;
  }

  #pass(send: () => void): void {
    const { lossPercent = 0, duplicatePercent = 0, jitterMs = 0 } = this.#faults;
    if (this.#random(10_000) < lossPercent * 100) {
      this.lostCount += 1;
      return;
    }
    const copies = this.#random(10_000) < duplicatePercent * 100 ? 2 : 1;
    for (let copy = 0; copy < copies; copy++) {
      const delayMs = jitterMs === 0 ? 0 : this.#random(jitterMs + 1);
      if (delayMs === 0) this.#try(send);
      else setTimeout(() => this.#try(send), delayMs);
    }
  }

  /** The socket may have gone since. */
  #try(send: () => void): void {
    if (this.#isClosed) return;
    try {
      send();
    } catch {
      // Rebound: what was on its way is lost.
    }
  }
}
