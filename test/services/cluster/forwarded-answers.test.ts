/**
 * Goal: those who ask for the same while it is being answered share one answer, in one array, and one
 * failure; what is somebody's own, or large, is handed on to each as it comes; nothing is remembered.
 *
 * Method: answers that a test gives when it likes, with bodies that it writes piece by piece.
 */

import { describe, expect, test } from "vitest";
import type { FieldList } from "../../../src/codec/http/response-head.ts";
import type { HttpResponse } from "../../../src/protocols/http/handler.ts";
import {
  type AnswerSource,
  ForwardedAnswers,
} from "../../../src/services/cluster/forwarded-answers.ts";
import { openStream } from "../../support/http-text.ts";
import { settle } from "../../support/memory-network.ts";

const KEY = "/live/show/video-1.m4s";
const FOR_ALL = "public, max-age=1";
const MIB = 1024 * 1024;

/** Another process whose answers a test gives, the first question first. */
class Peer implements AnswerSource {
  readonly questions: { give: (answer: HttpResponse) => void; fail: (error: Error) => void }[] = [];
  failures = 0;

  ask(): Promise<HttpResponse> {
    return new Promise((give, fail) => this.questions.push({ give, fail }));
  }

  failed(error: unknown): HttpResponse {
    this.failures += 1;
    return { status: 503, body: String(error) };
  }

  async give(answer: HttpResponse, index = 0): Promise<void> {
    this.questions[index]?.give(answer);
    await settle();
  }
}

function fieldsOf(size: number, cacheControl: string): FieldList {
  return [
    ["content-length", `${size}`],
    ["cache-control", cacheControl],
  ];
}

/** An answer whose body a test goes on with. */
function open(size: number, cacheControl = FOR_ALL, status = 200) {
  const { stream, ...body } = openStream();
  return { ...body, answer: { status, fields: fieldsOf(size, cacheControl), body: stream } };
}

function start() {
  const answers = new ForwardedAnswers();
  const peer = new Peer();
  const ask = (key: string | undefined = KEY): Promise<HttpResponse> => answers.answer(key, peer);
  const askAll = (count: number): Promise<HttpResponse>[] =>
    Array.from({ length: count }, () => ask());
  return { answers, peer, ask, askAll };
}

async function textOf({ body }: HttpResponse): Promise<string> {
  return new Response(body as Uint8Array<ArrayBuffer>).text();
}

describe("those who ask for the same", () => {
  test("share one answer, whose bytes are there once, before and while it comes", async () => {
    const { peer, askAll } = start();
    const early = askAll(200);
    const { answer, push, close } = open(6);
    await peer.give(answer);
    push("abc");
    const late = askAll(10);
    push("def");
    close();
    const [first, ...others] = await Promise.all([...early, ...late]);
    expect(peer.questions).toHaveLength(1);
    expect(first).toMatchObject({ status: 200, fields: fieldsOf(6, FOR_ALL) });
    expect(await textOf(first as HttpResponse)).toBe("abcdef");
    expect(first?.body).toBeInstanceOf(Uint8Array);
    for (const other of others) expect(other.body).toBe(first?.body);
  });

  test("share a failure, and the next one who asks is answered", async () => {
    const { peer, ask, askAll } = start();
    const asked = askAll(20);
    peer.questions[0]?.fail(new Error("nobody there"));
    for (const { status } of await Promise.all(asked)) expect(status).toBe(503);
    expect([peer.questions.length, peer.failures]).toEqual([1, 1]);
    const next = ask();
    await peer.give({ status: 200, body: "there" }, 1);
    expect(await textOf(await next)).toBe("there");
  });

  test("share the failure of an answer that breaks off", async () => {
    const { peer, ask, askAll } = start();
    const asked = askAll(20);
    const { answer, push, fail } = open(6);
    await peer.give(answer);
    push("abc");
    fail(new Error("gone"));
    for (const { status } of await Promise.all(asked)) expect(status).toBe(503);
    expect([peer.questions.length, peer.failures]).toEqual([1, 1]);
    void ask();
    expect(peer.questions).toHaveLength(2);
  });

  test.each([
    ["not yet", 404, FOR_ALL],
    ["too late", 503, ""],
  ])("share the word that there is nothing: %s", async (_, status, cacheControl) => {
    const { peer, askAll } = start();
    const asked = askAll(20);
    const { answer, push, close } = open(4, cacheControl, status);
    await peer.give(answer);
    push("none");
    close();
    for (const given of await Promise.all(asked)) {
      expect([given.status, await textOf(given)]).toEqual([status, "none"]);
    }
    expect([peer.questions.length, peer.failures]).toEqual([1, 0]);
  });

  test("each after the other get an answer each: nothing is kept", async () => {
    const { peer, ask } = start();
    for (let i = 0; i < 3; i++) {
      const asked = ask();
      const { answer, close } = open(0);
      close();
      await peer.give(answer, i);
      expect((await asked).status).toBe(200);
    }
    expect(peer.questions).toHaveLength(3);
  });
});

test("those who ask for something else, or for what is like nothing else, have answers of their own", () => {
  const { answers, peer, ask } = start();
  void ask();
  void ask("/live/show/video-2.m4s");
  for (let i = 0; i < 2; i++) void answers.answer(undefined, peer);
  expect(peer.questions).toHaveLength(4);
});

describe("what is handed on as it comes, to each for itself", () => {
  test.each([
    ["somebody's own", 3, "no-store"],
    ["what does not say whose it is", 3, ""],
    ["large", 8 * MIB + 1, FOR_ALL],
  ])("%s", async (_, size, cacheControl) => {
    const { peer, ask, askAll } = start();
    const first = ask();
    const others = askAll(2);
    const own = open(size, cacheControl);
    await peer.give(own.answer);
    // Its head is there, and nothing of its body has been read.
    expect((await first).body).toBe(own.answer.body);
    expect(peer.questions).toHaveLength(3);
    const theirs = [1, 2].map(() => open(size, cacheControl).answer);
    for (const [index, answer] of theirs.entries()) await peer.give(answer, index + 1);
    const bodies = (await Promise.all(others)).map(({ body }) => body);
    expect(bodies).toEqual(theirs.map(({ body }) => body));
  });

  test("a body that says nothing of its size", async () => {
    const { peer, ask } = start();
    const asked = ask();
    const { stream } = openStream();
    await peer.give({ status: 200, fields: [["cache-control", FOR_ALL]], body: stream });
    expect((await asked).body).toBe(stream);
  });

  test("what would be too much to be read at the same time, until that has been read", async () => {
    const { peer, ask } = start();
    const read = async (index: number) => {
      const asked = ask(`/${index}`);
      const body = open(8 * MIB);
      await peer.give(body.answer, index);
      return { ...body, asked };
    };
    const reading = [];
    for (let index = 0; index < 8; index++) reading.push(await read(index));
    const tooMuch = await read(8);
    expect((await tooMuch.asked).body).toBe(tooMuch.answer.body);
    reading[0]?.close();
    reading[1]?.fail(new Error("gone"));
    await settle();
    for (const index of [9, 10]) {
      const next = await read(index);
      next.close();
      expect((await next.asked).body).toBeInstanceOf(Uint8Array);
    }
  });
});
