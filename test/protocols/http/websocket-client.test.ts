/**
 * Goal: the client opens WebSockets, and only with servers that prove to be such; messages and closes
 * come through in both directions.
 *
 * Method: our own server as the peer in memory, and scripted ones that cheat.
 */

import { describe, expect, test } from "vitest";
import { encodeClose } from "../../../src/codec/websocket/close-code.ts";
import { encodeFrame, WebSocketOpcode } from "../../../src/codec/websocket/frame.ts";
import { TAKEN_OVER } from "../../../src/protocols/http/handler.ts";
import { HttpServer } from "../../../src/protocols/http/server.ts";
import type {
  WebSocketHandler,
  WebSocketServerConnection,
} from "../../../src/protocols/http/websocket.ts";
import {
  connectWebSocket,
  type WebSocketClientConnection,
} from "../../../src/protocols/http/websocket-client.ts";
import { createSocketPair, ManualClock, type MemorySocket } from "../../../src/runtime/memory.ts";
import type { TcpHandler, TcpSocket } from "../../../src/runtime/runtime.ts";
import { CRYPTO, RecordingLogger, settle } from "../../support/http-peer.ts";

class Recorder implements WebSocketHandler {
  readonly events: unknown[] = [];

  message(message: string | Uint8Array): void {
    this.events.push(message);
  }

  drain(): void {
    this.events.push("drain");
  }

  close(close: { code: number; reason: string }, error?: Error): void {
    this.events.push({ ...close, error: error?.name });
  }
}

const crypto = { ...CRYPTO, randomBytes: (size: number) => new Uint8Array(size).fill(7) };

/** Connects to whatever `serve` does with the server's end. */
function connect(
  serve: (socket: MemorySocket) => void,
  handler: WebSocketHandler,
  url = "ws://a.com/live.flv",
): Promise<WebSocketClientConnection> {
  const tcp = {
    async connect(_: unknown, handler: TcpHandler): Promise<TcpSocket> {
      const [left, right] = createSocketPair(100_000);
      left.handler = handler;
      serve(right);
      return left;
    },
  };
  const ports = { tcp, clock: new ManualClock(), crypto };
  return connectWebSocket(ports, { url, timeoutMs: 5_000, fields: [["X-A", "1"]] }, handler);
}

/** Connects to our own server. */
async function open(): Promise<{
  client: WebSocketClientConnection;
  atClient: Recorder;
  server: WebSocketServerConnection;
  atServer: Recorder;
}> {
  const atServer = new Recorder();
  const atClient = new Recorder();
  let server: WebSocketServerConnection | undefined;
  const http = new HttpServer({
    handler: (request, context) => {
      expect(request.headers.get("x-a")).toBe("1");
      server = context.upgradeToWebSocket(request, atServer);
      server.send("welcome");
      return TAKEN_OVER;
    },
    clock: new ManualClock(),
    logger: new RecordingLogger(),
    crypto: CRYPTO,
    serverName: "Sluice/1.2.3",
  });
  const client = await connect((socket) => http.accept(socket), atClient);
  await settle();
  if (server === undefined) throw new Error("not opened");
  expect(atClient.events.splice(0)).toEqual(["welcome"]);
  return { client, atClient, server, atServer };
}

