/**
 * Goal: answers are framed so that the client knows where each ends, are written in as few pieces as
 * can be, and are taken from their source no faster than the client takes them.
 *
 * Method: raw dialogues over a connection in memory.
 */

import { describe, expect, test } from "vitest";
import type { HttpAnswer } from "../../../src/protocols/http/handler.ts";
import { HttpPeer, settle } from "../../support/http-peer.ts";
import {
  get,
  HELLO,
  HELLO_ANSWER,
  openStream,
  statuses,
  streamOf,
} from "../../support/http-text.ts";

describe("answers", () => {
  test("are written in one piece, and the connection stays", async () => {
    const peer = new HttpPeer(HELLO);
    peer.send(get("/"));
    await peer.untilAnswers(1);
    expect(peer.take()).toBe(HELLO_ANSWER);
    expect(peer.serverSocket.writeCount).toBe(1);
    peer.send(get("/"));
    await peer.untilAnswers(1);
    expect(peer.take()).toBe(HELLO_ANSWER);
    expect(peer.isClosed).toBe(false);
  });

  test("tell the second in which they are written", async () => {
    const peer = new HttpPeer(HELLO);
    await peer.advance(1_500);
    peer.send(get("/"));
    await peer.untilAnswers(1);
    expect(peer.text).toContain("Date: Thu, 01 Jan 2026 00:00:01 GMT\r\n");
  });

  test.each([
    [
      "a string",
      (): HttpAnswer => ({ status: 200, body: "直" }),
      "Content-Length: 3\r\n\r\n\xe7\x9b\xb4",
    ],
    [
      "bytes",
      (): HttpAnswer => ({ status: 200, body: Uint8Array.of(1) }),
      "Content-Length: 1\r\n\r\n\x01",
    ],
    ["nothing", (): HttpAnswer => ({ status: 404 }), "Content-Length: 0\r\n\r\n"],
    [
      "a promise",
      async (): Promise<HttpAnswer> => ({ status: 200, body: "a" }),
      "Content-Length: 1\r\n\r\na",
    ],
    ["204", (): HttpAnswer => ({ status: 204, body: "a" }), "GMT\r\n\r\n"],
    ["304", (): HttpAnswer => ({ status: 304, fields: [["ETag", '"a"']] }), 'ETag: "a"\r\n\r\n'],
    [
      "a stream at hand",
      (): HttpAnswer => ({ status: 200, body: streamOf("ab", "c") }),
      "Content-Length: 3\r\n\r\nabc",
    ],
    [
      "an empty stream",
      (): HttpAnswer => ({ status: 200, body: streamOf() }),
      "Content-Length: 0\r\n\r\n",
    ],
    ["a web response of text", (): HttpAnswer => new Response("ab"), "ontent-Length: 2\r\n\r\nab"],
    [
      "an empty web response",
      (): HttpAnswer => new Response(null, { status: 201 }),
      "Content-Length: 0\r\n\r\n",
    ],
    [
      "a web response without body",
      (): HttpAnswer => new Response(null, { status: 204 }),
      "GMT\r\n\r\n",
    ],
    [
      "a web response of JSON",
      (): HttpAnswer => Response.json({ code: 0 }),
      'Content-Length: 10\r\n\r\n{"code":0}',
    ],
  ])("can be made of %s", async (_, handler, end) => {
    const peer = new HttpPeer(handler);
    peer.send(get("/"));
    await peer.untilAnswers(1);
    await peer.until(() => peer.text.endsWith(end));
    expect(statuses(peer.take())).toHaveLength(1);
    peer.send(get("/"));
    await peer.until(() => peer.text.endsWith(end));
    expect(peer.isClosed).toBe(false);
    expect(peer.logger.errors).toEqual([]);
  });

  test("keep the fields of a web response, each cookie in its own", async () => {
    const headers = new Headers({ "X-A": "1", Connection: "keep-alive", "Transfer-Encoding": "b" });
    headers.append("Set-Cookie", "a=1");
    headers.append("Set-Cookie", "b=2");
    const peer = new HttpPeer(() => new Response("x", { status: 201, headers }));
    peer.send(get("/"));
    await peer.until(() => peer.text.endsWith("\r\n\r\nx"));
    expect(peer.text).toMatch(/^HTTP\/1\.1 201 Created\r\n/);
    expect(peer.text).toMatch(/x-a: 1\r\n/i);
    expect(peer.text.match(/set-cookie: [ab]=[12]\r\n/gi)).toHaveLength(2);
    expect(peer.text).not.toMatch(/transfer-encoding/i);
  });

  test("to HEAD have no body but its size", async () => {
    const peer = new HttpPeer(HELLO);
    peer.send("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n");
    await peer.untilAnswers(1);
    expect(peer.text).toBe(HELLO_ANSWER.slice(0, -5));
    const other = new HttpPeer(() => ({
      status: 200,
      fields: [["Content-Length", "7"]],
      body: openStream().stream,
    }));
    other.send("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n");
    await other.untilAnswers(1);
    expect(other.text).toMatch(/Content-Length: 7\r\n\r\n$/);
  });

  test("are sent in two writes if they are large", async () => {
    const body = "x".repeat(200_000);
    const peer = new HttpPeer(() => ({ status: 200, body }));
    peer.send(get("/"));
    await peer.until(() => peer.text.endsWith(`Content-Length: 200000\r\n\r\n${body}`));
    expect(peer.serverSocket.writeCount).toBe(2);
  });

  test("wait for a client that reads slowly, and the next request with them", async () => {
    const body = "x".repeat(10_000);
    const peer = new HttpPeer(() => ({ status: 200, body }), { capacity: 1_000 });
    peer.socket.pause();
    peer.send(get("/"));
    peer.send(get("/"));
    await settle();
    expect(peer.serverSocket.sentSize).toBe(1_000);
    peer.socket.resume();
    await peer.until(() => peer.text.length > 20_000);
    expect(peer.text.split(`\r\n\r\n${body}`)).toHaveLength(3);
  });
});

