/**
 * Goal: connections are kept and bounded; whatever a server does, a request ends, and what is left of
 * the connection is not used for another one.
 *
 * Method: a server in memory that a test scripts, answers cut at every byte, a clock that tests move.
 */

import { describe, expect, test } from "vitest";
import { ClientPool, type PooledExchange } from "../../../src/protocols/http/client-pool.ts";
import { MemoryTcp } from "../../../src/runtime/memory/memory-tcp.ts";
import { ManualClock } from "../../../src/runtime/memory.ts";
import { type Answer, answer, HookBackend, say } from "../../support/hook-backend.ts";
import { settle } from "../../support/memory-network.ts";

const PORT = 8085;
const GET = new TextEncoder().encode("GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n");

class Parts {
  readonly clock = new ManualClock();
  readonly tcp = new MemoryTcp();
  readonly backend: HookBackend;
  readonly pool: ClientPool;

  private constructor(answer: Answer, connectionsMax: number) {
    this.backend = new HookBackend(answer);
    this.pool = new ClientPool({
      clock: this.clock,
      connect: (timeoutMs, handler) =>
        this.tcp.connect({ host: "127.0.0.1", port: PORT, timeoutMs }, handler),
      connectionsMax,
      waitingMax: 2,
      idleMs: 4_000,
    });
  }

  static async start(answer: Answer, connectionsMax = 2): Promise<Parts> {
    const parts = new Parts(answer, connectionsMax);
    await parts.backend.listen(parts.tcp, PORT);
    return parts;
  }

  /** Asks; gives the body, or the name of the error. */
  ask(more: Partial<PooledExchange> = {}): Promise<string> {
    return this.pool
      .fetch({ method: "GET", bytes: GET, sizeMax: 100, timeoutMs: 5_000, ...more })
      .then(({ status, body }) => `${status} ${new TextDecoder().decode(body)}`)
      .catch((error: Error) => error.name);
  }

  /** Lets time pass as the server does, with a look at deadlines every second. */
  async advance(ms: number): Promise<void> {
    for (let passed = 0; passed < ms; passed += 1_000) {
      this.clock.advance(1_000);
      this.pool.sweep(this.clock.monotonicMs());
      await settle();
    }
  }

  get connections(): number[] {
    return this.backend.requests.map(({ connection }) => connection);
  }
}

describe("a connection", () => {
  test("is used again for the next request", async () => {
    const parts = await Parts.start(() => answer("a"));
    for (let i = 0; i < 3; i++) expect(await parts.ask()).toBe("200 a");
    expect(parts.connections).toEqual([0, 0, 0]);
    expect(parts.pool.size).toBe(1);
  });

  test("is closed when it has not been used for a while", async () => {
    const parts = await Parts.start(() => answer("a"));
    await parts.ask();
    await parts.advance(3_000);
    expect(parts.pool.size).toBe(1);
    await parts.advance(2_000);
    expect(parts.pool.size).toBe(0);
    expect(parts.backend.openCount).toBe(0);
  });

  test.each([
    ["that the server closes meanwhile", answer("a"), true],
    [
      "whose server says that it will close it",
      answer("a", "200 OK", "Connection: close\r\n"),
      false,
    ],
    ["of HTTP/1.0", "HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\na", false],
    ["behind whose answer there is more", `${answer("a")}rest`, false],
  ])("%s is not used again", async (_, text, isEnded) => {
    const parts = await Parts.start(() => text);
    expect(await parts.ask()).toBe("200 a");
    if (isEnded) parts.backend.sockets[0]?.end();
    await settle();
    expect(parts.pool.size).toBe(0);
    expect(await parts.ask()).toBe("200 a");
    expect(parts.connections).toEqual([0, 1]);
  });

  test("that is found closed only by using it is replaced, and nothing is lost", async () => {
    const parts = await Parts.start(({ connection, socket }) => {
      if (connection > 0 || parts.backend.requests.length === 1) return answer("a");
      socket.destroy(); // It had closed before it saw the second request.
      return undefined;
    });
    expect(await parts.ask()).toBe("200 a");
    expect(await parts.ask()).toBe("200 a");
    expect(parts.connections).toEqual([0, 0, 1]);
  });

  test("that breaks off in mid-answer is no such case: the request is not sent again", async () => {
    const parts = await Parts.start(({ socket }) => {
      if (parts.backend.requests.length === 1) return answer("a");
      say(socket, "HTTP/1.1 200 OK\r\n");
      socket.end();
      return undefined;
    });
    expect(await parts.ask()).toBe("200 a");
    expect(await parts.ask()).toBe("ClosedError");
    expect(parts.connections).toEqual([0, 0]);
  });

  test("that takes too long is no such case either", async () => {
    const parts = await Parts.start(() =>
      parts.backend.requests.length === 1 ? answer("a") : undefined,
    );
    await parts.ask();
    const asked = parts.ask();
    await parts.advance(5_000);
    expect(await asked).toBe("TimeoutError");
    expect(parts.connections).toEqual([0, 0]);
  });

  test("on which something comes that nobody has asked for is closed", async () => {
    const parts = await Parts.start(() => answer("a"));
    await parts.ask();
    const [socket] = parts.backend.sockets;
    if (socket !== undefined) say(socket, answer("b"));
    await settle();
    expect(parts.pool.size).toBe(0);
    expect(await parts.ask()).toBe("200 a");
  });
});

