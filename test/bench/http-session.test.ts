/**
 * Goal: an HLS client's connection is kept and used again, whatever form answers have, and made anew
 * when the server has closed it.
 *
 * Method: a server in memory that answers as the test says, in pieces of several sizes.
 */

import { describe, expect, onTestFinished, test } from "vitest";
import { HttpSession } from "../../src/bench/http-session.ts";
import type { TcpSocket } from "../../src/runtime/runtime.ts";
import { MemoryNetwork } from "../support/memory-network.ts";

const URL_OF = "http://127.0.0.1:8080/a?b=c";
const encode = (text: string): Uint8Array => new TextEncoder().encode(text);

class Stage {
  readonly network = new MemoryNetwork();
  readonly session: HttpSession;
  /** First lines of what was asked, each with the number of its connection. */
  readonly asked: string[] = [];

  constructor() {
    this.session = new HttpSession(this.network.runtime, {});
    onTestFinished(() => this.session.close());
  }

  /** Answers the requests in turn. A pause in an answer is where it is cut. */
  async answer(...answers: readonly ((socket: TcpSocket) => void)[]): Promise<void> {
    const listener = await this.network.runtime.tcp.listen(
      { host: "127.0.0.1", port: 8080 },
      (socket) => {
        const number = this.network.runtime.tcp.connections.length;
        socket.handler = {
          data: (bytes) => {
            const [line = ""] = new TextDecoder().decode(bytes).split("\r\n");
            answers[this.asked.push(`${number} ${line}`) - 1]?.(socket);
          },
          drain: () => undefined,
          close: () => undefined,
        };
      },
    );
    onTestFinished(() => listener.close());
  }

  async get(url: string = URL_OF): Promise<string> {
    let body = "";
    const asked = this.session.get(url, (bytes) => {
      body += new TextDecoder().decode(bytes);
    });
    const { status, url: finalUrl } = await this.network.finish(asked);
    return `${status} ${body}${finalUrl === url ? "" : ` ${finalUrl}`}`;
  }
}

/** Writes an answer in pieces, each of which arrives by itself. */
function inPieces(text: string, size: number): (socket: TcpSocket) => void {
  return (socket) => {
    for (let i = 0; i < text.length; i += size) socket.write(encode(text.slice(i, i + size)));
  };
}

const SIZED = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";
const CHUNKED =
  "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n";

describe("HttpSession", () => {
  test.each([1, 2, 3, 7, 1_000])("keeps the connection, answers in pieces of %i", async (size) => {
    const stage = new Stage();
    const early = "HTTP/1.1 103 Early Hints\r\n\r\n";
    await stage.answer(
      inPieces(SIZED, size),
      inPieces(early + CHUNKED, size),
      inPieces("HTTP/1.1 304 Not Modified\r\n\r\n", size),
      inPieces("HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\nno", size),
      inPieces(SIZED, size),
    );
    const answers = [];
    for (let i = 0; i < 5; i++) answers.push(await stage.get());
    expect(answers).toEqual(["200 hello", "200 hello", "304 ", "404 ", "200 hello"]);
    expect(stage.asked).toEqual(Array.from({ length: 5 }, () => "1 GET /a?b=c HTTP/1.1"));
  });

  test("connects anew where the answer says so, or has no size", async () => {
    const stage = new Stage();
    await stage.answer(
      inPieces(SIZED.replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n"), 99),
      inPieces(SIZED.replace("1.1", "1.0"), 99),
      (socket) => {
        socket.write(encode("HTTP/1.1 200 OK\r\n\r\nendless"));
        socket.end();
      },
      inPieces(SIZED, 99),
    );
    const answers = [];
    for (let i = 0; i < 4; i++) answers.push(await stage.get());
    expect(answers).toEqual(["200 hello", "200 hello", "200 endless", "200 hello"]);
    expect(stage.asked.map((line) => line.slice(0, 1))).toEqual(["1", "2", "3", "4"]);
  });

  test("asks once more if a kept connection has been closed meanwhile", async () => {
    const stage = new Stage();
    const hangUp = (socket: TcpSocket): void => socket.destroy();
    await stage.answer(inPieces(SIZED, 99), hangUp, inPieces(SIZED, 99), hangUp, hangUp);
    expect([await stage.get(), await stage.get()]).toEqual(["200 hello", "200 hello"]);
    expect(stage.asked.map((line) => line.slice(0, 1))).toEqual(["1", "1", "2"]);
    await expect(stage.get()).rejects.toThrow("ECONNRESET");
    expect(stage.asked.length).toBe(5);
  });

  test("follows redirects, but not for ever", async () => {
    const stage = new Stage();
    const redirect = inPieces("HTTP/1.1 302 Found\r\nLocation: /x\r\nContent-Length: 0\r\n\r\n", 9);
    await stage.answer(redirect, inPieces(SIZED, 99), redirect, redirect, redirect, redirect);
    expect(await stage.get()).toBe("200 hello http://127.0.0.1:8080/x");
    await expect(stage.get()).rejects.toThrow("too many");
  });

  test("gives up on an answer that breaks off, is none, or does not come", async () => {
    for (const text of [SIZED.slice(0, -1), CHUNKED.slice(0, -3), "HTTP/1.1 200"]) {
      const stage = new Stage();
      await stage.answer((socket) => {
        socket.write(encode(text));
        socket.end();
      });
      await expect(stage.get()).rejects.toThrow("connection closed");
    }
    const stage = new Stage();
    await stage.answer(inPieces("SSH-2.0\r\n\r\n", 99));
    await expect(stage.get()).rejects.toThrow("the status line is none");
    const silent = new Stage();
    await silent.answer(() => undefined);
    const asked = silent.session.get(URL_OF, () => undefined);
    await expect(silent.network.finish(asked, 100)).rejects.toThrow("it takes more than 30000 ms");
    expect(silent.network.timerCount).toBe(0);
  });

  test("is closed in the middle of an answer", async () => {
    const stage = new Stage();
    await stage.answer(inPieces(SIZED.slice(0, -1), 99));
    const asked = stage.session.get(URL_OF, () => stage.session.close());
    await expect(stage.network.finish(asked)).rejects.toThrow("Connection closed");
    expect(stage.network.timerCount).toBe(0);
  });
});
