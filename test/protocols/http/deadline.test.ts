/**
 * Goal: nobody holds a connection by being slow, and nobody who makes progress loses it.
 *
 * Method: a clock that tests move; for each limit a client just within it and one past it.
 */

import { describe, expect, test } from "vitest";
import type { HttpHandler } from "../../../src/protocols/http/handler.ts";
import { HttpPeer, settle } from "../../support/http-peer.ts";
import { get, HELLO, statuses } from "../../support/http-text.ts";

describe("a client that sends", () => {
  test("nothing is let go without a word", async () => {
    const peer = new HttpPeer(HELLO);
    await peer.advance(14_000);
    expect(peer.isClosed).toBe(false);
    await peer.advance(2_000);
    expect(peer.isClosed).toBe(true);
    expect(peer.text).toBe("");
    expect(peer.clock.timerCount).toBe(0);
  });

  test("its head byte by byte is answered with 408", async () => {
    const peer = new HttpPeer(HELLO);
    const head = get("/", `X: ${"x".repeat(100)}\r\n`);
    for (const byte of head.slice(0, 14)) {
      peer.send(byte);
      await peer.advance(1_000);
    }
    expect(peer.text).toBe("");
    await peer.advance(2_000);
    expect(statuses(peer.text)).toEqual([408]);
    peer.send(head.slice(14));
    await peer.advance(3_000);
    expect(peer.isClosed).toBe(true);
    expect(statuses(peer.text)).toEqual([408]);
  });

  test("no second request is let go later", async () => {
    const peer = new HttpPeer(HELLO);
    peer.send(get("/"));
    await peer.untilAnswers(1);
    await peer.advance(58_000);
    expect(peer.isClosed).toBe(false);
    await peer.advance(4_000);
    expect(peer.isClosed).toBe(true);
    expect(statuses(peer.text)).toEqual([200]);
  });

  test("the head of a second request slowly has as long as for the first", async () => {
    const peer = new HttpPeer(HELLO);
    peer.send(get("/"));
    await peer.untilAnswers(1);
    await peer.advance(50_000);
    peer.send("GET");
    await peer.advance(14_000);
    expect(peer.isClosed).toBe(false);
    await peer.advance(2_000);
    expect(statuses(peer.text)).toEqual([200, 408]);
  });

  const UPLOAD = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n";
  const SINK: HttpHandler = async (request) => ({
    status: 200,
    body: `${(await request.bytes(2_000_000)).length}`,
  });

  test.each([
    ["nothing", 0],
    ["too little", 60],
  ])("%s of its body is answered with 408", async (_, sizePerSecond) => {
    const peer = new HttpPeer(SINK);
    peer.send(UPLOAD);
    await settle();
    for (let second = 0; second < 20 && !peer.isClosed; second++) {
      peer.send("x".repeat(sizePerSecond));
      await peer.advance(1_000);
    }
    expect(statuses(peer.text)).toEqual([408]);
    await peer.advance(3_000);
    expect(peer.isClosed).toBe(true);
  });

  test("its body slowly but surely is waited for", async () => {
    const peer = new HttpPeer(SINK);
    peer.send(UPLOAD);
    for (let second = 0; second < 125; second++) {
      await peer.advance(1_000);
      peer.send("x".repeat(8_000));
    }
    await peer.until(() => peer.text.endsWith("1000000"));
  });

  test("a body that nobody has answered yet for is not hurried while it is held back", async () => {
    const peer = new HttpPeer(() => new Promise(() => undefined));
    peer.send(`${UPLOAD}${"x".repeat(200_000)}`);
    await peer.advance(120_000);
    expect(peer.isClosed).toBe(false);
  });

  test("a body that must wait for a word is not hurried", async () => {
    const peer = new HttpPeer(() => new Promise(() => undefined));
    peer.send(UPLOAD.replace("Host", "Expect: 100-continue\r\nHost"));
    await peer.advance(120_000);
    expect(peer.isClosed).toBe(false);
  });

  test("a body that nobody wants too slowly is let go", async () => {
    const peer = new HttpPeer(HELLO);
    peer.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n");
    await peer.advance(32_000);
    expect(peer.isClosed).toBe(true);
    expect(statuses(peer.text)).toEqual([200]);
  });
});

describe("a client that reads", () => {
  const LARGE: HttpHandler = () => ({ status: 200, body: "x".repeat(100_000) });

  test("nothing is let go", async () => {
    const peer = new HttpPeer(LARGE, { capacity: 1_000 });
    peer.socket.pause();
    peer.send(get("/"));
    await peer.advance(29_000);
    expect(peer.server.connectionCount).toBe(1);
    await peer.advance(3_000);
    expect(peer.server.connectionCount).toBe(0);
  });

  test("slowly but surely is waited for", async () => {
    const peer = new HttpPeer(LARGE, { capacity: 1_000 });
    peer.socket.pause();
    peer.send(get("/"));
    for (let second = 0; second < 60; second++) {
      await peer.advance(1_000);
      peer.socket.resume();
      await Promise.resolve();
      peer.socket.pause();
    }
    expect(peer.server.connectionCount).toBe(1);
    expect(peer.text.length).toBeGreaterThan(30_000);
  });

  test("an endless answer that has nothing to say is not let go", async () => {
    const peer = new HttpPeer(() => ({ status: 200, body: new ReadableStream() }));
    peer.send(get("/"));
    await peer.advance(300_000);
    expect(peer.isClosed).toBe(false);
  });

  test("its last answer but never closes is cut off", async () => {
    const peer = new HttpPeer(HELLO);
    peer.socket.pause();
    peer.send(get("/", "Connection: close\r\n"));
    await peer.advance(59_000);
    expect(peer.server.connectionCount).toBe(1);
    await peer.advance(3_000);
    expect(peer.server.connectionCount).toBe(0);
  });
});

describe("a handler", () => {
  test("may take its time", async () => {
    const peer = new HttpPeer(() => new Promise(() => undefined));
    peer.send(get("/"));
    await peer.advance(600_000);
    expect(peer.isClosed).toBe(false);
  });
});

describe("limits", () => {
  test("can be set", async () => {
    const peer = new HttpPeer(HELLO, { limits: { headMs: 5_000 } });
    await peer.advance(6_000);
    expect(peer.isClosed).toBe(true);
  });
});