describe("connections", () => {
  test("are no more than may be, and those who wait for one come in their order", async () => {
    const held: (() => void)[] = [];
    const parts = await Parts.start(
      () => new Promise((resolve) => held.push(() => resolve(answer("a")))),
    );
    const order: number[] = [];
    const asked = [0, 1, 2, 3].map((n) => parts.ask().then((text) => order.push(n) && text));
    await settle();
    expect(parts.connections).toEqual([0, 1]);
    expect(parts.pool.waitingCount).toBe(2);
    expect(await parts.ask()).toBe("SystemError"); // Two wait already.
    while (held.length > 0) {
      held.shift()?.();
      await settle();
    }
    expect(await Promise.all(asked)).toEqual(Array(4).fill("200 a"));
    expect(order).toEqual([0, 1, 2, 3]);
    expect(parts.backend.sockets).toHaveLength(2);
    expect(parts.pool.size).toBe(2);
  });

  test("who waits for one does so no longer than it may", async () => {
    const parts = await Parts.start(() => undefined, 1);
    const first = parts.ask({ timeoutMs: 10_000 });
    const second = parts.ask({ timeoutMs: 3_000 });
    await parts.advance(3_000);
    expect(await second).toBe("TimeoutError");
    await parts.advance(7_000);
    expect(await first).toBe("TimeoutError");
    expect(parts.pool.size).toBe(0);
  });
});

