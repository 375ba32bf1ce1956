/**
 * A handler that keeps what happened, and what should not have.
 *
 * @module
 */

import type { Tcp, TcpHandler, TcpListener, TcpSocket } from "../../../src/runtime/runtime.ts";
import { eventually } from "./eventually.ts";

export class Recorder implements TcpHandler {
  readonly pieces: Uint8Array[] = [];
  receivedSize = 0;
  drainCount = 0;
  closeCount = 0;
  error: Error | undefined;
  /** Calls after `close`: there must be none. */
  lateCalls: string[] = [];
  /** Called first in each event, with its name. */
  tap: (event: "data" | "drain" | "close", bytes?: Uint8Array) => void = () => undefined;

  data(bytes: Uint8Array): void {
    this.#check("data");
    this.tap("data", bytes);
    this.pieces.push(bytes);
    this.receivedSize += bytes.length;
  }

  drain(): void {
    this.#check("drain");
    this.tap("drain");
    this.drainCount += 1;
  }

  close(error?: Error): void {
    this.#check("close");
    this.tap("close");
    this.closeCount += 1;
    this.error = error;
  }

  /** All received so far, in one piece. */
  get received(): Uint8Array {
    const all = new Uint8Array(this.receivedSize);
    let offset = 0;
    for (const piece of this.pieces) {
      all.set(piece, offset);
      offset += piece.length;
    }
    return all;
  }

  get text(): string {
    return new TextDecoder().decode(this.received);
  }

  async whenClosed(): Promise<void> {
    await eventually("close", () => this.closeCount > 0);
  }

  async whenReceived(size: number): Promise<void> {
    await eventually(`${size} bytes`, () => this.receivedSize >= size);
  }

  #check(event: string): void {
    if (this.closeCount > 0) this.lateCalls.push(event);
  }
}

/** A connection with both its ends. */
export interface Connection {
  readonly listener: TcpListener;
  readonly client: TcpSocket;
  readonly clientEvents: Recorder;
  readonly server: TcpSocket;
  readonly serverEvents: Recorder;
}

/** What a connection is made by. */
export type Network = Pick<Tcp, "listen" | "connect">;

/** Listens on a free port, connects to it, and stops listening. */
export async function openConnection(tcp: Network, host = "127.0.0.1"): Promise<Connection> {
  let server: TcpSocket | undefined;
  const serverEvents = new Recorder();
  const listener = await tcp.listen({ host, port: 0 }, (socket) => {
    server = socket;
    socket.handler = serverEvents;
  });
  const clientEvents = new Recorder();
  const options = { host, port: listener.port, timeoutMs: 10_000 };
  const client = await tcp.connect(options, clientEvents);
  await eventually("accept", () => server !== undefined);
  await listener.close();
  return { listener, client, clientEvents, server: server as TcpSocket, serverEvents };
}

/** Writes blocks until one is not taken whole. Returns the bytes taken. */
export function fill(socket: TcpSocket, block: Uint8Array): number {
  for (let takenSize = 0; ; ) {
    const taken = socket.write(block);
    takenSize += taken;
    if (taken < block.length) return takenSize;
    if (takenSize > 1 << 30) throw new Error("Takes a gigabyte without a pause");
  }
}
