/**
 * Goal: HLS with MPEG-TS comes and goes with its publishers and viewers.
 *
 * Method: our own configuration, in which it begins with the first request, and SRS's, in which it does
 * with the publisher.
 */

import { describe, expect, test } from "vitest";
import { readMediaPlaylist } from "../../support/hls-check.ts";
import { PackagingBench } from "../../support/packaging-bench.ts";
import { framesOf } from "../../support/packaging-frames.ts";

const PLAYLIST = "/live/show/ts.m3u8";

function start(hls = {}): PackagingBench {
  const __defaultVhost__ = {
    hls: { hls_fragment: 2, hls_ctx: false, ...hls },
    cmaf: { enabled: false },
    play: { time_jitter: "off" },
    publish: { grace_ms: 10_000 },
  };
  return new PackagingBench({ vhosts: { __defaultVhost__ } });
}

test("it begins with the first request, at the latest key frame", async () => {
  const bench = start();
  const publisher = await bench.publish();
  const frames = framesOf({ toMs: 30_000, gop: 100 });
  await publisher.send(
    frames.splice(
      0,
      frames.findIndex(({ dtsMs }) => dtsMs >= 11_000),
    ),
  );
  expect(bench.packaging.packager.heldSize).toBe(0);
  const asked = await bench.ask(PLAYLIST);
  await publisher.send(
    frames.splice(
      0,
      frames.findIndex(({ dtsMs }) => dtsMs >= 12_000),
    ),
  );
  expect(asked.answer).toBeUndefined();
  await publisher.send(frames.splice(0, 10));
  const { segments } = readMediaPlaylist((await asked.done).text);
  expect(segments.map(({ duration }) => duration)).toEqual([4]);
  expect(segments[0]?.uri).toMatch(/^\d+-0\.ts$/);
});

test("it stops a minute after the last one, and goes on with the numbers", async () => {
  const bench = start();
  const publisher = await bench.publish();
  await publisher.send(framesOf({ toMs: 2_000 }));
  const asked = await bench.ask(PLAYLIST);
  await publisher.send(framesOf({ fromMs: 2_000, toMs: 8_000 }));
  await asked.done;
  await publisher.send(framesOf({ fromMs: 8_000, toMs: 75_000 }));
  expect(bench.packaging.packager.heldSize).toBe(0);
  const again = await bench.ask(PLAYLIST);
  await publisher.send(framesOf({ fromMs: 75_000, toMs: 80_000 }));
  const { mediaSequence, segments } = readMediaPlaylist((await again.done).text);
  expect(mediaSequence).toBeGreaterThan(25);
  expect(segments[0]?.isDiscontinuous).toBe(true);
});

test("the numbers of discontinuities do not go back", async () => {
  const bench = start({ hls_window: 4 });
  const publisher = await bench.publish();
  let seen = -1;
  for (const fromMs of [0, 80_000, 160_000]) {
    const frames = framesOf({ fromMs, toMs: fromMs + 6_000 });
    const isEarly = (index: number): boolean => (frames[index]?.dtsMs ?? 0) < fromMs + 100;
    await publisher.send(frames.filter((_, index) => isEarly(index)));
    const asked = await bench.ask(PLAYLIST);
    await publisher.send(frames.filter((_, index) => !isEarly(index)));
    await asked.done;
    for (let i = 1; i < 4; i++) {
      const nextMs = fromMs + i * 6_000;
      await publisher.send(framesOf({ fromMs: nextMs, toMs: nextMs + 6_000 }));
      const { discontinuitySequence } = readMediaPlaylist(await bench.text(PLAYLIST));
      expect(discontinuitySequence).toBeGreaterThanOrEqual(seen);
      seen = discontinuitySequence;
    }
    await bench.advance(62_000);
    expect(bench.packaging.packager.heldSize).toBe(0);
  }
  // The first of all is none.
  expect(seen).toBe(2);
});

test("what has ended can be had for a while, and is then forgotten", async () => {
  const bench = start({ hls_on_demand: false, hls_dispose: 30 });
  const publisher = await bench.publish();
  await publisher.send(framesOf({ toMs: 5_000 }));
  await publisher.leave();
  await bench.advance(38_000);
  expect(readMediaPlaylist(await bench.text(PLAYLIST)).segments).toHaveLength(3);
  await bench.advance(5_000);
  await bench.advance(1_000);
  expect((await bench.get(PLAYLIST)).status).toBe(404);
  expect(bench.packaging.packager.size).toBe(0);
});

test("who stays for less than a segment is packaged all the same", async () => {
  const bench = start({ hls_on_demand: false });
  const publisher = await bench.publish();
  await publisher.send(framesOf({ toMs: 600 }));
  await publisher.leave();
  const { segments } = readMediaPlaylist(await bench.text(PLAYLIST));
  expect(segments).toHaveLength(1);
  expect(segments[0]?.duration).toBeCloseTo(0.6, 1);
});

test("who sends frames at the same time for ever is given up piece by piece", async () => {
  const bench = start({ hls_on_demand: false, hls_window_bytes: 1_048_576 });
  const publisher = await bench.publish();
  const [first] = framesOf({ toMs: 1 });
  if (first !== undefined) publisher.sendNow(first);
  await bench.advance(1_100);
  const [picture, sound] = framesOf({ toMs: 10, size: 20_000 });
  for (let i = 0; i < 2_000; i++) {
    if (picture !== undefined) publisher.sendNow({ ...picture, isKeyFrame: false });
    if (sound !== undefined) publisher.sendNow(sound);
  }
  await bench.advance(1_000);
  expect(bench.packaging.packager.heldSize).toBeLessThan(2_000_000);
});

describe("a request that comes before the first segment", () => {
  const WAITED_MS = 18_000;

  test("is told after a while to ask again", async () => {
    const bench = start({ hls_on_demand: false });
    const publisher = await bench.publish();
    await publisher.send(framesOf({ toMs: 1_000 }));
    const asked = await bench.ask(PLAYLIST);
    await bench.advance(WAITED_MS - 1_000);
    expect(asked.answer).toBeUndefined();
    await bench.advance(2_000);
    const answer = await asked.done;
    expect(answer.status).toBe(503);
    expect(answer.fields.get("Retry-After")).toBe("1");
    expect(answer.text).toContain("it has no segment yet");
  });

  test("is told that there is nothing when the publisher leaves", async () => {
    const bench = start({ hls_on_demand: false });
    const publisher = await bench.publish();
    const asked = await bench.ask(PLAYLIST);
    await publisher.leave();
    await bench.advance(WAITED_MS + 1_000);
    expect((await asked.done).status).toBe(404);
  });
});
