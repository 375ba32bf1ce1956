/**
 * Goal: several admissions are as one: asked in order up to the first no, told in order, and told of
 * the end of what they have let begin and of nothing else.
 *
 * Method: admissions that write down what they are asked and told.
 */

import { describe, expect, test } from "vitest";
import { RefusedError } from "../../src/base/errors.ts";
import {
  type Admission,
  combineAdmissions,
  type SessionRequest,
  type Traffic,
} from "../../src/live/admission.ts";

const REQUEST: SessionRequest = {
  clientId: "abcd1234",
  clientType: "unknown",
  remoteAddress: "127.0.0.1",
  vhost: "__defaultVhost__",
  app: "live",
  stream: "show",
  param: "",
  tcUrl: "",
  pageUrl: "",
  swfUrl: "",
};

const CALLS = ["connect", "publish", "play", "unpublished", "stopped", "closed"] as const;
const QUESTIONS = ["connect", "publish", "play"] as const;

const calls: string[] = [];

function recorder(name: string, refused: string[] = []): Admission {
  const call = (what: string) => (request: SessionRequest, traffic?: Traffic) => {
    expect(request).toBe(REQUEST);
    calls.push(`${name} ${what}${traffic === undefined ? "" : ` ${traffic.sentSize}`}`);
    if (refused.includes(what)) throw new RefusedError("forbidden", `Cannot ${what}: ${name}`);
  };
  const entries = CALLS.map((what) => {
    const isQuestion = QUESTIONS.includes(what as (typeof QUESTIONS)[number]);
    return [what, isQuestion ? async (request: SessionRequest) => call(what)(request) : call(what)];
  });
  return Object.fromEntries(entries) as unknown as Admission;
}

/** What was called since the last time. */
function news(): string[] {
  return calls.splice(0);
}

test.each(QUESTIONS)("all are asked whether a client may %s, one after the other", async (what) => {
  await combineAdmissions([recorder("a"), recorder("b")])[what](REQUEST);
  expect(news()).toEqual([`a ${what}`, `b ${what}`]);
});

test("all are told in the same order", () => {
  const both = combineAdmissions([recorder("a"), recorder("b")]);
  both.unpublished(REQUEST);
  both.stopped(REQUEST);
  both.closed(REQUEST, { receivedSize: 1, sentSize: 2 });
  const told = ["unpublished", "stopped", "closed 2"];
  expect(news()).toEqual(told.flatMap((what) => [`a ${what}`, `b ${what}`]));
});

describe("if one says no", () => {
  test.each(["publish", "play"] as const)("to %s, nothing has begun for any", async (what) => {
    const all = combineAdmissions([recorder("a"), recorder("b", [what]), recorder("c")]);
    await expect(all[what](REQUEST)).rejects.toThrow(`Cannot ${what}: b`);
    expect(news()).toEqual([`a ${what}`, `b ${what}`]);
  });

  test("to connect, the connection is over for those who had let it be", async () => {
    const all = combineAdmissions([recorder("a"), recorder("b", ["connect"]), recorder("c")]);
    await expect(all.connect(REQUEST)).rejects.toThrow("Cannot connect: b");
    expect(news()).toEqual(["a connect", "b connect", "a closed 0"]);
  });
});

test("of none, everybody may do everything", async () => {
  const none = combineAdmissions([]);
  for (const what of QUESTIONS) await none[what](REQUEST);
  none.closed(REQUEST, { receivedSize: 0, sentSize: 0 });
});
