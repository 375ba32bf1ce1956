/**
 * A UDP socket that notes what its batches send, and when.
 *
 * @module
 */

import type { UdpBatch, UdpSocket } from "../../src/runtime/runtime.ts";

export interface NotedDatagram {
  readonly bytes: Uint8Array;
  readonly address: string;
  readonly port: number;
}

export class NotingSocket implements UdpSocket {
  readonly host = "127.0.0.1";
  readonly port = 1;
  readonly sent: NotedDatagram[] = [];

  send(): void {
    throw new Error("What goes to many is sent in batches");
  }

  createBatch(): UdpBatch {
    const waiting: NotedDatagram[] = [];
    return {
      destination: (address, port) => ({ address, port }),
      add: (datagram, destination) =>
        void waiting.push({ bytes: datagram.slice(), ...destination }),
      flush: () => void this.sent.push(...waiting.splice(0)),
    };
  }

  async close(): Promise<void> {
    // Nothing is open.
  }
}
