/**
 * Goal: what is told of publishers is what they did: how late each message was, and how often they had
 * to wait.
 *
 * Method: a server in memory whose connections hold little; a clock that goes on while messages are sent.
 */

import { expect, onTestFinished, test } from "vitest";
import { ByteWriter } from "../../src/base/byte-writer.ts";
import type { Clock } from "../../src/base/clock.ts";
import { Publisher, PublisherTotals } from "../../src/bench/publisher.ts";
import { createSource } from "../../src/bench/source.ts";
import { createSyntheticFile } from "../../src/bench/synthetic-file.ts";
import { WallTime } from "../../src/bench/wall-time.ts";
import { MemoryServer } from "../support/memory-server.ts";

async function publish(server: MemoryServer, clock: Clock): Promise<[Publisher, PublisherTotals]> {
  const { tcp, udp, crypto } = server.runtime;
  const totals = new PublisherTotals(1);
  const publisher = new Publisher({
    ports: { clock, crypto, tcp, udp },
    wallTime: new WallTime(clock),
    source: createSource(createSyntheticFile(400_000)),
    totals,
    tls: {},
  });
  onTestFinished(() => publisher.stop());
  await server.finish(publisher.start("rtmp://127.0.0.1/live/show"));
  return [publisher, totals];
}

test("a message is as late as it is when it is sent, not when the tick began", async () => {
  const server = await MemoryServer.start();
  const { clock } = server.runtime;
  let passedMs = 0;
  const [, totals] = await publish(server, {
    setTimer: clock.setTimer.bind(clock),
    setInterval: clock.setInterval.bind(clock),
    wallMs: () => clock.wallMs(),
    // Whoever looks at it takes a millisecond.
    monotonicMs: () => clock.monotonicMs() + passedMs++,
  });
  // The first picture and the first sound are due at once.
  expect(totals.lateness.count).toBeGreaterThanOrEqual(2);
  expect(totals.lateness.percentile(1)).toBeGreaterThanOrEqual(1_000);
  expect(totals.lateness.max).toBeGreaterThanOrEqual(2_000);
});

test("a wait counts once, in however many pieces the socket takes what waits", async () => {
  const server = await MemoryServer.start();
  server.runtime.tcp.capacity = 500;
  const { clock } = server.runtime;
  const [publisher, totals] = await publish(server, clock);
  const writer = new ByteWriter();
  let sendCount = 0;
  for (let tick = 0; tick < 100; tick++) {
    const { messageCount } = totals;
    publisher.tick(writer);
    if (totals.messageCount > messageCount) sendCount += 1;
    await server.advance(20, 20);
  }
  expect(totals.blockedCount).toBeGreaterThan(10);
  expect(totals.blockedCount).toBeLessThanOrEqual(sendCount + 1);
  // A key frame of many times the capacity is among them.
  expect(totals.sentSize).toBeGreaterThan(500 * (sendCount + 1));
  totals.clearWindow();
  server.openSockets[0]?.pause();
  publisher.tick(writer);
  await server.advance(300, 20);
  expect(totals.blockedCount).toBe(1);
  totals.clearWindow();
  publisher.beginWindow(clock.monotonicMs());
  await server.advance(200, 20);
  publisher.finish(clock.monotonicMs());
  expect([totals.blockedCount, totals.blockedMs]).toEqual([1, 200]);
});
