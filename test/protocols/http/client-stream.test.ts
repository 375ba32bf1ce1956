/**
 * Goal: an answer that is handed on comes as the server sends it, holds the server back while nobody
 * takes it, and ends as the server's does: complete, broken, or given up by whoever reads.
 *
 * Method: a scripted server on a connection in memory with a small buffer.
 */

import { describe, expect, test } from "vitest";
import { ClosedError } from "../../../src/base/errors.ts";
import { HttpClient } from "../../../src/protocols/http/client.ts";
import { fetchStream, type StreamedResponse } from "../../../src/protocols/http/client-stream.ts";
import { createSocketPair, ManualClock, type MemorySocket } from "../../../src/runtime/memory.ts";
import type { Tcp, TcpHandler, TcpSocket } from "../../../src/runtime/runtime.ts";
import { settle } from "../../support/http-peer.ts";

const HEAD = "HTTP/1.1 200 OK\r\n";
const BUFFER_SIZE = 64 * 1024;

class Server implements Pick<Tcp, "connect"> {
  socket: MemorySocket | undefined;
  isClosed = false;

  async connect(_options: unknown, handler: TcpHandler): Promise<TcpSocket> {
    const [left, right] = createSocketPair(BUFFER_SIZE);
    left.handler = handler;
    right.handler = {
      data: () => undefined,
      drain: () => undefined,
      close: () => {
        this.isClosed = true;
      },
    };
    this.socket = right;
    return left;
  }

  /** @returns How many bytes were taken. */
  async say(data: string | Uint8Array): Promise<number> {
    const bytes = typeof data === "string" ? new TextEncoder().encode(data) : data;
    const taken = this.socket?.write(bytes) ?? 0;
    await settle();
    return taken;
  }
}

async function ask(method = "GET"): Promise<{ server: Server; answer: Promise<StreamedResponse> }> {
  const server = new Server();
  const client = new HttpClient({ tcp: server, clock: new ManualClock() });
  const answer = fetchStream(client, { url: "http://peer/", method, timeoutMs: 5_000 });
  answer.catch(() => undefined);
  await settle();
  return { server, answer };
}

/** Reads on until the body ends. */
async function textOf(body: ReadableStream<Uint8Array>): Promise<string> {
  return new Response(body).text();
}

describe("an answer", () => {
  test("is there with its head, and its body comes as it is sent", async () => {
    const { server, answer } = await ask();
    await server.say(`${HEAD}Content-Length: 6\r\n\r\n`);
    const { head, body } = await answer;
    expect(head.status).toBe(200);
    const reader = body.getReader();
    await server.say("abc");
    expect(await reader.read()).toEqual({ done: false, value: new TextEncoder().encode("abc") });
    await server.say("def");
    expect(await reader.read()).toEqual({ done: false, value: new TextEncoder().encode("def") });
    expect(await reader.read()).toEqual({ done: true, value: undefined });
    expect(server.isClosed).toBe(true);
  });

  test.each([["GET"], ["HEAD"]])("without a body ends at once: %s", async (method) => {
    const { server, answer } = await ask(method);
    const status = method === "HEAD" ? HEAD : "HTTP/1.1 304 Not Modified\r\n";
    await server.say(`${status}Content-Length: 6\r\n\r\n`);
    expect(await textOf((await answer).body)).toBe("");
  });

  test("that never comes is an error", async () => {
    const { server, answer } = await ask();
    server.socket?.destroy();
    await expect(answer).rejects.toThrow(ClosedError);
  });

  test("that breaks off is an error of its body, behind what there was", async () => {
    const { server, answer } = await ask();
    await server.say(`${HEAD}Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n`);
    const reader = (await answer).body.getReader();
    expect((await reader.read()).value).toHaveLength(3);
    server.socket?.destroy();
    await expect(reader.read()).rejects.toThrow(ClosedError);
  });

  test("that nobody wants closes the connection", async () => {
    const { server, answer } = await ask();
    await server.say(`${HEAD}\r\nabc`);
    await (await answer).body.cancel();
    await settle();
    expect(server.isClosed).toBe(true);
  });
});

test("who does not read holds the server back, and gets all of it in the end", async () => {
  const { server, answer } = await ask();
  const size = 4 << 20;
  await server.say(`${HEAD}Content-Length: ${size}\r\n\r\n`);
  const { body } = await answer;
  const bytes = new Uint8Array(BUFFER_SIZE).fill(7);
  let sent = 0;
  const send = async (): Promise<void> => {
    for (let taken = -1; taken !== 0 && sent < size; ) {
      taken = await server.say(bytes.subarray(0, size - sent));
      sent += taken;
    }
  };
  await send();
  expect(sent).toBeLessThan(size / 8);
  let received = 0;
  for await (const piece of body) {
    received += piece.length;
    await send();
  }
  expect(received).toBe(size);
});
