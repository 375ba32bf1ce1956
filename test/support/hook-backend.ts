/**
 * An HTTP backend in memory, which writes down what it is asked and answers as a test says.
 *
 * @module
 */

import type { Tcp, TcpListener, TcpSocket } from "../../src/runtime/runtime.ts";

/** A request as it came. */
export interface BackendRequest {
  /** Of the connection, counted from 0. */
  readonly connection: number;
  readonly method: string;
  readonly path: string;
  /** All of it up to the empty line, that included. */
  readonly head: string;
  readonly body: string;
  /** Of the body, if it is JSON. */
  readonly fields: Readonly<Record<string, unknown>>;
  readonly socket: TcpSocket;
}

/** What to send: bytes as text, one character each; nothing: no answer, at least not now. */
export type Answer = (request: BackendRequest) => string | undefined | Promise<string | undefined>;

export function answer(body: string, status = "200 OK", fields = ""): string {
  return `HTTP/1.1 ${status}\r\nContent-Length: ${body.length}\r\n${fields}\r\n${body}`;
}

export const YES: string = answer('{"code":0}');
export const NO: string = answer('{"code":1}');

export class HookBackend {
  readonly requests: BackendRequest[] = [];
  readonly sockets: TcpSocket[] = [];
  answer: Answer;
  #listener: TcpListener | undefined;

  constructor(answer: Answer = () => YES) {
    this.answer = answer;
  }

  /** Listens. The test's memory goes with it. */
  async listen(tcp: Pick<Tcp, "listen">, port: number): Promise<this> {
    this.#listener = await tcp.listen({ host: "127.0.0.1", port }, (socket) => {
      this.#accept(socket);
    });
    return this;
  }

  /** Is there no more, and breaks its connections. */
  async stop(): Promise<void> {
    await this.#listener?.close();
    for (const socket of this.sockets) socket.destroy();
  }

  get openCount(): number {
    return this.sockets.filter((socket) => !(socket as { isClosed?: boolean }).isClosed).length;
  }

  /** What it was called for since the last time: `on_publish show`. */
  news(): string[] {
    return this.requests.splice(0).map(({ fields, path }) => {
      return "action" in fields ? `${fields["action"]} ${fields["stream"] ?? ""}`.trim() : path;
    });
  }

  #accept(socket: TcpSocket): void {
    const connection = this.sockets.push(socket) - 1;
    let text = "";
    socket.handler = {
      data: (bytes) => {
        text += new TextDecoder("latin1").decode(bytes);
        for (;;) {
          const end = text.indexOf("\r\n\r\n") + 4;
          const size = Number(/\r\ncontent-length: (\d+)/i.exec(text)?.[1] ?? 0);
          if (end < 4 || text.length < end + size) return;
          this.#take(connection, text.slice(0, end), text.slice(end, end + size));
          text = text.slice(end + size);
        }
      },
      drain: () => undefined,
      close: () => undefined,
    };
  }

  #take(connection: number, head: string, body: string): void {
    const [method = "", path = ""] = head.split(" ");
    const socket = this.sockets[connection];
    if (socket === undefined) throw new Error("There is no such connection");
    const fields = body.startsWith("{") ? JSON.parse(body) : {};
    const request = { connection, method, path, head, body, fields, socket };
    this.requests.push(request);
    const given = this.answer(request);
    if (given instanceof Promise) void given.then((text) => say(socket, text));
    else say(socket, given);
  }
}

/** Sends one byte a character. */
export function say(socket: TcpSocket, text: string | undefined): void {
  if (text !== undefined) socket.write(Uint8Array.from(text, (letter) => letter.charCodeAt(0)));
}
