/**
 * Goal: the process that publishes a stream is asked what the viewer asked, and nothing that is not
 * its business; what it answers is the viewer's answer; and one that does not answer is a clear 503.
 *
 * Method: a peer on a local socket in memory, which answers by HTTP as a test says, or not at all.
 */

import { describe, expect, onTestFinished, test } from "vitest";
import type { HttpHandler } from "../../../src/protocols/http/handler.ts";
import type { HttpRequest } from "../../../src/protocols/http/request.ts";
import { HttpServer } from "../../../src/protocols/http/server.ts";
import type { TcpHandler, TcpSocket } from "../../../src/runtime/runtime.ts";
import { Forwarder } from "../../../src/services/cluster/forwarder.ts";
import type { StreamOwner } from "../../../src/services/cluster/stream-directory.ts";
import { createRequest } from "../../support/http-text.ts";
import { MemoryNetwork, settle } from "../../support/memory-network.ts";

const PATH = "/run/0";
const URL_HERE = "/live/show";
const OWNER: StreamOwner = {
  peer: { name: "worker 0", address: { kind: "local", path: PATH } },
  claimId: 1,
};
const UNHEARD = { status: 503, fields: expect.arrayContaining([["Retry-After", "1"]]) };

class Machine extends MemoryNetwork {
  readonly forwarder: Forwarder;
  /** What has come to the peer. */
  readonly requests: HttpRequest[] = [];

  constructor() {
    super();
    const { tcp, clock } = this.runtime;
    const { logger } = this.logging;
    const directory = { owner: (url: string) => (url === URL_HERE ? OWNER : undefined) };
    this.forwarder = new Forwarder({ directory, tcp, clock, logger });
  }

  /** Answers at the peer. */
  async serve(handler: HttpHandler): Promise<void> {
    const { clock, crypto } = this.runtime;
    const server = new HttpServer({
      handler: (request, context) => {
        this.requests.push(request);
        return handler(request, context);
      },
      clock,
      crypto,
      logger: this.logging.logger,
      serverName: "Peer/1",
    });
    onTestFinished(() => server.destroy());
    await this.accept((socket) => server.accept(socket));
  }

  /** Answers every connection with `text`, and closes it then unless `isOpen`. */
  async say(text: string, isOpen = false): Promise<void> {
    await this.accept((socket) => {
      const answer = (): void => {
        socket.write(new TextEncoder().encode(text));
        if (!isOpen) socket.end();
      };
      socket.handler = { data: answer, drain: () => undefined, close: () => undefined };
    });
  }

  async accept(accept: (socket: TcpSocket & { handler: TcpHandler }) => void): Promise<void> {
    await this.runtime.tcp.listenLocal(PATH, (socket) =>
      accept(socket as TcpSocket & { handler: TcpHandler }),
    );
  }

  forward(request: HttpRequest, key?: string) {
    return this.forwarder.forward(request, URL_HERE, key);
  }
}

function ask(target = "/live/show.m3u8", fields = "", method = "GET"): HttpRequest {
  return createRequest(`${method} ${target} HTTP/1.1\r\nHost: a.example:8080\r\n${fields}\r\n`);
}

async function textOf(answer: Awaited<ReturnType<Forwarder["forward"]>>): Promise<string> {
  return new Response(answer?.body as ReadableStream<Uint8Array<ArrayBuffer>>).text();
}

describe("a viewer's request", () => {
  test("goes to the peer with where it came from, where to, and how", async () => {
    const machine = new Machine();
    await machine.serve(() => ({ status: 200 }));
    await machine.forward(ask("/live/a%20b.m3u8?x=1&y=%26"));
    const [seen] = machine.requests;
    expect([seen?.method, seen?.path]).toEqual(["GET", "/forwarded"]);
    expect(Object.fromEntries(seen?.parameters ?? [])).toEqual({
      target: "/live/a%20b.m3u8?x=1&y=%26",
      host: "a.example:8080",
      address: "127.0.0.1",
      tls: "0",
    });
  });

  test("takes along what the answer may depend on, and nothing else", async () => {
    const machine = new Machine();
    await machine.serve(() => ({ status: 200 }));
    const taken = [
      ...["range: bytes=0-9", 'if-range: "a"', 'if-match: "b"', 'if-none-match: "c"'],
      ...["if-modified-since: Thu, 01 Jan 2026 00:00:00 GMT", "referer: http://page.example/"],
      ...["if-unmodified-since: Thu, 01 Jan 2026 00:00:00 GMT", "user-agent: Player/1"],
      "authorization: Basic YTpi",
    ];
    const left = [
      ...["cookie: a=b", "accept-encoding: gzip", "origin: null"],
      ...["connection: keep-alive", "upgrade: h2c", "x-forwarded-for: 192.0.2.1", "accept: */*"],
    ];
    await machine.forward(ask(undefined, `${[...left, ...taken].join("\r\n")}\r\n`));
    const seen = [...(machine.requests[0]?.headers ?? [])].map((field) => field.join(": "));
    const ofConnection = ["host: peer", "connection: close"];
    expect(seen.toSorted()).toEqual([...ofConnection, ...taken].toSorted());
  });

  test("by HEAD is one by HEAD", async () => {
    const machine = new Machine();
    await machine.serve(() => ({ status: 200, fields: [["Content-Length", "5"]] }));
    const answer = await machine.forward(ask(undefined, "", "HEAD"));
    expect(machine.requests[0]?.method).toBe("HEAD");
    expect(new Map(answer?.fields).get("content-length")).toBe("5");
    expect(await textOf(answer)).toBe("");
  });

  test("for a stream that no other process publishes is not answered", async () => {
    const machine = new Machine();
    expect(await machine.forwarder.forward(ask(), "/live/none")).toBeUndefined();
    expect(await machine.forwarder.ask("/live/none", "/variant", {})).toBeUndefined();
    expect(machine.runtime.tcp.connections).toHaveLength(0);
  });
});

