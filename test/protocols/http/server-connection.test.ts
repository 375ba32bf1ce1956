/**
 * Goal: a connection answers requests one after the other, in order, framed so that the client knows
 * where each answer ends, and ends when it must.
 *
 * Method: raw dialogues over a connection in memory; whole dialogues cut at every byte.
 */

import { describe, expect, test } from "vitest";
import { RefusedError } from "../../../src/base/errors.ts";
import type { HttpAnswer, HttpHandler } from "../../../src/protocols/http/handler.ts";
import { HttpError } from "../../../src/protocols/http/http-error.ts";
import { HttpPeer, settle, settleMicrotasks } from "../../support/http-peer.ts";
import { get, HELLO, HELLO_ANSWER, statuses } from "../../support/http-text.ts";
import { noise } from "../../support/noise.ts";

describe("requests", () => {
  test("reach the handler with all they say", async () => {
    const seen: unknown[] = [];
    const peer = new HttpPeer((request) => {
      seen.push({
        ...request,
        address: request.remoteAddress,
        url: request.url,
        isTls: request.isTls,
      });
      expect(request.headers.get("X-a")).toBe("1");
      expect(request.parameter("vhost")).toBe("b c");
      expect(request.parameter("nothing")).toBeUndefined();
      return { status: 204 };
    });
    peer.send("GET /a%20b/../c?vhost=b+c HTTP/1.1\r\nHost: a.com:80\r\nX-A: 1\r\n\r\n");
    await peer.untilAnswers(1);
    expect(seen).toMatchObject([
      {
        method: "GET",
        target: "/a%20b/../c?vhost=b+c",
        path: "/c",
        rawPath: "/a%20b/../c",
        query: "vhost=b+c",
        host: "a.com:80",
        versionMinor: 1,
        body: undefined,
        address: "127.0.0.1",
        url: "http://a.com:80/c?vhost=b+c",
        isTls: false,
      },
    ]);
  });

  test("are the same wherever they are cut, and so are the answers", async () => {
    const input = `${get("/1")}POST /2 HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc${"POST /3 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nde\r\n1\r\nf\r\n0\r\n\r\n"}${get("/4", "Connection: close\r\n")}`;
    const echo: HttpHandler = async (request) => ({
      status: 200,
      body: `${request.path}:${await request.text()};`,
    });
    const whole = new HttpPeer(echo);
    whole.send(input);
    await whole.until(() => whole.isClosed);
    expect(whole.text.match(/\/\d:\w*;/g)).toEqual(["/1:;", "/2:abc;", "/3:def;", "/4:;"]);
    for (let cut = 1; cut < input.length; cut++) {
      const peer = new HttpPeer(echo);
      peer.send(input.slice(0, cut));
      await Promise.resolve();
      peer.send(input.slice(cut));
      await peer.until(() => peer.isClosed);
      expect(peer.text, `cut at ${cut}`).toBe(whole.text);
    }
  });

  test("sent ahead are answered in order, one at a time", async () => {
    const answers: (() => void)[] = [];
    const peer = new HttpPeer(
      (request) =>
        new Promise((resolve) => {
          answers.push(() => resolve({ status: 200, body: `${request.path};` }));
        }),
    );
    peer.send(get("/1") + get("/2") + get("/3"));
    await settle();
    expect(answers).toHaveLength(1);
    answers[0]?.();
    await peer.until(() => answers.length === 2);
    answers[1]?.();
    await peer.until(() => answers.length === 3);
    answers[2]?.();
    await peer.untilAnswers(3);
    expect(peer.text.match(/\/\d;/g)).toEqual(["/1;", "/2;", "/3;"]);
  });

  test("sent ahead by the thousand do not deepen the stack", async () => {
    const peer = new HttpPeer(HELLO, { capacity: 1 << 24 });
    peer.send(get("/").repeat(20_000));
    await peer.until(() => peer.text.length === HELLO_ANSWER.length * 20_000);
  });

  test("sent ahead without end are held back", async () => {
    const peer = new HttpPeer(() => new Promise(() => undefined), { capacity: 1_000 });
    const flood = get("/", `X: ${"x".repeat(900)}\r\n`).slice(0, 1_000);
    let sentSize = 0;
    for (let i = 0; i < 1_000; i++) {
      sentSize += peer.socket.write(new TextEncoder().encode(flood));
      await Promise.resolve();
    }
    expect(sentSize).toBeGreaterThan(64_000);
    expect(sentSize).toBeLessThan(80_000);
  });

  test.each([
    ["Connection: close", "Connection: close\r\n"],
    ["a list with close", "Connection: x, Close\r\n"],
  ])("with %s are the last", async (_, fields) => {
    const peer = new HttpPeer(HELLO);
    peer.send(get("/", fields) + get("/"));
    await peer.until(() => peer.isClosed);
    expect(statuses(peer.text)).toEqual([200]);
    expect(peer.text).toContain("Connection: close\r\n");
  });

  test("of HTTP/1.0 are the last", async () => {
    const peer = new HttpPeer(HELLO);
    peer.send("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    await peer.until(() => peer.isClosed);
    expect(peer.text).toContain("Connection: close\r\n");
    expect(peer.text).toMatch(/hello$/);
  });

  test("are the last if the answer says so", async () => {
    const peer = new HttpPeer(() => ({ status: 200, fields: [["Connection", "close"]] }));
    peer.send(get("/"));
    await peer.until(() => peer.isClosed);
    expect(peer.text.match(/Connection/g)).toHaveLength(1);
  });
});

describe("errors", () => {
  test.each([
    [
      "HttpError",
      new HttpError(405, "Cannot", [["Allow", "GET"]]),
      405,
      '{"code":405,"message":"Cannot"}',
    ],
    ["RefusedError", new RefusedError("stream_busy", "Busy"), 409, '{"code":409,"message":"Busy"}'],
    ["a bug", new Error("secret"), 500, '{"code":500,"message":"Internal Server Error"}'],
  ])("thrown by a handler are answered: %s", async (_, error, status, body) => {
    for (const isAsync of [false, true]) {
      const peer = new HttpPeer(() => {
        if (isAsync) return Promise.reject(error);
        throw error;
      });
      peer.send(get("/"));
      await peer.untilAnswers(1);
      expect(statuses(peer.text)).toEqual([status]);
      expect(peer.text.endsWith(`\r\n\r\n${body}`)).toBe(true);
      expect(peer.text).toContain("Content-Type: application/json\r\n");
      expect(peer.logger.errors).toEqual(status === 500 ? [error] : []);
      expect(peer.isClosed).toBe(false);
    }
  });

  test("in an answer's own fields do not split it", async () => {
    const peer = new HttpPeer(() => ({ status: 200, fields: [["X", "a\r\nSet-Cookie: b"]] }));
    peer.send(get("/"));
    await peer.untilAnswers(1);
    expect(statuses(peer.text)).toEqual([500]);
    expect(peer.text).not.toContain("Set-Cookie");
  });

  test("of the input are answered with a reason, and end the connection", async () => {
    const table: [string, number][] = [
      ["GET / HTTP/1.1\r\n\r\n", 400],
      ["GET /%00 HTTP/1.1\r\nHost: a\r\n\r\n", 400],
      [`GET /${"a".repeat(9_000)} HTTP/1.1\r\n`, 414],
      [get("/", "X: 1\r\n".repeat(200)), 431],
      ["GET / HTTP/2.0\r\nHost: a\r\n\r\n", 505],
      ["POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", 501],
      ["POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: tea\r\n\r\n", 417],
    ];
    for (const [input, status] of table) {
      const peer = new HttpPeer(HELLO);
      peer.send(input + get("/"));
      await peer.untilAnswers(1);
      expect(statuses(peer.text), input).toEqual([status]);
      expect(peer.text).toContain("Connection: close\r\n");
      expect(peer.text).toMatch(new RegExp(`\r\n\r\n{"code":${status},"message":"[^"]+"}$`));
      await peer.advance(3_000);
      expect(peer.isClosed).toBe(true);
      expect(statuses(peer.text), input).toEqual([status]);
    }
  });

  test("of the input behind a good request come after its answer", async () => {
    const peer = new HttpPeer(async () => ({ status: 200, body: "ok" }));
    peer.send(`${get("/")}\0`);
    await peer.untilAnswers(2);
    expect(statuses(peer.text)).toEqual([200, 400]);
  });
});

describe("noise", () => {
  test("gets answers or none, and harms nobody", async () => {
    const input = `${get("/1")}POST /2 HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc${"POST /3 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nde\r\n1\r\nf\r\n0\r\n\r\n"}${get("/4")}`;
    const known = new Set([200, 400, 413, 414, 431, 501, 505]);
    let refusedCount = 0;
    let place = 0;
    for (const [step = 0, byte = 0, cut = 0] of noise(1_500, 3)) {
      place = (place + step + 1) % input.length;
      const mutated = input.slice(0, place) + String.fromCharCode(byte) + input.slice(place + 1);
      const peer = new HttpPeer(async (request) => ({ status: 200, body: await request.bytes() }));
      peer.send(mutated.slice(0, cut));
      await Promise.resolve();
      peer.send(mutated.slice(cut));
      await settleMicrotasks();
      const answered = statuses(peer.text);
      expect(answered.length).toBeLessThanOrEqual(5);
      expect(answered.filter((status) => !known.has(status))).toEqual([]);
      expect(peer.logger.errors).toEqual([]);
      if (answered.some((status) => status >= 400)) refusedCount += 1;
    }
    expect(refusedCount).toBeGreaterThan(100);
  });
});

describe("the end", () => {
  test("by the server comes at once if nothing is in progress, else behind the answer", async () => {
    const idle = new HttpPeer(HELLO);
    idle.send(get("/"));
    await idle.until(() => idle.text.endsWith("hello"));
    idle.server.close();
    await idle.until(() => idle.isClosed);

    let answer: (answer: HttpAnswer) => void = () => undefined;
    const busy = new HttpPeer(() => new Promise((resolve) => (answer = resolve)));
    busy.send(get("/"));
    await settle();
    busy.server.close();
    await settle();
    expect(busy.isClosed).toBe(false);
    answer({ status: 200, body: "bye" });
    await busy.until(() => busy.isClosed);
    expect(busy.text).toMatch(/Connection: close\r\n.*bye$/s);
    expect(busy.server.connectionCount).toBe(0);
  });

  test("by the server comes behind the first answer for who has just come", async () => {
    const early = new HttpPeer(HELLO);
    early.server.close();
    early.send(get("/"));
    await early.until(() => early.isClosed);
    expect(early.text).toMatch(/Connection: close\r\n.*hello$/s);

    const half = new HttpPeer(HELLO);
    half.send(get("/"));
    await settle();
    half.send("GET / HT");
    await settle();
    half.server.close();
    half.send("TP/1.1\r\nHost: a\r\n\r\n");
    await half.until(() => half.isClosed);
    expect(half.text.match(/hello/g)).toHaveLength(2);

    const silent = new HttpPeer(HELLO);
    silent.server.close();
    await settle();
    expect(silent.isClosed).toBe(false);
    silent.clock.advance(2_000);
    await silent.until(() => silent.isClosed);
    expect(silent.text).toBe("");
  });

  test("by the client is told to the handler", async () => {
    let reason: unknown;
    const peer = new HttpPeer((_, context) => {
      context.signal.addEventListener("abort", () => {
        reason = context.signal.reason;
      });
      return new Promise(() => undefined);
    });
    peer.send(get("/"));
    await settle();
    peer.socket.destroy();
    await settle();
    expect(reason).toMatchObject({ name: "ClosedError" });
    expect(peer.server.connectionCount).toBe(0);
    expect(peer.clock.timerCount).toBe(0);
  });

  test("counts bytes of both directions, of connections there and gone", async () => {
    const peer = new HttpPeer(HELLO);
    peer.send(get("/"));
    await peer.untilAnswers(1);
    const sizes = { receivedSize: get("/").length, sentSize: HELLO_ANSWER.length };
    expect(peer.server).toMatchObject(sizes);
    peer.socket.destroy();
    await settle();
    expect(peer.server).toMatchObject({ ...sizes, connectionCount: 0 });
  });
});
