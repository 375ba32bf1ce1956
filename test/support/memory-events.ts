/**
 * A client of `/api/v2/events` of a server in memory.
 *
 * @module
 */

import { type ResponseHead, ResponseHeadReader } from "../../src/codec/http/response-head.ts";
import type { TcpHandler, TcpSocket } from "../../src/runtime/runtime.ts";
import { EventStreamParser } from "./event-stream-parser.ts";
import { type MemoryNetwork, settle } from "./memory-network.ts";
import { API_PORT } from "./memory-server.ts";

export interface MemoryEventsOptions {
  readonly port?: number;
  readonly method?: string;
  /** Lines of the head, each with its line end. */
  readonly fields?: string;
}

export class MemoryEvents extends EventStreamParser implements TcpHandler {
  head: ResponseHead | undefined;
  isClosed = false;
  /** What is no event stream. */
  text = "";
  readonly #reader = new ResponseHeadReader();
  readonly #decoder = new TextDecoder();
  #socket: TcpSocket | undefined;

  /** Asks, and waits for what comes at once. @param query With its question mark, or empty. */
  static async open(
    network: MemoryNetwork,
    query = "",
    options: MemoryEventsOptions = {},
  ): Promise<MemoryEvents> {
    const { port = API_PORT, method = "GET", fields = "" } = options;
    const client = new MemoryEvents();
    const where = { host: "127.0.0.1", port, timeoutMs: 1_000 };
    client.#socket = await network.runtime.tcp.connect(where, client);
    const head = `${method} /api/v2/events${query} HTTP/1.1\r\nHost: 127.0.0.1\r\n${fields}\r\n`;
    client.#socket.write(new TextEncoder().encode(head));
    await settle();
    return client;
  }

  get status(): number | undefined {
    return this.head?.status;
  }

  /** Names and some fields of what has come since the last call. */
  take(...fields: string[]): string[] {
    const taken = this.values.map((value) =>
      [value["type"], ...fields.map((field) => String(value[field]))].join(" "),
    );
    this.events.splice(0);
    return taken;
  }

  pause(): void {
    this.#socket?.pause();
  }

  resume(): void {
    this.#socket?.resume();
  }

  async leave(): Promise<void> {
    this.#socket?.destroy();
    await settle();
  }

  // TcpHandler --------------------------------------------------------------------------------------

  data(bytes: Uint8Array): void {
    let offset = 0;
    if (this.head === undefined) {
      const result = this.#reader.read(bytes, 0, "GET");
      if (result === undefined) return;
      [this.head, offset] = result;
    }
    const text = this.#decoder.decode(bytes.subarray(offset), { stream: true });
    if (this.status === 200) this.push(text);
    else this.text += text;
  }

  drain(): void {
    // It has said all.
  }

  close(): void {
    this.isClosed = true;
  }
}