describe("an answer", () => {
  const CHUNKED =
    "HTTP/1.1 201 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n";

  test.each([
    ["with a size", answer("abcde"), "200 abcde"],
    ["in chunks", CHUNKED, "201 abcde"],
    ["behind another head", `HTTP/1.1 103 Early\r\n\r\n${answer("ab")}`, "200 ab"],
    ["without a body", "HTTP/1.1 204 No Content\r\n\r\n", "204 "],
  ])("%s is whole however it is cut, and the connection is kept", async (_, text, expected) => {
    const parts = await Parts.start(() => undefined);
    for (let cut = 1; cut < text.length; cut++) {
      const asked = parts.ask();
      await settle();
      const [socket] = parts.backend.sockets;
      if (socket === undefined) throw new Error("Nobody has connected");
      say(socket, text.slice(0, cut));
      await settle();
      say(socket, text.slice(cut));
      expect(await asked).toBe(expected);
    }
    expect(parts.backend.sockets).toHaveLength(1);
  });

  test("whose end is that of the connection", async () => {
    const parts = await Parts.start(({ socket }) => {
      say(socket, "HTTP/1.1 200 OK\r\n\r\nabc");
      socket.end();
      return undefined;
    });
    expect(await parts.ask()).toBe("200 abc");
    await settle();
    expect(parts.pool.size).toBe(0);
  });

  test("that redirects is an answer like any other", async () => {
    const parts = await Parts.start(() => answer("", "302 Found", "Location: http://b/\r\n"));
    expect(await parts.ask()).toBe("302 ");
    expect(parts.connections).toEqual([0]);
  });

  test.each([
    ["that is larger than may be", answer("x".repeat(101)), "ProtocolError"],
    [
      "in chunks that is larger than may be",
      `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n65\r\n${"x".repeat(101)}`,
      "ProtocolError",
    ],
    ["that is none", "220 smtp.example ESMTP\r\n\r\n", "MalformedError"],
    ["with two sizes", "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab", ""],
    ["that changes the protocol", "HTTP/1.1 101 Switching\r\n\r\n", "ProtocolError"],
  ])("%s is a failure", async (_, text, name) => {
    const parts = await Parts.start(() => text);
    expect(await parts.ask()).toMatch(name === "" ? /Error$/ : name);
    expect(parts.pool.size).toBe(0);
  });

  test("of which only the beginning is wanted is cut off there", async () => {
    const parts = await Parts.start(() => "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nabcdef");
    expect(await parts.ask({ sizeMax: 4, isCut: true })).toBe("200 abcd");
    expect(parts.pool.size).toBe(0);
    parts.backend.answer = () => answer("abcdef");
    expect(await parts.ask({ sizeMax: 4, isCut: true })).toBe("200 abcd");
    expect(parts.pool.size).toBe(1); // There was no more to come.
  });

  test.each([
    ["never begins", undefined],
    ["never ends", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabc"],
  ])("that %s is waited for no longer than it may", async (_, text) => {
    const parts = await Parts.start(() => text);
    const asked = parts.ask();
    await parts.advance(4_000);
    expect(parts.pool.size).toBe(1);
    await parts.advance(1_000);
    expect(await asked).toBe("TimeoutError");
    expect(parts.pool.size).toBe(0);
    await settle();
    expect(parts.backend.openCount).toBe(0);
  });

  test("that breaks off is a failure", async () => {
    const parts = await Parts.start(({ socket }) => {
      say(socket, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabc");
      socket.end();
      return undefined;
    });
    expect(await parts.ask()).toBe("ClosedError");
    expect(parts.connections).toEqual([0]);
  });
});

test("a server that is not there is told from one that does not answer", async () => {
  const parts = await Parts.start(() => answer("a"));
  await parts.backend.stop();
  expect(await parts.ask()).toBe("UnreachableError");
  expect(parts.pool.size).toBe(0);
});

test("closing ends what is asked, what waits, and what is unused", async () => {
  const parts = await Parts.start(() => undefined, 1);
  const asked = [parts.ask(), parts.ask()];
  await settle();
  parts.pool.close();
  expect(await Promise.all(asked)).toEqual(["ClosedError", "ClosedError"]);
  expect(await parts.ask()).toBe("ClosedError");
  await settle();
  expect(parts.backend.openCount).toBe(0);
});

test("closing leaves no connection to be made anew", async () => {
  const parts = await Parts.start(({ socket }) => {
    if (parts.backend.requests.length === 1) return answer("a");
    parts.pool.close(); // While the kept connection turns out to have been closed by the server.
    socket.destroy();
    return undefined;
  });
  expect(await parts.ask()).toBe("200 a");
  expect(await parts.ask()).toBe("ClosedError");
  await settle();
  expect(parts.connections).toEqual([0, 0]);
  expect(parts.tcp.connections).toHaveLength(1);
  expect(parts.pool.size).toBe(0);
});
