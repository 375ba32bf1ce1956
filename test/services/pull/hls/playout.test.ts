/**
 * Goal: players get what comes in segments as from an encoder: each frame when it is due, sound and
 * picture of different playlists in their order, and no burst but after a fault.
 *
 * Method: segments given to lanes by a clock that the test turns.
 */

import { describe, expect, test } from "vitest";
import type { IncomingFrame } from "../../../../src/live/frame.ts";
import type { Publication } from "../../../../src/live/publication.ts";
import type { Track } from "../../../../src/live/track.ts";
import { ManualClock } from "../../../../src/runtime/memory.ts";
import { Playout, PlayoutLane } from "../../../../src/services/pull/hls/playout.ts";
import { AAC, audioFrame, H264, SLICE, SOUND, videoFrame } from "../../../remux/mpegts/tracks.ts";

/** One of each, with the time at which it came. */
function start(wantedMs = 1_000_000) {
  const clock = new ManualClock();
  const startMs = clock.monotonicMs();
  const seen: [string, number][] = [];
  const tracks: Track[] = [];
  const output = {
    writeTrack: (track: Track) => {
      tracks.push(track);
      return { ...track };
    },
    writeFrame: ({ track, dtsMs }: IncomingFrame) => {
      const ms = Math.round(clock.monotonicMs() - startMs);
      seen.push([`${track.kind} ${dtsMs}`, ms]);
    },
  } as unknown as Publication;
  const playout: Playout = new Playout({
    clock,
    wantedMs: () => wantedMs,
    onReady: () => playout.start(output),
  });
  return { clock, playout, seen, tracks, times: () => seen.map(([, ms]) => ms) };
}

function pictures(fromMs: number, toMs: number, stepMs = 40): IncomingFrame[] {
  const frames: IncomingFrame[] = [];
  for (let ms = fromMs; ms < toMs; ms += stepMs) frames.push(videoFrame(ms, [SLICE]));
  return frames;
}

/** Turns the clock in small steps, as a timer that fires late would have its frames late. */
function advance(clock: ManualClock, ms: number): void {
  for (let passed = 0; passed < ms; passed += 10) clock.advance(10);
}

describe("PlayoutLane", () => {
  test("counts what its frames take, also those without a byte", () => {
    const lane = new PlayoutLane(() => undefined);
    lane.add(
      0,
      Array.from({ length: 5_000 }, (_, ms) => audioFrame(ms, new Uint8Array())),
    );
    expect(lane.size).toBeGreaterThan(1_000_000);
    for (let index = 0; index < 5_000; index++) {
      expect(lane.first?.frame.dtsMs).toBe(index);
      lane.shift();
    }
    expect([lane.size, lane.first, lane.durationMs]).toEqual([0, undefined, 0]);
  });

  test("measures the time of the latest count alone", () => {
    const lane = new PlayoutLane(() => undefined);
    lane.add(0, pictures(50_000, 52_000));
    expect(lane.durationMs).toBe(1_960);
    lane.add(1, pictures(0, 80));
    expect(lane.durationMs).toBe(40);
    lane.add(1, pictures(80, 400));
    for (let index = 0; index < 50; index++) lane.shift();
    expect([lane.first?.frame.dtsMs, lane.durationMs]).toEqual([0, 360]);
    lane.shift();
    expect(lane.durationMs).toBe(320);
  });
});

describe("Playout", () => {
  test("plays the frames of a segment at their distances, the first at once", () => {
    const { clock, playout, times } = start();
    playout.createLane().add(0, pictures(5_000, 5_200));
    expect(times()).toEqual([0]);
    advance(clock, 1_000);
    expect(times()).toEqual([0, 40, 80, 120, 160]);
  });

  test("goes on from segment to segment without a gap", () => {
    const { clock, playout, times } = start();
    const lane = playout.createLane();
    lane.add(0, pictures(0, 200));
    advance(clock, 100);
    lane.add(0, pictures(200, 400));
    advance(clock, 1_000);
    expect(times()).toEqual(Array.from({ length: 10 }, (_, index) => index * 40));
  });

  test("puts sound and picture of two playlists in order, and waits for the later one", () => {
    const { clock, playout, seen } = start();
    const video = playout.createLane();
    const audio = playout.createLane();
    video.add(0, pictures(0, 120));
    advance(clock, 500);
    expect(seen).toEqual([]);
    audio.add(0, [audioFrame(0, SOUND), audioFrame(60, SOUND), audioFrame(200, SOUND)]);
    advance(clock, 500);
    expect(seen.map(([what]) => what)).toEqual([
      ...["video 0", "audio 0", "video 40", "audio 60", "video 80"],
    ]);
    video.end();
    advance(clock, 500);
    expect(seen.at(-1)?.[0]).toBe("audio 200");
  });

  test("puts the frames of a segment in order", () => {
    const { clock, playout, seen } = start();
    playout.createLane().add(0, [...pictures(0, 80), audioFrame(10, SOUND), audioFrame(50, SOUND)]);
    advance(clock, 500);
    expect(seen.map(([what]) => what)).toEqual(["video 0", "audio 10", "video 40", "audio 50"]);
  });

  test("where timestamps begin anew the next one follows, and keeps its distances", () => {
    const { clock, playout, times } = start();
    const lane = playout.createLane();
    lane.add(0, pictures(0, 80));
    lane.add(1, pictures(40, 120));
    lane.add(1, pictures(900_000, 900_080));
    advance(clock, 1_000);
    expect(times()).toEqual([0, 40, 40, 80, 80, 120]);
  });

  test("what comes too late comes at once, and what follows is as late, without a burst", () => {
    const { clock, playout, times } = start();
    const lane = playout.createLane();
    lane.add(0, pictures(0, 80));
    advance(clock, 2_000);
    lane.add(0, pictures(80, 200));
    advance(clock, 1_000);
    expect(times()).toEqual([0, 40, 2_000, 2_040, 2_080]);
  });

  test("plays a little faster while more waits than should", () => {
    const { clock, playout, seen } = start(1_000);
    playout.createLane().add(0, pictures(0, 20_000));
    advance(clock, 10_000);
    // 2 % of ten seconds, to the step of the clock.
    const [what] = seen.at(-1) ?? [];
    expect(Number(what?.split(" ")[1])).toBeGreaterThanOrEqual(10_120);
    expect(Number(what?.split(" ")[1])).toBeLessThanOrEqual(10_240);
  });

  test("ends with the last frame", async () => {
    const { clock, playout, seen } = start();
    const lane = playout.createLane();
    lane.add(0, pictures(0, 80));
    lane.end();
    let isOver = false;
    const ended = playout.ended().then(() => {
      isOver = true;
    });
    await Promise.resolve();
    expect(isOver).toBe(false);
    advance(clock, 100);
    await ended;
    expect(seen).toHaveLength(2);
  });

  test("tells the publication of each track once, and stops when told so", () => {
    const { clock, playout, seen, tracks } = start();
    const lane = playout.createLane();
    lane.add(0, [...pictures(0, 400), audioFrame(20, SOUND), audioFrame(60, SOUND)]);
    advance(clock, 100);
    expect(tracks).toEqual([H264, AAC]);
    const { length } = seen;
    playout.stop();
    advance(clock, 1_000);
    expect(seen).toHaveLength(length);
    expect(lane.size).toBeGreaterThan(0);
  });
});
