/**
 * Goal: a handler can take the socket over before any byte of an answer, with nothing lost of what the
 * client has sent and nothing kept by the server.
 *
 * Method: raw dialogues over a connection in memory; a taker who writes head and body himself.
 */

import { describe, expect, test } from "vitest";
import { encodeResponseHead } from "../../../src/codec/http/response-head.ts";
import {
  type HttpContext,
  TAKEN_OVER,
  type TakenSocket,
} from "../../../src/protocols/http/handler.ts";
import type { TcpHandler } from "../../../src/runtime/runtime.ts";
import { HttpPeer, settle } from "../../support/http-peer.ts";
import { get, HELLO, HELLO_ANSWER, statuses } from "../../support/http-text.ts";

/** Records what happens on a socket. */
class Taker implements TcpHandler {
  text = "";
  drainCount = 0;
  isClosed = false;

  data(bytes: Uint8Array): void {
    this.text += new TextDecoder().decode(bytes);
  }

  drain(): void {
    this.drainCount += 1;
  }

  close(): void {
    this.isClosed = true;
  }
}

describe("takeOver()", () => {
  test("gives the socket away, with what came behind the request", async () => {
    const taker = new Taker();
    let taken: TakenSocket | undefined;
    const peer = new HttpPeer((_, context) => {
      taken = context.takeOver(taker);
      return TAKEN_OVER;
    });
    peer.send(`${get("/")}more`);
    await settle();
    expect(taken?.socket).toBe(peer.serverSocket);
    expect(new TextDecoder().decode(taken?.received)).toBe("more");
    expect(peer.server.connectionCount).toBe(0);
    expect(peer.clock.timerCount).toBe(0);
    expect(peer.text).toBe("");

    peer.send("later");
    await settle();
    expect(taker.text).toBe("later");
    taken?.socket.write(encodeResponseHead(200, [["Content-Type", "video/x-flv"]]));
    taken?.socket.write(Uint8Array.of(0x46, 0x4c, 0x56));
    await settle();
    expect(peer.text).toBe("HTTP/1.1 200 OK\r\nContent-Type: video/x-flv\r\n\r\nFLV");
    peer.socket.destroy();
    await settle();
    expect(taker.isClosed).toBe(true);
  });

  test("outlasts every deadline", async () => {
    const peer = new HttpPeer((_, context) => {
      context.takeOver(new Taker());
      return TAKEN_OVER;
    });
    peer.send(get("/"));
    await peer.advance(300_000);
    expect(peer.isClosed).toBe(false);
  });

  test("works later, and behind earlier answers", async () => {
    const taker = new Taker();
    const peer = new HttpPeer(async (request, context) => {
      if (request.path === "/first") return HELLO(request, context);
      await settle();
      const { socket } = context.takeOver(taker);
      socket.write(context.heads.encode(200, [["Connection", "close"]]));
      return TAKEN_OVER;
    });
    peer.send(get("/first") + get("/second"));
    await peer.untilAnswers(2);
    expect(peer.text).toBe(
      `${HELLO_ANSWER}${HELLO_ANSWER.slice(0, HELLO_ANSWER.indexOf("Content-Type"))}Connection: close\r\n\r\n`,
    );
  });

  test("lets a client that was held back go on", async () => {
    const taker = new Taker();
    let context: HttpContext | undefined;
    const peer = new HttpPeer((_, given) => {
      context = given;
      return new Promise(() => undefined);
    });
    peer.send(get("/") + "x".repeat(70_000));
    await settle();
    const taken = context?.takeOver(taker);
    expect(taken?.received).toHaveLength(70_000);
    peer.send("y");
    await settle();
    expect(taker.text).toBe("y");
  });

  test("works behind a body that has been read", async () => {
    const peer = new HttpPeer(async (request, context) => {
      const text = await request.text();
      const { socket } = context.takeOver(new Taker());
      socket.write(new TextEncoder().encode(text));
      return TAKEN_OVER;
    });
    peer.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc");
    await peer.until(() => peer.text === "abc");
  });

  test("fails when the client has left", async () => {
    let error: unknown;
    const peer = new HttpPeer(async (_, context) => {
      await settle();
      try {
        context.takeOver(new Taker());
      } catch (caught) {
        error = caught;
        throw caught;
      }
      return TAKEN_OVER;
    });
    peer.send(get("/"));
    await Promise.resolve();
    peer.socket.destroy();
    await settle();
    await settle();
    expect(error).toMatchObject({ name: "ClosedError" });
    expect(peer.logger.errors).toEqual([]);
  });

  test("of a handler that fails afterwards closes the socket", async () => {
    const taker = new Taker();
    const peer = new HttpPeer((_, context) => {
      context.takeOver(taker);
      throw new Error("bug");
    });
    peer.send(get("/"));
    await peer.until(() => peer.isClosed);
    expect(taker.isClosed).toBe(true);
    expect(peer.logger.errors).toEqual([new Error("bug")]);
  });

  test.each([
    ["claimed but not done", "", () => TAKEN_OVER],
    [
      "in front of an unread body",
      "Content-Length: 3\r\n",
      (context: HttpContext) => {
        context.takeOver(new Taker());
        return TAKEN_OVER;
      },
    ],
  ])("%s is a bug, answered with 500", async (_, fields, answer) => {
    const peer = new HttpPeer((_, context) => answer(context));
    peer.send(get("/", fields));
    await peer.untilAnswers(1);
    expect(statuses(peer.text)).toEqual([500]);
    expect(peer.logger.errors).toHaveLength(1);
  });

  test("through the context of an answered request fails", async () => {
    const contexts: HttpContext[] = [];
    const peer = new HttpPeer((request, context) => {
      contexts.push(context);
      return request.path === "/1" ? { status: 204 } : new Promise(() => undefined);
    });
    peer.send(get("/1") + get("/2"));
    await settle();
    expect(contexts).toHaveLength(2);
    expect(() => contexts[0]?.takeOver(new Taker())).toThrow("Assertion failed");
  });
});
