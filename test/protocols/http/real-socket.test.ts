/**
 * Goal: what works in memory works between real sockets, with peers that somebody else wrote.
 *
 * Method: the server on the runtime that the tests run on; the platform's own fetch() and WebSocket,
 * and our own clients, as peers over loopback, with TLS too.
 */

import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ByteWriter } from "../../../src/base/byte-writer.ts";
import { WebSocketOpcode, writeFrameHeader } from "../../../src/codec/websocket/frame.ts";
import { HttpClient } from "../../../src/protocols/http/client.ts";
import { type HttpHandler, TAKEN_OVER } from "../../../src/protocols/http/handler.ts";
import { HttpServer } from "../../../src/protocols/http/server.ts";
import type { WebSocketServerConnection } from "../../../src/protocols/http/websocket.ts";
import { connectWebSocket } from "../../../src/protocols/http/websocket-client.ts";
import { createRuntime } from "../../../src/runtime/detect.ts";
import type { Runtime, TcpListener } from "../../../src/runtime/runtime.ts";
import { RecordingLogger } from "../../support/http-peer.ts";
import { createSelfSigned } from "../../support/self-signed.ts";

const LARGE = Uint8Array.from({ length: 3_000_000 }, (_, index) => (index * 7) & 0xff);

const logger = new RecordingLogger();
const addresses = new Set<string>();
const closed: unknown[] = [];
let runtime: Runtime;
let server: HttpServer;
let listener: TcpListener;
let tlsListener: TcpListener;
let tlsCertificate = "";

const handler: HttpHandler = async (request, context) => {
  switch (request.path) {
    case "/hello":
      addresses.add(`${request.remoteAddress}:${request.remotePort}`);
      return { status: 200, fields: [["X-Tls", `${request.isTls}`]], body: "hello" };
    case "/echo":
      return new Response(await request.toRequest(10_000_000).arrayBuffer());
    case "/large":
      return { status: 200, body: LARGE };
    case "/stream":
      return { status: 200, body: slowStream() };
    case "/moved":
      return { status: 307, fields: [["Location", "/echo"]] };
    case "/endless":
      return flood(context.takeOver.bind(context), context.heads.encode(200, []));
    case "/ws":
      return echoWebSocket((events) => context.upgradeToWebSocket(request, events));
    default:
      return { status: 404 };
  }
};

/** Pieces that are not at hand all at once. */
function slowStream(): ReadableStream<Uint8Array> {
  let count = 0;
  return new ReadableStream({
    async pull(controller) {
      await new Promise((resolve) => setTimeout(resolve, 1));
      count += 1;
      controller.enqueue(new TextEncoder().encode(`${count};`));
      if (count === 5) controller.close();
    },
  });
}

/** Writes as much as the socket takes, three million bytes in all, then ends. */
function flood(
  takeOver: Parameters<HttpHandler>[1]["takeOver"],
  head: Uint8Array,
): typeof TAKEN_OVER {
  let offset = 0;
  const pump = (): void => {
    while (offset < LARGE.length) {
      const piece = LARGE.subarray(offset, offset + 100_000);
      const taken = socket.write(piece);
      offset += taken;
      if (taken < piece.length) return;
    }
    socket.end();
  };
  const { socket } = takeOver({ data: () => undefined, drain: pump, close: () => undefined });
  socket.write(head);
  pump();
  return TAKEN_OVER;
}

function echoWebSocket(
  upgrade: (
    events: Parameters<Parameters<HttpHandler>[1]["upgradeToWebSocket"]>[1],
  ) => WebSocketServerConnection,
): typeof TAKEN_OVER {
  const webSocket = upgrade({
    message: (message) => {
      if (message === "close") webSocket.end(4001, "as you wish");
      else webSocket.send(message);
    },
    drain: () => undefined,
    close: (close) => closed.push(close),
  });
  // A frame of each size of header, encoded once and written as a block, as to a viewer.
  const writer = new ByteWriter();
  for (const size of [10, 1_000, 70_000]) {
    writeFrameHeader(writer, WebSocketOpcode.Binary, size);
    writer.writeBytes(new Uint8Array(size));
  }
  webSocket.write(writer.take());
  return TAKEN_OVER;
}

/** Compares as `toEqual` does, which takes seconds for so many bytes. */
function expectBytes(bytes: Uint8Array, expected: Uint8Array): void {
  expect(bytes.length).toBe(expected.length);
  expect(bytes.findIndex((byte, index) => byte !== expected[index])).toBe(-1);
}

function url(path: string): string {
  return `http://127.0.0.1:${listener.port}${path}`;
}

beforeAll(async () => {
  runtime = await createRuntime();
  const identity = createSelfSigned("localhost", ["localhost", "127.0.0.1"]);
  tlsCertificate = identity.certificate;
  const { clock, crypto, tcp } = runtime;
  server = new HttpServer({ handler, clock, crypto, logger, serverName: "Sluice/1.2.3" });
  const accept = server.accept.bind(server);
  listener = await tcp.listen({ host: "127.0.0.1", port: 0 }, (socket) => accept(socket));
  tlsListener = await tcp.listen({ host: "127.0.0.1", port: 0, tls: identity }, (socket) =>
    accept(socket),
  );
});

afterAll(async () => {
  server.destroy();
  await listener.close();
  await tlsListener.close();
  expect(logger.errors).toEqual([]);
});