describe("connectWebSocket()", () => {
  test("exchanges messages with our own server", async () => {
    const { client, atClient, server, atServer } = await open();
    expect(client.send("直")).toBe(true);
    expect(client.send(Uint8Array.of(1, 2, 3))).toBe(true);
    server.send("back");
    server.write(encodeFrame(WebSocketOpcode.Binary, new Uint8Array(70_000)));
    server.write(encodeFrame(WebSocketOpcode.Ping, Uint8Array.of(9)));
    await settle();
    expect(atServer.events).toEqual(["直", Uint8Array.of(1, 2, 3)]);
    expect(atClient.events).toEqual(["back", new Uint8Array(70_000)]);
  });

  test("closes from either side, with code and reason", async () => {
    const one = await open();
    one.client.end(4000, "enough");
    await settle();
    expect(one.atServer.events).toEqual([{ code: 4000, reason: "enough", error: undefined }]);
    expect(one.atClient.events).toEqual([{ code: 4000, reason: "", error: undefined }]);
    expect(one.client.send("too late")).toBe(false);

    const two = await open();
    two.server.end(1001, "restart");
    await settle();
    expect(two.atClient.events).toEqual([{ code: 1001, reason: "restart", error: undefined }]);
  });

  test("tells when the connection breaks", async () => {
    const { atClient, server } = await open();
    server.socket.destroy();
    await settle();
    expect(atClient.events).toEqual([{ code: 1006, reason: "", error: "ClosedError" }]);
  });

  test("waits for room", async () => {
    const { client, atClient, server, atServer } = await open();
    server.socket.pause();
    expect(client.send(new Uint8Array(60_000))).toBe(true);
    expect(client.send(new Uint8Array(60_000))).toBe(true);
    expect(client.send("no room")).toBe(false);
    server.socket.resume();
    await settle();
    expect(atClient.events).toEqual(["drain"]);
    expect(atServer.events).toEqual([new Uint8Array(60_000), new Uint8Array(60_000)]);
    expect(client.send("room")).toBe(true);
  });
});

describe("connectWebSocket() with a server that cheats", () => {
  /** Answers everything with `answer`. */
  function answering(answer: Uint8Array | string): (socket: MemorySocket) => void {
    return (socket) => {
      socket.handler = {
        data: () => {
          socket.write(typeof answer === "string" ? new TextEncoder().encode(answer) : answer);
          socket.handler.data = () => undefined;
        },
        drain: () => undefined,
        close: () => undefined,
      };
    };
  }

  test.each([
    ["says no", "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"],
    ["ignores the question", "HTTP/1.1 200 OK\r\n\r\nhello"],
    ["has no key", "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n"],
    [
      "has a wrong key",
      "HTTP/1.1 101 Switching Protocols\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n",
    ],
  ])("and %s fails", async (_, answer) => {
    const connecting = connect(answering(answer), new Recorder());
    await expect(connecting).rejects.toMatchObject({ name: "ProtocolError" });
  });

  const HEAD = "HTTP/1.1 101 Switching Protocols\r\nSec-WebSocket-Accept: ACCEPT\r\n\r\n";

  test.each([
    ["masks its frames", Uint8Array.of(0x81, 0x81, 0, 0, 0, 0, 0x61), 1002],
    ["sends text that is not UTF-8", Uint8Array.of(0x81, 0x01, 0xff), 1007],
    ["closes with half a code", Uint8Array.of(0x88, 0x01, 0x03), 1002],
  ])("and %s is left", async (_, bytes, code) => {
    const recorder = new Recorder();
    const heard: Uint8Array[] = [];
    let isFirst = true;
    await connect((socket) => {
      socket.handler = {
        data: (given) => {
          heard.push(given);
          if (!isFirst) return;
          isFirst = false;
          const key = /Sec-WebSocket-Key: (\S+)/.exec(new TextDecoder().decode(given))?.[1] ?? "";
          const hashed = CRYPTO.hash(
            "sha1",
            new TextEncoder().encode(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`),
          );
          const head = HEAD.replace("ACCEPT", btoa(String.fromCharCode(...hashed)));
          socket.write(Uint8Array.of(...new TextEncoder().encode(head), ...bytes));
        },
        drain: () => undefined,
        close: () => undefined,
      };
    }, recorder);
    await settle();
    const key = Uint8Array.of(7, 7, 7, 7);
    const close = encodeClose(code, "").map((byte, index) => byte ^ (key[index] ?? 0));
    expect(heard[1]).toEqual(Uint8Array.of(0x88, 0x82, ...key, ...close));
    expect(recorder.events).toEqual([{ code: 1006, reason: "", error: "MalformedError" }]);
  });
});
