/**
 * Goal: whichever worker a client is connected to, it is told of what happens at all of them, once and
 * in the same order, and can go on at any other; a worker that ends takes along those who read there
 * alone.
 *
 * Method: whole workers in memory with their coordinator and the feed that a supervisor has; clients
 * choose the worker.
 */

import { expect, test } from "vitest";
import { MemoryEvents } from "../../support/memory-events.ts";
import { API_PORT, type ConfigValue, memoryConfig } from "../../support/memory-server.ts";
import { MemoryWorkers } from "../../support/memory-workers.ts";

const PORT_STEP = 10_000;

function open(
  server: MemoryWorkers,
  worker: number,
  query = "",
  fields = "",
): Promise<MemoryEvents> {
  return MemoryEvents.open(server, query, { port: API_PORT + worker * PORT_STEP, fields });
}

async function pass(server: MemoryWorkers): Promise<void> {
  await server.advance(40, 20);
}

function eventsConfig(events: ConfigValue): ConfigValue {
  return { http_api: { enabled: true, events } };
}

test("all workers tell the same, once and in the same order", async () => {
  const server = await MemoryWorkers.start(3);
  const readers = [await open(server, 0), await open(server, 1), await open(server, 2)];
  const publisher = await server.publish(server.rtmpUrl(0));
  await publisher.start();
  await server.watch(server.httpUrl(1)); // It relays the stream, which is no publication.
  await server.play(server.rtmpUrl(2));
  await pass(server);
  await publisher.leave();
  await server.advance(10_000);
  const [first = [], ...others] = readers.map((reader) =>
    reader.events.map(({ data, lastEventId }) => {
      const { type, worker } = JSON.parse(data) as Record<string, unknown>;
      return `${type} ${worker} ${lastEventId}`;
    }),
  );
  for (const other of others) expect(other).toEqual(first);
  const withoutIds = first.map((line) => line.replace(/ [^ ]*$/, ""));
  expect(withoutIds.toSorted()).toEqual([
    ...["play.ended 1", "play.started 1", "play.started 2"], // Who plays by RTMP stays.
    ...["session.connected 0", "session.connected 1", "session.connected 2"],
    ...["session.ended 0", "session.ended 1"],
    ...["stream.ended 0", "stream.published 0", "stream.ready 0", "stream.unpublished 0"],
  ]);
  expect(withoutIds.indexOf("stream.published 0")).toBeLessThan(
    withoutIds.indexOf("stream.unpublished 0"),
  );
});

test("a stream that comes back at another worker has not ended", async () => {
  const server = await MemoryWorkers.start(2);
  const reader = await open(server, 0, "?types=stream.*");
  const first = await server.publish(server.rtmpUrl(0));
  await first.start();
  await first.leave();
  await server.advance(1_000);
  const second = await server.publish(server.rtmpUrl(1));
  await second.start();
  await server.advance(20_000, 500);
  await second.leave();
  await server.advance(20_000);
  expect(reader.take("worker")).toEqual([
    ...["stream.published 0", "stream.ready 0", "stream.unpublished 0"],
    ...["stream.published 1", "stream.ready 1", "stream.unpublished 1", "stream.ended 1"],
  ]);
});

test("a client goes on at another worker where it left off", async () => {
  const server = await MemoryWorkers.start(2);
  const reader = await open(server, 0, "?types=stream.*&stream=live/show");
  const publisher = await server.publish(server.rtmpUrl(0));
  await pass(server);
  expect(reader.take()).toEqual(["stream.published"]);
  await reader.leave();
  await publisher.start();
  await pass(server);
  const fields = `Last-Event-ID: ${reader.lastEventId}\r\n`;
  const again = await open(server, 1, "?types=stream.*", fields);
  await pass(server);
  expect(again.take("worker")).toEqual(["stream.ready 0"]);
});

test("a worker that is started anew tells, and is told", async () => {
  const server = await MemoryWorkers.start(2);
  const kept = await open(server, 0);
  const lost = await open(server, 1);
  await server.stopWorker(1);
  expect(lost.isClosed).toBe(true);
  expect(kept.isClosed).toBe(false);
  await server.startWorker(1);
  const again = await open(server, 1, `?last_event_id=${lost.lastEventId}`);
  await server.play(server.rtmpUrl(1));
  await pass(server);
  for (const reader of [kept, again]) {
    expect(reader.take("worker")).toEqual(["session.connected 1", "play.started 1"]);
  }
});