describe("fetch()", () => {
  test("gets many answers over few connections", async () => {
    for (let i = 0; i < 50; i++) {
      const response = await fetch(url("/hello"));
      expect(response.status).toBe(200);
      expect(response.headers.get("server")).toBe("Sluice/1.2.3");
      expect(await response.text()).toBe("hello");
    }
    expect(addresses.size).toBeLessThan(10);
  });

  test("gets answers at the same time", async () => {
    const responses = await Promise.all(
      Array.from({ length: 20 }, async () => (await fetch(url("/hello"))).text()),
    );
    expect(new Set(responses)).toEqual(new Set(["hello"]));
  });

  test("gets large answers and streams", async () => {
    const large = await (await fetch(url("/large"))).arrayBuffer();
    expectBytes(new Uint8Array(large), LARGE);
    expect(await (await fetch(url("/stream"))).text()).toBe("1;2;3;4;5;");
    const head = await fetch(url("/large"), { method: "HEAD" });
    expect(head.headers.get("content-length")).toBe("3000000");
    expect(await head.text()).toBe("");
  });

  test("gets what a taker writes", async () => {
    const endless = await (await fetch(url("/endless"))).arrayBuffer();
    expectBytes(new Uint8Array(endless), LARGE);
  });

  test("sends bodies large and small", async () => {
    for (const body of [LARGE.slice(0, 10), LARGE.slice()]) {
      const response = await fetch(url("/echo"), { method: "POST", body });
      expectBytes(new Uint8Array(await response.arrayBuffer()), body);
    }
  });

  test("is told what is wrong, though it still sends", async () => {
    const response = await fetch(url("/missing"), { method: "POST", body: LARGE.slice() });
    expect(response.status).toBe(404);
    await response.arrayBuffer();
  });
});

describe("WebSocket", () => {
  interface Peer {
    readonly received: (string | number)[];
    readonly socket: WebSocket;
    readonly closed: Promise<{ code: number; reason: string }>;
    until(count: number): Promise<void>;
  }

  async function open(): Promise<Peer> {
    const socket = new WebSocket(`ws://127.0.0.1:${listener.port}/ws`);
    socket.binaryType = "arraybuffer";
    const received: (string | number)[] = [];
    let wake: () => void = () => undefined;
    socket.addEventListener("message", ({ data }) => {
      received.push(typeof data === "string" ? data : (data as ArrayBuffer).byteLength);
      wake();
    });
    const closed = new Promise<{ code: number; reason: string }>((resolve) => {
      socket.addEventListener("close", ({ code, reason }) => resolve({ code, reason }));
    });
    await new Promise((resolve, reject) => {
      socket.addEventListener("open", resolve);
      socket.addEventListener("error", reject);
    });
    const until = async (count: number): Promise<void> => {
      while (received.length < count) await new Promise<void>((resolve) => (wake = resolve));
    };
    return { received, socket, closed, until };
  }

  test("gets frames of every size, and echoes", async () => {
    const peer = await open();
    await peer.until(3);
    peer.socket.send("直");
    peer.socket.send(new Uint8Array(60_000));
    await peer.until(5);
    expect(peer.received).toEqual([10, 1_000, 70_000, "直", 60_000]);
    closed.length = 0;
    peer.socket.close(4000, "done");
    expect(await peer.closed).toMatchObject({ code: 4000 });
    await expect.poll(() => closed).toEqual([{ code: 4000, reason: "done" }]);
  });

  test("is told why it is closed", async () => {
    const peer = await open();
    peer.socket.send("close");
    expect(await peer.closed).toEqual({ code: 4001, reason: "as you wish" });
  });
});

describe("our own clients", () => {
  const timeoutMs = 10_000;

  test("get and send over TCP and TLS", async () => {
    const client = new HttpClient(runtime);
    const fields: [string, string][] = [["X-A", "1"]];
    const body = LARGE.slice(0, 2_000_000);
    const redirected = { url: url("/moved"), method: "POST", fields, body, timeoutMs };
    const response = await client.fetch(redirected, LARGE.length);
    expect(response.status).toBe(200);
    expectBytes(response.body, body);
    for (const path of ["/large", "/endless"]) {
      const large = await client.fetch({ url: url(path), timeoutMs }, LARGE.length);
      expectBytes(large.body, LARGE);
    }
    const secure = `https://127.0.0.1:${tlsListener.port}/hello`;
    const tls = { authorities: tlsCertificate };
    const hello = await client.fetch({ url: secure, timeoutMs, tls }, 100);
    expect(hello.head.fields.get("x-tls")).toBe("true");
  });

  test("fail where nobody listens", async () => {
    const free = await runtime.tcp.listen({ host: "127.0.0.1", port: 0 }, () => undefined);
    await free.close();
    const fetching = new HttpClient(runtime).fetch(
      { url: `http://127.0.0.1:${free.port}/`, timeoutMs },
      100,
    );
    await expect(fetching).rejects.toMatchObject({ name: "ClosedError" });
  });

  test("speak WebSocket", async () => {
    const received: (string | number)[] = [];
    let wake: () => void = () => undefined;
    const ended = new Promise<unknown>((resolve) => {
      const connecting = connectWebSocket(
        runtime,
        { url: `ws://127.0.0.1:${listener.port}/ws`, timeoutMs },
        {
          message: (message) => {
            received.push(typeof message === "string" ? message : message.length);
            wake();
          },
          drain: () => undefined,
          close: (close) => resolve(close),
        },
      );
      connecting.then(
        (client) => {
          wake = () => {
            if (received.length === 3) client.send("echo");
            if (received.length === 4) client.end(4002, "done");
          };
          wake();
        },
        (error) => resolve(error),
      );
    });
    const close = await ended;
    expect(received).toEqual([10, 1_000, 70_000, "echo"]);
    expect(close).toEqual({ code: 4002, reason: "" });
  });
});
