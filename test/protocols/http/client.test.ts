/**
 * Goal: the client understands every framing, follows redirects so far and no further, and ends on its
 * own when a server breaks off, says nonsense, or says nothing.
 *
 * Method: scripted servers on connections in memory, their answers cut at every byte; a clock that
 * tests move.
 */

import { describe, expect, test } from "vitest";
import { ClosedError } from "../../../src/base/errors.ts";
import {
  HttpClient,
  type HttpClientExchange,
  type ResponseReceiver,
} from "../../../src/protocols/http/client.ts";
import type { HttpClientRequest } from "../../../src/protocols/http/client-request.ts";
import { createSocketPair, ManualClock, type MemorySocket } from "../../../src/runtime/memory.ts";
import type { TcpConnectOptions, TcpHandler, TcpSocket } from "../../../src/runtime/runtime.ts";
import { settle } from "../../support/http-peer.ts";

/** A network of one scripted server, which answers whatever it is asked, wherever. */
class Script {
  readonly clock = new ManualClock();
  readonly connects: TcpConnectOptions[] = [];
  /** What was asked, a text for each connection. */
  readonly asked: string[] = [];
  readonly sockets: MemorySocket[] = [];
  readonly client = new HttpClient({ tcp: this, clock: this.clock });
  /** Says the answer to the connection of that index; `undefined`: refuse it. */
  answer: (index: number) => string | undefined;

  constructor(...answers: string[]) {
    this.answer = (index) => answers[index];
  }

  async connect(options: TcpConnectOptions, handler: TcpHandler): Promise<TcpSocket> {
    const index = this.connects.push(options) - 1;
    const answer = this.answer(index);
    if (answer === undefined) throw new ClosedError("Cannot connect: refused");
    const [left, right] = createSocketPair(10_000);
    left.handler = handler;
    this.sockets.push(right);
    this.asked.push("");
    right.handler = {
      data: (bytes) => {
        const isFirst = this.asked[index] === "";
        this.asked[index] += String.fromCharCode(...bytes);
        if (isFirst) this.say(index, answer);
      },
      drain: () => undefined,
      close: () => undefined,
    };
    return left;
  }

  /** Sends one byte a character. */
  say(index: number, text: string): void {
    this.sockets[index]?.write(Uint8Array.from(text, (character) => character.charCodeAt(0)));
  }
}

/** Records an answer. */
class Receiver implements ResponseReceiver {
  status = 0;
  url = "";
  text = "";
  outcome = "";
  error: Error | undefined;

  head(head: { status: number }, url: string): void {
    this.status = head.status;
    this.url = url;
  }

  data(bytes: Uint8Array): void {
    expect(bytes.length).toBeGreaterThan(0);
    this.text += String.fromCharCode(...bytes);
  }

  end(): void {
    this.outcome += "end";
  }

  fail(error: Error): void {
    this.outcome += "fail";
    this.error = error;
  }
}

const URL_A = "http://a.com/x?y=1";

function ask(
  script: Script,
  request: Partial<HttpClientRequest> = {},
): { receiver: Receiver; exchange: HttpClientExchange } {
  const receiver = new Receiver();
  const exchange = script.client.request({ url: URL_A, timeoutMs: 5_000, ...request }, receiver);
  return { receiver, exchange };
}

describe("a request", () => {
  test("is sent as HTTP has it", async () => {
    const script = new Script("");
    ask(script, {
      method: "POST",
      fields: [["X-A", "1"]],
      body: new TextEncoder().encode("body"),
    });
    await settle();
    expect(script.connects).toEqual([{ host: "a.com", port: 80, timeoutMs: 5_000 }]);
    expect(script.asked).toEqual([
      "POST /x?y=1 HTTP/1.1\r\nHost: a.com\r\nX-A: 1\r\nConnection: close\r\nContent-Length: 4\r\n\r\nbody",
    ]);
  });

  test.each([
    ["http://a.com:8080", { host: "a.com", port: 8080 }, "GET / HTTP/1.1\r\nHost: a.com:8080\r\n"],
    ["http://[::1]:81/", { host: "::1", port: 81 }, "GET / HTTP/1.1\r\nHost: [::1]:81\r\n"],
    [
      "https://a.com/直#z",
      { host: "a.com", port: 443, tls: {} },
      "GET /%E7%9B%B4 HTTP/1.1\r\nHost: a.com\r\n",
    ],
  ])("to %s goes to the right place", async (url, options, start) => {
    const script = new Script("");
    ask(script, { url });
    await settle();
    expect(script.connects[0]).toMatchObject(options);
    expect(script.asked[0]?.startsWith(start)).toBe(true);
  });

  test.each(["ftp://a.com/", "a.com", "http://", ""])("to %j fails", async (url) => {
    const { receiver } = ask(new Script(), { url });
    await settle();
    expect(receiver.error).toMatchObject({ name: "ProtocolError" });
  });

  test("that cannot connect fails", async () => {
    const { receiver } = ask(new Script());
    await settle();
    expect(receiver.error).toMatchObject({ name: "ClosedError" });
  });
});

