/**
 * A TCP connection on which a test says whatever it likes.
 *
 * @module
 */

import { connect, type Socket } from "node:net";
import { waitFor, within } from "./wait.ts";

/** RTMP: version byte and C1; the server answers with as much and S2. */
const C0_C1_SIZE = 1537;
const S0_S1_S2_SIZE = 3073;
const C2_SIZE = 1536;

/** Longer than any of the server's times for a peer that does not get on. */
const HANG_UP_MS = 40_000;

export class RawSocket {
  readonly socket: Socket;
  receivedSize = 0;
  isClosed = false;
  #chunks: Buffer[] = [];

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.on("data", (chunk) => {
      this.receivedSize += chunk.length;
      this.#chunks.push(chunk);
    });
    // A reset is one of the ways in which a server hangs up.
    socket.on("error", () => undefined);
    socket.on("close", () => {
      this.isClosed = true;
    });
  }

  static async open(port: number): Promise<RawSocket> {
    const socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
    const raw = new RawSocket(socket);
    await within(
      `a connection to port ${port}`,
      new Promise<void>((resolve, reject) => {
        socket.once("connect", resolve);
        socket.once("error", reject);
      }),
    );
    return raw;
  }

  /** Opens a connection and does the RTMP handshake, in its simple form. */
  static async openRtmp(port: number): Promise<RawSocket> {
    const raw = await RawSocket.open(port);
    const c0c1 = Buffer.alloc(C0_C1_SIZE);
    c0c1[0] = 3;
    raw.write(c0c1);
    await waitFor("the server's handshake", () => raw.receivedSize >= S0_S1_S2_SIZE);
    raw.write(Buffer.alloc(C2_SIZE));
    return raw;
  }

  get text(): string {
    return Buffer.concat(this.#chunks).toString("latin1");
  }

  write(bytes: Uint8Array | string): void {
    if (!this.socket.destroyed) this.socket.write(bytes);
  }

  /** Waits until the server has hung up, or at least said that it will say no more. */
  async waitForClose(): Promise<void> {
    const isOver = (): boolean => this.isClosed || this.socket.readableEnded;
    await waitFor("the server to hang up", isOver, HANG_UP_MS);
  }

  close(): void {
    this.socket.destroy();
  }
}
