/**
 * Goal: bodies reach the handler at its pace and within its bounds; one that it does not want costs
 * neither memory nor the next request's meaning.
 *
 * Method: raw dialogues over a connection in memory, in both framings.
 */

import { describe, expect, test } from "vitest";
import type { HttpAnswer, HttpHandler } from "../../../src/protocols/http/handler.ts";
import type { HttpRequest } from "../../../src/protocols/http/request.ts";
import { HttpPeer, settle } from "../../support/http-peer.ts";
import { get, statuses } from "../../support/http-text.ts";

const ECHO: HttpHandler = async (request) => ({ status: 200, body: await request.bytes() });

function post(body: string, fields = ""): string {
  return `POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${body.length}\r\n${fields}\r\n${body}`;
}

function postHead(size: number, fields = ""): string {
  return `POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${size}\r\n${fields}\r\n`;
}

const CHUNKED_HEAD = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";

/** Answers when told to, with the request at hand. */
function held(): { handler: HttpHandler; request: () => HttpRequest; answer: () => void } {
  let held: HttpRequest | undefined;
  let resolve: (answer: HttpAnswer) => void = () => undefined;
  return {
    handler: (request) => {
      held = request;
      return new Promise((given) => {
        resolve = given;
      });
    },
    request: () => {
      if (held === undefined) throw new Error("no request");
      return held;
    },
    answer: () => resolve({ status: 200, body: "done" }),
  };
}

describe("a body", () => {
  test("is read whole, and the next request behind it", async () => {
    const peer = new HttpPeer(ECHO);
    peer.send(post("hello"));
    peer.send(`${CHUNKED_HEAD}3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n${post("")}${get("/")}`);
    await peer.untilAnswers(4);
    expect(peer.text.match(/Content-Length: \d+\r\n\r\n[a-z]*(?=HTTP|$)/g)).toEqual([
      "Content-Length: 5\r\n\r\nhello",
      "Content-Length: 5\r\n\r\nabcde",
      "Content-Length: 0\r\n\r\n",
      "Content-Length: 0\r\n\r\n",
    ]);
  });

  test("is a web request's too", async () => {
    const peer = new HttpPeer(async (request) => {
      const web = request.toRequest();
      const { a } = (await web.json()) as { a: number };
      return Response.json({ a: a + 1, method: web.method, url: web.url, x: web.headers.get("x") });
    });
    peer.send(post('{"a":1}', "X: \xe9\r\n"));
    await peer.untilAnswers(1);
    expect(peer.text).toContain('\r\n\r\n{"a":2,"method":"POST","url":"http://a/","x":"\xc3\xa9"}');
  });

  test("comes in pieces, as it arrives", async () => {
    const { handler, request, answer } = held();
    const peer = new HttpPeer(handler);
    peer.send(postHead(6));
    await settle();
    const body = request().body;
    expect(body?.isComplete).toBe(false);
    peer.send("abc");
    expect(await body?.read()).toEqual(new TextEncoder().encode("abc"));
    const reading = body?.read();
    peer.send("def");
    expect(await reading).toEqual(new TextEncoder().encode("def"));
    expect(await body?.read()).toBeUndefined();
    expect(await body?.read()).toBeUndefined();
    answer();
    await peer.untilAnswers(1);
  });

  test("comes as a stream", async () => {
    const peer = new HttpPeer(async (request) => {
      let text = "";
      for await (const piece of request.body?.toStream(100) ?? []) {
        text += new TextDecoder().decode(piece);
      }
      return { status: 200, body: text };
    });
    peer.send(`${CHUNKED_HEAD}3\r\nabc\r\n`);
    await settle();
    peer.send("3\r\ndef\r\n0\r\n\r\n");
    await peer.untilAnswers(1);
    expect(peer.text).toMatch(/\r\n\r\nabcdef$/);
  });

  test("is joined from chunks of one byte", async () => {
    const { handler, request } = held();
    const peer = new HttpPeer(handler);
    peer.send(CHUNKED_HEAD + "1\r\nx\r\n".repeat(10_000));
    await settle();
    expect(await request().body?.read()).toHaveLength(10_000);
  });

  test("holds the client back while nobody reads it", async () => {
    const { handler, request } = held();
    const peer = new HttpPeer(handler, { capacity: 16 * 1024 });
    peer.send(postHead(1 << 20));
    const piece = new Uint8Array(8 * 1024);
    const sendAll = async (): Promise<number> => {
      let size = 0;
      for (let i = 0; i < 64; i++) {
        size += peer.socket.write(piece);
        await settle();
      }
      return size;
    };
    const heldSize = await sendAll();
    expect(heldSize).toBeGreaterThanOrEqual(128 * 1024);
    expect(heldSize).toBeLessThan(180 * 1024);
    let readSize = 0;
    while (readSize < heldSize) readSize += (await request().body?.read())?.length ?? 0;
    expect(await sendAll()).toBeGreaterThanOrEqual(128 * 1024);
  });

  test("that is broken is answered with 400, and ends the connection", async () => {
    for (const handler of [ECHO, (() => ({ status: 200 })) as HttpHandler]) {
      const peer = new HttpPeer(handler);
      peer.send(`${CHUNKED_HEAD}3\r\nabcX\r\n`);
      peer.send(get("/"));
      await peer.untilAnswers(1);
      await peer.advance(3_000);
      expect(peer.isClosed).toBe(true);
      expect(statuses(peer.text)).toEqual([handler === ECHO ? 400 : 200]);
    }
  });

  test("fails for its reader when the client leaves", async () => {
    const { handler, request } = held();
    const peer = new HttpPeer(handler);
    peer.send(postHead(10));
    await settle();
    const reading = request().bytes();
    peer.socket.destroy();
    await expect(reading).rejects.toMatchObject({ name: "ClosedError" });
    await expect(request().body?.read()).rejects.toMatchObject({ name: "ClosedError" });
  });
});

