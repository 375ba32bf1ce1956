/**
 * Goal: several admissions are as strict as the strictest, and all of them hear of every end.
 *
 * Method: two of them that write down what they are asked and told.
 */

import { expect, test } from "vitest";
import {
  type Admission,
  combineAdmissions,
  type SessionRequest,
} from "../../src/live/admission.ts";

const REQUEST = {} as SessionRequest;

function recorder(name: string, calls: string[], refuses = false): Admission {
  const ask = (question: string) => async () => {
    calls.push(`${name}.${question}`);
    if (refuses) throw new Error(`${name} refuses`);
  };
  const tell = (event: string) => () => void calls.push(`${name}.${event}`);
  return {
    ...{ connect: ask("connect"), publish: ask("publish"), play: ask("play") },
    ...{ unpublished: tell("unpublished"), stopped: tell("stopped"), closed: tell("closed") },
  };
}

test("they are asked and told in order", async () => {
  const calls: string[] = [];
  const both = combineAdmissions([recorder("a", calls), recorder("b", calls)]);
  await both.connect(REQUEST);
  await both.publish(REQUEST);
  both.unpublished(REQUEST);
  await both.play(REQUEST);
  both.stopped(REQUEST);
  both.closed(REQUEST, { receivedSize: 0, sentSize: 0 });
  const events = ["connect", "publish", "unpublished", "play", "stopped", "closed"];
  expect(calls).toEqual(events.flatMap((event) => [`a.${event}`, `b.${event}`]));
});

test.each(["connect", "publish", "play"] as const)(
  "the first that says no to %s is the last asked",
  async (question) => {
    const calls: string[] = [];
    const all = [recorder("a", calls, true), recorder("b", calls)];
    await expect(combineAdmissions(all)[question](REQUEST)).rejects.toThrow("a refuses");
    expect(calls).toEqual([`a.${question}`]);
  },
);

test("none of them let everybody do everything", async () => {
  await expect(combineAdmissions([]).play(REQUEST)).resolves.toBeUndefined();
});