describe("streams", () => {
  test("are sent in chunks as they come", async () => {
    const source = openStream();
    const peer = new HttpPeer(() => ({ status: 200, body: source.stream }));
    peer.send(get("/"));
    await peer.untilAnswers(1);
    expect(peer.take()).toMatch(/\r\nTransfer-Encoding: chunked\r\n\r\n$/);
    source.push("hello");
    await peer.until(() => peer.text === "5\r\nhello\r\n");
    source.push("");
    source.push("world!");
    source.close();
    await peer.until(() => peer.text === "5\r\nhello\r\n6\r\nworld!\r\n0\r\n\r\n");
    peer.send(get("/"));
    await settle();
    expect(peer.isClosed).toBe(false);
  });

  test("are sent without chunks if their size is known", async () => {
    const source = openStream();
    const peer = new HttpPeer(() => ({
      status: 200,
      fields: [["Content-Length", "10"]],
      body: source.stream,
    }));
    peer.send(get("/"));
    await peer.untilAnswers(1);
    source.push("hello");
    await settle();
    source.push("world");
    source.close();
    await peer.until(() => peer.text.endsWith("\r\nContent-Length: 10\r\n\r\nhelloworld"));
  });

  test.each([
    ["longer", "abcdef"],
    ["shorter", "abc"],
  ])("that turn out %s than said break the connection", async (_, text) => {
    const source = openStream();
    const peer = new HttpPeer(() => ({
      status: 200,
      fields: [["Content-Length", "5"]],
      body: source.stream,
    }));
    peer.send(get("/"));
    await peer.untilAnswers(1);
    source.push(text);
    source.close();
    await peer.until(() => peer.isClosed);
    expect(peer.logger.errors).toHaveLength(1);
  });

  test("that break leave the client with an incomplete body", async () => {
    const source = openStream();
    const peer = new HttpPeer(() => ({ status: 200, body: source.stream }));
    peer.send(get("/"));
    await peer.untilAnswers(1);
    source.push("a");
    await settle();
    source.fail(new Error("disk on fire"));
    await peer.until(() => peer.isClosed);
    expect(peer.text).toMatch(/\r\n1\r\na\r\n$/);
    expect(peer.logger.errors).toEqual([new Error("disk on fire")]);
  });

  test("that break before they have begun are answered with 500", async () => {
    const peer = new HttpPeer(() => ({
      status: 200,
      body: new ReadableStream({
        start: (controller) => controller.error(new Error("no such disk")),
      }),
    }));
    peer.send(get("/"));
    await peer.untilAnswers(1);
    expect(statuses(peer.text)).toEqual([500]);
    expect(peer.text).not.toContain("no such disk");
  });

  test("are read no faster than the client takes them", async () => {
    let readCount = 0;
    const stream = new ReadableStream<Uint8Array>(
      {
        pull(controller) {
          readCount += 1;
          controller.enqueue(new Uint8Array(1_000));
          if (readCount === 500) controller.close();
        },
      },
      { highWaterMark: 0 },
    );
    const peer = new HttpPeer(() => ({ status: 200, body: stream }), { capacity: 10_000 });
    peer.socket.pause();
    peer.send(get("/"));
    await settle();
    const readAtFirst = readCount; // What is at hand goes with the head, up to a bound.
    expect(readAtFirst).toBeLessThan(100);
    await settle();
    expect(readCount).toBe(readAtFirst);
    peer.socket.resume();
    await peer.until(() => peer.text.endsWith("\r\n0\r\n\r\n"));
    expect(readCount).toBe(500);
  });

  test("are cancelled when the client leaves", async () => {
    const source = openStream();
    const peer = new HttpPeer(() => ({ status: 200, body: source.stream }));
    peer.send(get("/"));
    await peer.untilAnswers(1);
    peer.socket.destroy();
    await peer.until(source.isCancelled);
    expect(peer.logger.errors).toEqual([]);
    expect(peer.server.connectionCount).toBe(0);
  });

  test("whose client leaves are not taken for broken ones", async () => {
    const source = openStream();
    const fields: [string, string][] = [["Content-Length", "10"]];
    const peer = new HttpPeer(() => ({ status: 200, fields, body: source.stream }));
    peer.send(get("/"));
    await peer.untilAnswers(1);
    peer.socket.destroy();
    await peer.until(source.isCancelled);
    await settle();
    expect(peer.logger.errors).toEqual([]);
  });

  test("are cancelled when the client has left before they were answered with", async () => {
    const source = openStream();
    let answer: (answer: HttpAnswer) => void = () => undefined;
    const peer = new HttpPeer(() => new Promise((resolve) => (answer = resolve)));
    peer.send(get("/"));
    await settle();
    peer.socket.destroy();
    await settle();
    answer(new Response(source.stream));
    await peer.until(source.isCancelled);
  });

  test("to HTTP/1.0 end with the connection", async () => {
    const source = openStream();
    const peer = new HttpPeer(() => ({ status: 200, body: source.stream }));
    peer.send("GET / HTTP/1.0\r\n\r\n");
    await peer.untilAnswers(1);
    source.push("abc");
    await settle();
    source.close();
    await peer.until(() => peer.isClosed);
    expect(peer.text).toMatch(/\r\nConnection: close\r\n\r\nabc$/);
    expect(peer.text).not.toContain("chunked");
  });
});