test("no more may read than are allowed, at all workers together", async () => {
  const server = await MemoryWorkers.start(2, eventsConfig({ clients: 2 }));
  const first = await open(server, 0);
  await open(server, 1);
  for (const worker of [0, 1]) {
    const third = await open(server, worker);
    expect(third.status).toBe(503);
    expect(third.text).toContain("http_api.events.clients");
  }
  await first.leave();
  expect((await open(server, 1)).status).toBe(200);
});

test("who takes nothing holds up the supervisor no more than itself", async () => {
  const server = await MemoryWorkers.start(2, eventsConfig({ history: 50 }));
  const fast = await open(server, 1);
  server.runtime.tcp.capacity = 4_096;
  const slow = await open(server, 0);
  slow.pause();
  const { sluice } = server.worker(0);
  for (let i = 0; i < 400; i++) {
    sluice.tell({ type: "configuration.refused", cause: "test", problem: "x".repeat(999) });
    if (i % 10 === 9) await pass(server);
  }
  expect(fast.take()).toHaveLength(400);
  slow.resume();
  await server.advance(1_000);
  const missed = slow.values.find(({ type }) => type === "events.missed");
  expect(missed).toMatchObject({ reason: "too_slow" });
  expect(slow.values.length - 1 + Number(missed?.["count"])).toBe(400);
});

test("signs of life come through", async () => {
  const server = await MemoryWorkers.start(1);
  const reader = await open(server, 0);
  await server.advance(120_000);
  expect(reader.isClosed).toBe(false);
  expect(reader.comments).toBeGreaterThanOrEqual(6);
});

test("who has lost the right to read is told nothing more", async () => {
  const auth = (password: string): ConfigValue => ({
    http_api: { enabled: true, auth: { enabled: true, username: "admin", password } },
  });
  const server = await MemoryWorkers.start(2, auth("secret"));
  const fields = `Authorization: Basic ${btoa("admin:secret")}\r\n`;
  const reader = await open(server, 1, "", fields);
  expect(reader.status).toBe(200);
  await server.finish(server.coordinator.configure(memoryConfig(auth("another"))));
  expect(reader.isClosed).toBe(true);
});

test("where the supervisor does not answer there are none for the moment", async () => {
  const server = await MemoryWorkers.start(1);
  const { directory } = server.worker(0).link;
  for (const path of ["/run/nobody", null]) {
    directory.setPeer("supervisor", path);
    const reader = await open(server, 0);
    expect(reader.status).toBe(503);
    expect(reader.text).toContain("the supervisor does not answer");
  }
  expect(server.events("request failed")).toEqual([]);
});

test("an id with whatever in it is no more than an id that is not known", async () => {
  const server = await MemoryWorkers.start(1);
  for (const id of ["a%0D%0A%0D%0AGET%20/kick", "%00", "a&types=server.*", "x".repeat(4_000)]) {
    const reader = await open(server, 0, `?last_event_id=${id}&types=stream.*`);
    expect(reader.take("reason")).toEqual(["events.missed other_start"]);
    await reader.leave();
  }
});

test("a worker's last events come back to those who read there", async () => {
  const server = await MemoryWorkers.start(1);
  const reader = await open(server, 0);
  await server.play(server.rtmpUrl(0));
  await server.stopWorker(0);
  expect(reader.isClosed).toBe(true);
  expect(reader.take("reason")).toEqual([
    ...["session.connected undefined", "play.started undefined"],
    ...["play.ended server_stopped", "session.ended server_stopped"],
  ]);
  await server.startWorker(0);
});

test("what a worker cannot hand on is told to be missing", async () => {
  const server = await MemoryWorkers.start(1);
  const reader = await open(server, 0);
  const { sluice } = server.worker(0);
  // 30 MB in one turn: the socket takes a mebibyte of it, and sixteen more may wait.
  for (let i = 0; i < 1_000; i++) {
    sluice.tell({ type: "configuration.refused", cause: "test", problem: "x".repeat(30_000) });
  }
  await pass(server);
  sluice.tell({ type: "configuration.refused", cause: "last", problem: "" });
  await pass(server);
  const { values } = reader;
  const missed = values.find(({ type, reason }) => type === "events.missed" && reason === "busy");
  const tooSlow = values.find(({ reason }) => reason === "too_slow");
  expect(missed).toMatchObject({ worker: 0 });
  const count = Number(missed?.["count"]) + Number(tooSlow?.["count"] ?? 0);
  const told = values.filter(({ type }) => type === "configuration.refused").length;
  expect(told + count).toBe(1_001);
  expect(values.at(-1)).toMatchObject({ cause: "last" });
});
