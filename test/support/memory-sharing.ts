/**
 * Workers in memory that share a port of WebRTC, each with sessions that are known by their names, and
 * nothing else of a server.
 *
 * @module
 */

import { onTestFinished } from "vitest";
import { StunAttributeType } from "../../src/codec/stun/attribute.ts";
import { encodeBindingMessage } from "../../src/codec/stun/encode-message.ts";
import { isStun, StunClass } from "../../src/codec/stun/message.ts";
import { encodeTextAttribute } from "../../src/codec/stun/text-attribute.ts";
import { createErrorResponse } from "../../src/protocols/http/http-error.ts";
import { HttpServer } from "../../src/protocols/http/server.ts";
import type { LocalListener, TcpSocket } from "../../src/runtime/runtime.ts";
import type { Peer } from "../../src/services/cluster/peer.ts";
import type {
  DatagramRouter,
  OwnPort,
} from "../../src/services/cluster/sharing/datagram-router.ts";
import { ufragPrefix, workerOfUfrag } from "../../src/services/cluster/sharing/session-owner.ts";
import { SharedRtcPorts } from "../../src/services/cluster/sharing/shared-rtc-ports.ts";
import { askedUfrag } from "../../src/services/cluster/sharing/stun-ufrag.ts";
import { MemoryNetwork, settle } from "./memory-network.ts";

const KEY = "0.0.0.0:8000";

/** What a client asks for by ICE. */
export function bindingRequest(ufrag: string): Uint8Array {
  return encodeBindingMessage({
    class: StunClass.Request,
    transactionId: new Uint8Array(12),
    attributes: [encodeTextAttribute(StunAttributeType.Username, `${ufrag}:peer`)],
  });
}

/** What a client answers that was asked by ICE. */
export function bindingAnswer(): Uint8Array {
  const transactionId = new Uint8Array(12);
  return encodeBindingMessage({ class: StunClass.Success, transactionId, attributes: [] });
}

/** A session's name at `worker`. */
export function ufragAt(worker: number): string {
  return `${ufragPrefix(worker)}session`;
}

/** Takes for its own who asks for one of its sessions. */
export class FakePort implements OwnPort {
  readonly ufrags: Set<string> = new Set();
  readonly addresses: Set<string> = new Set();
  /** What has come, such as `192.0.2.1:5000 stun`, or the text. */
  readonly received: string[] = [];
  strayCount = 0;
  takeStranger: OwnPort["takeStranger"];

  knows(address: string, port: number): boolean {
    return this.addresses.has(`${address}:${port}`);
  }

  datagram(bytes: Uint8Array, address: string, port: number): void {
    const from = `${address}:${port}`;
    if (isStun(bytes)) {
      if (this.ufrags.has(askedUfrag(bytes) ?? "")) this.addresses.add(from);
      this.received.push(`${from} stun`);
    } else if (this.addresses.has(from)) {
      this.received.push(`${from} ${new TextDecoder().decode(bytes)}`);
    } else if (this.takeStranger?.(bytes, address, port) !== true) {
      this.strayCount += 1;
    }
  }

  error(): void {
    // Nothing breaks in memory.
  }
}

export interface SharingWorker {
  readonly peer: Peer;
  readonly port: FakePort;
  readonly router: DatagramRouter;
  readonly shared: SharedRtcPorts;
  /** Connections by TCP that have come for it. */
  readonly accepted: TcpSocket[];
  readonly server: HttpServer;
  readonly listener: LocalListener;
}

export class MemorySharing extends MemoryNetwork {
  readonly workers: SharingWorker[] = [];
  readonly #gone = new Set<number>();

  static async start(count: number): Promise<MemorySharing> {
    const sharing = new MemorySharing();
    for (let worker = 0; worker < count; worker++) await sharing.#start(worker, count);
    return sharing;
  }

  at(worker: number): SharingWorker {
    const found = this.workers[worker];
    if (found === undefined) throw new Error(`There is no worker ${worker}`);
    return found;
  }

  /** A session begins at `worker`. @returns Its name. */
  begin(worker: number): string {
    const ufrag = ufragAt(worker);
    this.at(worker).port.ufrags.add(ufrag);
    return ufrag;
  }

  /** The kernel gives a datagram to `worker`. */
  async datagram(worker: number, content: Uint8Array | string, port = 5_000): Promise<void> {
    const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
    this.at(worker).router.datagram(bytes, "192.0.2.1", port);
    await this.advance(4, 1); // There and back.
  }

  /** It dies, and is forgotten by the others. */
  async kill(worker: number): Promise<void> {
    const { server, listener } = this.at(worker);
    this.#gone.add(worker);
    await listener.close();
    server.destroy();
    this.at(worker).shared.close();
    await settle();
  }

  async #start(worker: number, count: number): Promise<void> {
    const { tcp, clock, crypto } = this.runtime;
    const port = new FakePort();
    const accepted: TcpSocket[] = [];
    const ownerOf = (ufrag: string): number => workerOfUfrag(ufrag, count);
    const others = (): Peer[] =>
      this.workers.filter((_one, i) => i !== worker && !this.#gone.has(i)).map(({ peer }) => peer);
    const shared = new SharedRtcPorts({
      ...{ tcp, clock },
      workers: {
        list: others,
        newUfrag: () => ufragAt(worker),
        isOwn: (ufrag) => ownerOf(ufrag) === worker,
        ownerOf: (ufrag) => others().find(({ name }) => name === `worker ${ownerOf(ufrag)}`),
      },
      accept: (socket) => accepted.push(socket),
    });
    const server = new HttpServer({
      handler: (request, context) => shared.answer(request, context) ?? createErrorResponse(404),
      ...{ clock, crypto, logger: this.logging.logger, serverName: "Peer/1" },
    });
    onTestFinished(() => {
      shared.close();
      server.destroy();
    });
    const path = `/run/${worker}`;
    const listener = await tcp.listenLocal(path, (socket) => server.accept(socket));
    const peer: Peer = { name: `worker ${worker}`, address: { kind: "local", path } };
    const router = shared.share(KEY, port);
    this.workers.push({ peer, port, router, shared, accepted, server, listener });
  }
}
