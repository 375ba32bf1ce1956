/**
 * UDP by `Bun.udpSocket`.
 *
 * @module
 */

import type { udp } from "bun";
import { AddressMapper, formatEndpoint, unmapAddress } from "../node-compat/address.ts";
import {
  type BatchCalls,
  type BatchedSocket,
  LinuxUdpBatch,
} from "../node-compat/linux-udp-batch.ts";
import { toError, toSystemError } from "../node-compat/system-fault.ts";
import type { Udp, UdpBatch, UdpHandler, UdpOptions, UdpSocket } from "../runtime.ts";
import { descriptorOf, loadBatchCalls, loadTuner } from "./libc.ts";
import { BunUdpBatch, sendOne } from "./udp-batch.ts";

/** Asks for SO_REUSEPORT. Bun's types lack it, and it takes no notice of `reusePort`. */
const REUSE_PORT = 4;

export class BunUdp implements Udp {
  readonly canSharePort: boolean = process.platform === "linux";
  readonly canInherit = true;

  async bind(options: UdpOptions, handler: UdpHandler): Promise<UdpSocket> {
    const { host, port, descriptor } = options;
    let owner: BunUdpSocket | undefined;
    try {
      const { receiveBufferSize, sendBufferSize } = options;
      const isTuned = receiveBufferSize !== undefined || sendBufferSize !== undefined;
      const tuner = isTuned ? await loadTuner() : undefined;
      const calls = isTuned ? await loadBatchCalls() : undefined;
      const sharing = options.reusePort === true ? { flags: REUSE_PORT } : {};
      // `fd` is missing from the types.
      const place = descriptor === undefined ? { ...sharing, hostname: host } : { fd: descriptor };
      const raw = await Bun.udpSocket<"uint8array">({
        ...place,
        port,
        binaryType: "uint8array",
        socket: {
          data: (_raw, bytes, fromPort, from) => deliver(handler, bytes, from, fromPort),
          error: (...causes) => owner?.notice(causes),
        },
      });
      tuner?.tune(descriptorOf(raw), options);
      owner = new BunUdpSocket(raw, handler, {
        host: descriptor === undefined ? raw.hostname : host,
        calls,
      });
      return owner;
    } catch (error) {
      throw toSystemError(error, `bind UDP ${formatEndpoint(host, port)}`);
    }
  }
}

interface BunUdpSocketOptions {
  /** Bun does not tell that of a descriptor. */
  readonly host: string;
  /** Whoever sends much has them, where they are to be had. */
  readonly calls: BatchCalls | undefined;
}

class BunUdpSocket implements UdpSocket {
  readonly host: string;
  readonly port: number;
  #raw: udp.Socket<"uint8array">;
  #handler: UdpHandler;
  #mapper: AddressMapper;
  #calls: BatchCalls | undefined;
  #isClosed = false;

  constructor(
    raw: udp.Socket<"uint8array">,
    handler: UdpHandler,
    { host, calls }: BunUdpSocketOptions,
  ) {
    this.host = host;
    this.#calls = calls;
    this.port = raw.port;
    this.#raw = raw;
    this.#handler = handler;
    this.#mapper = new AddressMapper(host.includes(":"));
  }

  send(bytes: Uint8Array, address: string, port: number): void {
    if (this.#isClosed) return;
    sendOne(this.#raw, bytes, port, this.#mapper.map(address));
  }

  createBatch(): UdpBatch {
    const fd = descriptorOf(this.#raw);
    const calls = this.#calls;
    if (calls === undefined || fd < 0) return new BunUdpBatch(this.#raw, this.#mapper);
    const socket: BatchedSocket = {
      ...{ fd, isIpv6: this.host.includes(":"), isClosed: () => this.#raw.closed },
      send: (bytes, address, port) => this.send(bytes, address, port),
    };
    return new LinuxUdpBatch(socket, calls);
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#raw.close();
  }

  /**
   * Bun asks the kernel for what ICMP says of peers (IP_RECVERR in Linux's ip(7)), so most faults are
   * those of one peer that is gone, and only a socket that Bun has closed is broken.
   */
  notice(causes: readonly unknown[]): void {
    if (this.#isClosed || !this.#raw.closed) return;
    this.#isClosed = true;
    this.#handler.error(toError(causes.find((cause) => cause instanceof Error) ?? "closed"));
  }
}

/** An error that the handler throws is an uncaught one, not one of the socket. */
function deliver(handler: UdpHandler, bytes: Uint8Array, address: string, port: number): void {
  try {
    handler.datagram(bytes, unmapAddress(address), port);
  } catch (error) {
    queueMicrotask(() => {
      throw error;
    });
  }
}
