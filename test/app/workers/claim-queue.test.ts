/**
 * Goal: whoever waits for a name gets it in the order of asking, or is refused in time; who is gone
 * gets nothing, and no timer is left.
 *
 * Method: a clock moved by hand.
 */

import { expect, test } from "vitest";
import { CLAIM_WAIT_MS_MAX, ClaimQueue } from "../../../src/app/workers/claim-queue.ts";
import { ManualClock } from "../../../src/runtime/memory.ts";

function createQueue() {
  const clock = new ManualClock();
  const queue = new ClaimQueue(clock);
  const answers: string[] = [];
  const add = (url: string, worker: number): void =>
    queue.add(url, worker, {
      grant: () => answers.push(`${worker} has ${url}`),
      refuse: () => answers.push(`${worker} refused ${url}`),
    });
  return { clock, queue, answers, add };
}

test("a name that becomes free is the first one's, and the others are refused in time", () => {
  const { clock, queue, answers, add } = createQueue();
  add("/live/a", 1);
  add("/live/a", 2);
  queue.released("/live/b");
  clock.advance(CLAIM_WAIT_MS_MAX - 1);
  expect(answers).toEqual([]);
  queue.released("/live/a");
  expect(answers).toEqual(["1 has /live/a"]);
  clock.advance(1);
  expect(answers).toEqual(["1 has /live/a", "2 refused /live/a"]);
  queue.released("/live/a");
  expect(answers).toHaveLength(2);
  expect(clock.timerCount).toBe(0);
});

test("a worker that is gone waits for nothing", () => {
  const { clock, queue, answers, add } = createQueue();
  add("/live/a", 1);
  add("/live/a", 2);
  add("/live/b", 1);
  queue.removeAll(1);
  expect(clock.timerCount).toBe(1);
  queue.released("/live/a");
  queue.released("/live/b");
  clock.advance(CLAIM_WAIT_MS_MAX);
  expect(answers).toEqual(["2 has /live/a"]);
  expect(clock.timerCount).toBe(0);
});