describe("the peer's answer", () => {
  test("is the viewer's, but for what is the connection's own", async () => {
    const machine = new Machine();
    const fields: [string, string][] = [
      ["content-type", "video/mp4"],
      ["etag", '"1"'],
    ];
    await machine.serve(() => ({ status: 206, fields, body: "hello" }));
    const answer = await machine.forward(ask());
    expect(answer?.status).toBe(206);
    expect(answer?.fields).toEqual([...fields, ["content-length", "5"]]);
    expect(await textOf(answer)).toBe("hello");
  });

  test("is handed on as it comes", async () => {
    const machine = new Machine();
    await machine.say("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nabc", true);
    const body = (await machine.forward(ask()))?.body as ReadableStream<Uint8Array> | undefined;
    const reader = body?.getReader();
    const read = await reader?.read();
    expect(new TextDecoder().decode(read?.value)).toBe("abc");
    await reader?.cancel();
    await settle();
    expect(machine.openSockets).toHaveLength(0);
  });

  test("may lead elsewhere, which is the viewer's to follow", async () => {
    const machine = new Machine();
    await machine.serve(() => ({ status: 302, fields: [["Location", "http://b.example/"]] }));
    expect((await machine.forward(ask()))?.status).toBe(302);
  });

  test("is shared by those who ask with the same key", async () => {
    const machine = new Machine();
    const fields: [string, string][] = [["Cache-Control", "public, max-age=1"]];
    await machine.serve(() => ({ status: 200, fields, body: "hello" }));
    const answers = await Promise.all([1, 2, 3].map(() => machine.forward(ask(), "a")));
    for (const answer of answers) expect(answer?.body).toBe(answers[0]?.body);
    expect(new TextDecoder().decode(answers[0]?.body as Uint8Array)).toBe("hello");
    expect(machine.runtime.tcp.connections).toHaveLength(1);
  });
});

describe("a peer", () => {
  test("that is not there is told of by 503", async () => {
    const machine = new Machine();
    expect(await machine.forward(ask())).toMatchObject(UNHEARD);
    expect(machine.events("peer not heard")).toMatchObject([{ peer: "worker 0" }]);
  });

  test.each([
    ["closes", ""],
    ["talks nonsense", "hello\r\n\r\n"],
    ["ends in mid-head", "HTTP/1.1 200 OK\r\nContent-"],
  ])("that %s is told of by 503", async (_, text) => {
    const machine = new Machine();
    await machine.say(text);
    expect(await machine.forward(ask())).toMatchObject(UNHEARD);
    expect(machine.events("peer not heard")).toHaveLength(1);
  });

  test("that says nothing is told of by 503, after two minutes", async () => {
    const machine = new Machine();
    await machine.say("", true);
    const answered = machine.forward(ask());
    await settle();
    await machine.advance(119_000);
    expect(machine.openSockets).toHaveLength(1);
    await machine.advance(2_000);
    expect(await answered).toMatchObject(UNHEARD);
    expect(machine.openSockets).toHaveLength(0);
  });

  test("that ends in mid-body is told of by 503 to those who share the answer, once", async () => {
    const machine = new Machine();
    const head = "HTTP/1.1 200 OK\r\nCache-Control: public, max-age=1\r\nContent-Length: 6\r\n\r\n";
    await machine.say(`${head}abc`);
    const answers = await Promise.all([1, 2, 3].map(() => machine.forward(ask(), "a")));
    for (const answer of answers) expect(answer).toMatchObject(UNHEARD);
    expect(machine.events("peer not heard")).toHaveLength(1);
  });

  test("that ends in mid-body breaks off what is handed on as it comes", async () => {
    const machine = new Machine();
    await machine.say("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nabc");
    await expect(textOf(await machine.forward(ask()))).rejects.toThrow();
  });
});

describe("a question to the peer", () => {
  const question = (machine: Machine) =>
    machine.forwarder.ask(URL_HERE, "/variant", { format: "ts" });

  test("is answered by a value", async () => {
    const machine = new Machine();
    await machine.serve(() => ({ status: 200, body: '{"uri":"a.m3u8"}' }));
    expect(await question(machine)).toEqual({ uri: "a.m3u8" });
    const { path, parameters } = machine.requests[0] ?? {};
    expect([path, parameters?.toString()]).toEqual(["/variant", "url=%2Flive%2Fshow&format=ts"]);
  });

  test("may have no answer", async () => {
    const machine = new Machine();
    await machine.serve(() => ({ status: 404 }));
    expect(await question(machine)).toBeUndefined();
    expect(machine.events("peer not heard")).toHaveLength(0);
  });

  test("has none if the peer is not there, or makes no sense", async () => {
    const machine = new Machine();
    expect(await question(machine)).toBeUndefined();
    await machine.serve(() => ({ status: 200, body: "{" }));
    expect(await question(machine)).toBeUndefined();
    expect(machine.events("peer not heard")).toHaveLength(2);
  });
});
