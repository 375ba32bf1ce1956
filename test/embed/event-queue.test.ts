/**
 * Goal: a loop over events gets each once and in order, hears of those that it is too slow for, and
 * ends with the server or when it is left.
 *
 * Method: a queue that is filled before, while and after somebody waits.
 */

import { expect, test } from "vitest";
import { EventQueue, type EventQueueOptions } from "../../src/embed/event-queue.ts";
import type { SluiceEvent } from "../../src/embed/server-options.ts";

const OPTIONS: EventQueueOptions = { types: undefined, wallMs: () => 5, closed: () => undefined };

function event(worker: number): SluiceEvent {
  return { type: "worker.started", timeMs: 1, worker, pid: 7 };
}

test("gives what came before, and what is waited for", async () => {
  const queue = new EventQueue(OPTIONS);
  queue.publish(event(1));
  queue.publish(event(2));
  expect(await queue.next()).toEqual({ value: event(1), done: false });
  expect(await queue.next()).toEqual({ value: event(2), done: false });
  const [third, fourth] = [queue.next(), queue.next()];
  queue.publish(event(3));
  queue.publish(event(4));
  expect(await third).toEqual({ value: event(3), done: false });
  expect(await fourth).toEqual({ value: event(4), done: false });
});

test("gives those of the types that are wanted", async () => {
  const queue = new EventQueue({ ...OPTIONS, types: ["server.stopping"] });
  queue.publish(event(1));
  queue.publish({ type: "server.stopping", timeMs: 2, worker: null, isGraceful: false });
  expect((await queue.next()).value?.type).toBe("server.stopping");
});

test("keeps a thousand, and tells of those before", async () => {
  const queue = new EventQueue(OPTIONS);
  for (let worker = 1; worker <= 1_003; worker++) queue.publish(event(worker));
  expect((await queue.next()).value).toEqual({
    ...{ type: "events.missed", timeMs: 5, worker: null },
    ...{ reason: "too_slow", count: 3 },
  });
  expect((await queue.next()).value).toEqual(event(4));
});

test("ends behind what waits, and for who waits", async () => {
  const queue = new EventQueue(OPTIONS);
  queue.publish(event(1));
  queue.end();
  queue.publish(event(2));
  const seen: SluiceEvent[] = [];
  for await (const one of queue) seen.push(one);
  expect(seen).toEqual([event(1)]);

  const other = new EventQueue(OPTIONS);
  const waiting = other.next();
  other.end();
  expect(await waiting).toEqual({ value: undefined, done: true });
});

test("is told to the server when the loop is left", async () => {
  const closed: EventQueue[] = [];
  const queue = new EventQueue({ ...OPTIONS, closed: (one) => void closed.push(one) });
  queue.publish(event(1));
  for await (const _ of queue) break;
  expect(closed).toEqual([queue]);
  queue.publish(event(2));
  expect(await queue.next()).toEqual({ value: undefined, done: true });
});