describe("an answer", () => {
  const ANSWERS: [string, string, string][] = [
    ["with a size", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", "hello"],
    ["without a body", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", ""],
    [
      "in chunks",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n",
      "hello",
    ],
    [
      "behind hints",
      "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
      "ok",
    ],
    ["with more than it says", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1", "ok"],
  ];

  test.each(ANSWERS)("%s is understood, wherever it is cut", async (_, answer, text) => {
    for (let cut = 0; cut < answer.length; cut++) {
      const script = new Script(answer.slice(0, cut));
      const { receiver } = ask(script);
      await settle();
      script.say(0, answer.slice(cut));
      await settle();
      expect(receiver, `cut at ${cut}`).toMatchObject({
        status: 200,
        url: URL_A,
        text,
        outcome: "end",
      });
      expect(script.sockets[0]?.isClosed).toBe(true);
      expect(script.clock.timerCount).toBe(0);
    }
  });

  test("without end is delivered as it comes, and complete when the server closes", async () => {
    const script = new Script("HTTP/1.1 200 OK\r\n\r\nFLV");
    const { receiver } = ask(script);
    await settle();
    expect(receiver).toMatchObject({ text: "FLV", outcome: "" });
    script.say(0, "more");
    await settle();
    script.sockets[0]?.end();
    await settle();
    expect(receiver).toMatchObject({ text: "FLVmore", outcome: "end" });
  });

  test("to HEAD has no body", async () => {
    const { receiver } = ask(new Script("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"), {
      method: "HEAD",
    });
    await settle();
    expect(receiver).toMatchObject({ status: 200, outcome: "end" });
  });

  test.each([
    ["nonsense", "220 ftp.example.com\r\n\r\n", "MalformedError"],
    ["broken chunks", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nx", "MalformedError"],
    ["another protocol", "HTTP/1.1 101 Switching Protocols\r\n\r\n", "ProtocolError"],
  ])("of %s fails", async (_, answer, name) => {
    const script = new Script(answer);
    const { receiver } = ask(script);
    await settle();
    expect(receiver.error).toMatchObject({ name });
    expect(receiver.outcome).toBe("fail");
    expect(script.sockets[0]?.isClosed).toBe(true);
  });

  test.each([
    ["no head", ""],
    ["half a head", "HTTP/1.1 200"],
    ["half a body", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel"],
    ["half the chunks", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n"],
  ])("that breaks off with %s fails", async (_, answer) => {
    const script = new Script(answer);
    const { receiver } = ask(script);
    await settle();
    script.sockets[0]?.end();
    await settle();
    expect(receiver.error).toMatchObject({ name: "ClosedError" });
    expect(script.clock.timerCount).toBe(0);
  });

  test("that does not come fails in time, and so does one that stops", async () => {
    for (const answer of ["", "HTTP/1.1 200 OK\r\n\r\nFLV"]) {
      const script = new Script(answer);
      const { receiver } = ask(script);
      await settle();
      script.clock.advance(4_999);
      expect(receiver.error).toBeUndefined();
      script.clock.advance(1);
      expect(receiver.error).toMatchObject({ name: "TimeoutError" });
      expect(script.clock.timerCount).toBe(0);
    }
  });

  test("that goes on slowly is waited for", async () => {
    const script = new Script("HTTP/1.1 200 OK\r\n\r\n");
    const { receiver } = ask(script);
    for (let i = 0; i < 10; i++) {
      await settle();
      script.clock.advance(4_000);
      script.say(0, "x");
    }
    await settle();
    expect(receiver).toMatchObject({ text: "xxxxxxxxxx", error: undefined });
  });

  test("can be held back, which is no silence of the server", async () => {
    const script = new Script("HTTP/1.1 200 OK\r\n\r\nFLV");
    const { receiver, exchange } = ask(script);
    await settle();
    exchange.pause();
    script.say(0, "more");
    script.clock.advance(60_000);
    await settle();
    expect(receiver).toMatchObject({ text: "FLV", error: undefined });
    exchange.resume();
    await settle();
    expect(receiver.text).toBe("FLVmore");
    script.clock.advance(5_000);
    expect(receiver.error).toMatchObject({ name: "TimeoutError" });
  });

  test("can be given up, and nothing more is told", async () => {
    const script = new Script("HTTP/1.1 200 OK\r\n\r\nFLV");
    const { receiver, exchange } = ask(script);
    await settle();
    exchange.abort();
    await settle();
    expect(receiver).toMatchObject({ text: "FLV", outcome: "" });
    expect(script.sockets[0]?.isClosed).toBe(true);
    expect(script.clock.timerCount).toBe(0);
  });
});

describe("a redirect", () => {
  const to = (status: number, location: string): string =>
    `HTTP/1.1 ${status} Moved\r\nLocation: ${location}\r\nContent-Length: 0\r\n\r\n`;
  const OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

  test("is followed, relative ones too", async () => {
    const script = new Script(to(302, "/y"), to(301, "http://b.com:8080/z"), OK);
    const { receiver } = ask(script);
    await settle();
    expect(receiver).toMatchObject({ url: "http://b.com:8080/z", text: "ok", outcome: "end" });
    expect(script.asked.map((text) => text.split(" ")[1])).toEqual(["/x?y=1", "/y", "/z"]);
    expect(script.sockets.map(({ isClosed }) => isClosed)).toEqual([true, true, true]);
    expect(script.clock.timerCount).toBe(0);
  });

  test.each([
    [302, "GET", ""],
    [303, "GET", ""],
    [307, "POST", "body"],
    [308, "POST", "body"],
  ])("%s of a POST becomes a %s", async (status, method, body) => {
    const script = new Script(to(status, "/y"), OK);
    ask(script, { method: "POST", body: new TextEncoder().encode("body") });
    await settle();
    expect(script.asked[1]).toMatch(new RegExp(`^${method} /y [^]*\r\n\r\n${body}$`));
  });

  test("takes no secret to another server", async () => {
    const script = new Script(to(302, "/y"), to(302, "http://b.com/"), OK);
    ask(script, {
      fields: [
        ["Authorization", "secret"],
        ["cookie", "secret"],
        ["X-A", "1"],
      ],
    });
    await settle();
    expect(script.asked.map((text) => text.match(/secret/g)?.length)).toEqual([2, 2, undefined]);
    expect(script.asked[2]).toContain("X-A: 1");
  });

  test("too many are one too much", async () => {
    const script = new Script();
    script.answer = () => to(302, "/again");
    const { receiver } = ask(script, { redirectsMax: 2 });
    await settle();
    expect(receiver.error).toMatchObject({ name: "ProtocolError" });
    expect(script.connects).toHaveLength(3);
  });

  test("to another protocol is not followed", async () => {
    const { receiver } = ask(new Script(to(302, "file:///etc/passwd")));
    await settle();
    expect(receiver.error).toMatchObject({ name: "ProtocolError" });
  });

  test("is an answer if none is to be followed, or it leads nowhere", async () => {
    const { receiver } = ask(new Script(to(302, "/y")), { redirectsMax: 0 });
    await settle();
    expect(receiver).toMatchObject({ status: 302, outcome: "end" });
    const other = ask(new Script("HTTP/1.1 302 Found\r\nContent-Length: 0\r\n\r\n"));
    await settle();
    expect(other.receiver).toMatchObject({ status: 302, outcome: "end" });
  });
});

describe("fetch()", () => {
  const request = { url: URL_A, timeoutMs: 5_000 };

  test("collects an answer", async () => {
    const script = new Script("HTTP/1.1 404 Not Found\r\nX: 1\r\nContent-Length: 5\r\n\r\nhello");
    const response = await script.client.fetch(request, 5);
    expect(response.status).toBe(404);
    expect(response.head.fields.get("x")).toBe("1");
    expect(new TextDecoder().decode(response.body)).toBe("hello");
  });

  test("refuses one that is too large", async () => {
    const script = new Script("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nhello!");
    const fetching = script.client.fetch(request, 5);
    await expect(fetching).rejects.toMatchObject({ name: "ProtocolError" });
    expect(script.sockets[0]?.isClosed).toBe(true);
  });
});
