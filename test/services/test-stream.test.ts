/**
 * Goal: the built-in picture plays for ever at its own pace, with steady timestamps over the end of
 * its file, and holds its name like any publisher.
 *
 * Method: the real file under a clock that is moved by hand.
 */

import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import type { Frame } from "../../src/live/frame.ts";
import { StreamHub } from "../../src/live/stream-hub.ts";
import { ManualClock } from "../../src/runtime/memory.ts";
import { TestStream } from "../../src/services/test-stream/test-stream.ts";
import { SETTINGS } from "../support/live.ts";

const NAME = { vhost: "__defaultVhost__", app: "live", stream: "test" };
const FILE = new Uint8Array(readFileSync(new URL("../../web/test-stream.flv", import.meta.url)));
const LOGGER = { debug() {}, info() {}, warn() {}, error() {}, child: () => LOGGER };

async function start() {
  const clock = new ManualClock();
  const hub = new StreamHub(clock, () => SETTINGS);
  const frames: Frame[] = [];
  const stream = hub.getOrCreate(NAME);
  stream.addListener({
    onFrame: (frame) => frames.push(frame),
    onTrack: () => {},
    onMetadata: () => {},
    onEnd: () => {},
    fail: () => {},
  });
  const testStream = new TestStream({ hub, clock, logger: LOGGER }, NAME, FILE);
  await testStream.start();
  return { clock, stream, frames, testStream };
}

test("goes on over the end of its file without a step out of line", async () => {
  const { clock, frames } = await start();
  for (let second = 0; second < 40; second++) clock.advance(1_000);
  for (const [kind, leastMs, mostMs] of [
    ["video", 40, 40],
    ["audio", 21, 22],
  ] as const) {
    const times = frames.filter(({ track }) => track.kind === kind).map(({ dtsMs }) => dtsMs);
    const steps = times.slice(1).map((ms, i) => ms - (times[i] ?? 0));
    expect(times.at(-1)).toBeGreaterThan(39_800);
    expect(Math.min(...steps), kind).toBeGreaterThanOrEqual(leastMs);
    expect(Math.max(...steps), kind).toBeLessThanOrEqual(mostMs);
  }
});

test("keeps real time, and does not flood after the machine slept", async () => {
  const { clock, frames } = await start();
  clock.advance(1_000);
  const perSecond = frames.length;
  expect(perSecond).toBeGreaterThan(25 + 40);
  expect(perSecond).toBeLessThan(25 + 60);
});

test("is a publisher like any other, and gone when it is stopped", async () => {
  const { stream, testStream, clock } = await start();
  expect(stream.isLive).toBe(true);
  testStream.stop();
  expect(stream.isLive).toBe(false);
  expect(clock.timerCount).toBe(0);
});