describe("a body over its bound", () => {
  const small: HttpHandler = async (request) => ({ status: 200, body: await request.bytes(10) });
  const streamed: HttpHandler = async (request) => {
    const web = request.toRequest(10);
    return new Response(await web.arrayBuffer());
  };

  test.each([
    ["bytes, size known", small, postHead(11)],
    ["bytes, in chunks", small, `${CHUNKED_HEAD}b\r\nhello world\r\n`],
    ["bytes, in many chunks", small, `${CHUNKED_HEAD}5\r\nhello\r\n6\r\n world\r\n`],
    ["stream", streamed, `${CHUNKED_HEAD}5\r\nhello\r\n6\r\n world\r\n`],
  ])("is answered with 413: %s", async (_, handler, input) => {
    const peer = new HttpPeer(handler);
    peer.send(input);
    await peer.untilAnswers(1);
    expect(statuses(peer.text)).toEqual([413]);
  });

  test("is one byte over it", async () => {
    const peer = new HttpPeer(small);
    peer.send(post("0123456789"));
    await peer.untilAnswers(1);
    expect(statuses(peer.text)).toEqual([200]);
  });
});

describe("a body that nobody reads", () => {
  const IGNORE: HttpHandler = () => ({ status: 200, body: "no" });

  test("is dropped if it is small, so that the connection can go on", async () => {
    const peer = new HttpPeer(IGNORE);
    peer.send(postHead(1_000));
    await peer.untilAnswers(1);
    peer.send("GET /trap HTTP/1.1\r\nHost: a\r\n\r\n".padEnd(1_000, "x"));
    peer.send(get("/"));
    await peer.untilAnswers(2);
    expect(statuses(peer.text)).toEqual([200, 200]);
    expect(peer.isClosed).toBe(false);
  });

  test.each([
    ["large", postHead(1 << 20)],
    ["of unknown size", CHUNKED_HEAD],
    ["waiting for a word", postHead(10, "Expect: 100-continue\r\n")],
  ])("ends the connection if it is %s, a while behind the answer", async (_, input) => {
    const peer = new HttpPeer(IGNORE);
    peer.send(input);
    await peer.untilAnswers(1);
    expect(peer.text).toContain("Connection: close\r\n");
    peer.send("x".repeat(100_000)); // Read and dropped, so that the answer is not lost.
    await settle();
    expect(peer.isClosed).toBe(false);
    await peer.advance(3_000);
    expect(peer.isClosed).toBe(true);
    expect(statuses(peer.text)).toEqual([200]);
  });
});

describe("Expect: 100-continue", () => {
  const head = postHead(3, "Expect: 100-Continue\r\n");

  test("is met once, when the handler reads", async () => {
    const { handler, request, answer } = held();
    const peer = new HttpPeer(handler);
    peer.send(head);
    await settle();
    expect(peer.text).toBe("");
    const reading = request().text();
    await settle();
    expect(peer.take()).toBe("HTTP/1.1 100 Continue\r\n\r\n");
    peer.send("a");
    await settle();
    peer.send("bc");
    expect(await reading).toBe("abc");
    answer();
    await peer.untilAnswers(1);
    expect(statuses(peer.text)).toEqual([200]);
    expect(peer.isClosed).toBe(false);
  });

  test("needs no word if the body is there already", async () => {
    const peer = new HttpPeer(ECHO);
    peer.send(`${head}abc`);
    await peer.untilAnswers(1);
    expect(statuses(peer.text)).toEqual([200]);
  });

  test("is not met for HTTP/1.0, nor without a body", async () => {
    for (const input of [
      "POST / HTTP/1.0\r\nContent-Length: 1\r\nExpect: 100-continue\r\n\r\n",
      get("/", "Expect: 100-continue\r\n"),
    ]) {
      const peer = new HttpPeer(ECHO);
      peer.send(input);
      await settle();
      expect(peer.text).not.toContain("100 Continue");
    }
  });
});
