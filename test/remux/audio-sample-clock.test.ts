/**
 * Goal: audio frames follow one another without a gap as long as their times say the same but for
 * rounding; a real gap stays one; time never goes back.
 *
 * Method: the times of frames as publishers round them, cut them off, jump and repeat them.
 */

import { describe, expect, test } from "vitest";
import {
  AUDIO_CLOCK_LEAD_MS,
  AUDIO_CLOCK_TOLERANCE_MS,
  AudioSampleClock,
} from "../../src/remux/audio-sample-clock.ts";

/** Milliseconds of 10 days, so that what is lost each time would show. */
const LONG_MS = 10 * 24 * 3600 * 1000;

describe.each([
  [44_100, 1024],
  [48_000, 1024],
  [22_050, 576],
  [48_000, 120],
])("%i Hz, %i samples a frame", (sampleRate, samples) => {
  test.each([
    ["rounded", Math.round],
    ["cut off", Math.floor],
    ["rounded up", Math.ceil],
    ["exact", (ms: number) => ms],
  ])("times that were %s", (_, round) => {
    const clock = new AudioSampleClock(sampleRate);
    const startMs = LONG_MS + 0.4;
    const first = clock.next(round(startMs), samples);
    expect(first).toBe(Math.round((round(startMs) * sampleRate) / 1000));
    for (let index = 1; index < 10_000; index++) {
      const dtsMs = round(startMs + (index * samples * 1000) / sampleRate);
      const position = clock.next(dtsMs, samples);
      if (position !== first + index * samples) expect.fail(`${index}: ${position - first}`);
    }
  });
});

test("frames of different lengths follow one another", () => {
  const clock = new AudioSampleClock(48_000);
  expect(clock.next(1_000, 960)).toBe(48_000);
  expect(clock.next(1_020, 2880)).toBe(48_960);
  expect(clock.next(1_080, 120)).toBe(51_840);
  expect(clock.next(1_082.5, 120)).toBe(51_960);
});

test("counts on up to the tolerance, and starts anew beyond it", () => {
  const within = new AudioSampleClock(48_000);
  within.next(0, 960);
  expect(within.next(20 + AUDIO_CLOCK_TOLERANCE_MS, 960)).toBe(960);
  const beyond = new AudioSampleClock(48_000);
  beyond.next(0, 960);
  expect(beyond.next(20 + AUDIO_CLOCK_TOLERANCE_MS + 0.1, 960)).toBe(1037);
  expect(beyond.next(41.6, 960)).toBe(1997);
});

test("a gap stays a gap, to the sample", () => {
  const clock = new AudioSampleClock(44_100);
  clock.next(0, 1024);
  expect(clock.next(5_000, 1024)).toBe(220_500);
  expect(clock.next(5_023, 1024)).toBe(221_524);
});

test("what comes a little too early follows what there is", () => {
  const clock = new AudioSampleClock(48_000);
  expect(clock.next(1_000, 1024)).toBe(48_000);
  expect(clock.next(1_000, 1024)).toBe(49_024);
  // Once the given times have caught up, they count again.
  expect(clock.next(2_000, 1024)).toBe(96_000);
});

test("time never goes back: what comes far too early is put right behind the start before", () => {
  const clock = new AudioSampleClock(48_000);
  expect(clock.next(1_000, 1024)).toBe(48_000);
  expect(clock.next(500, 1024)).toBe(48_001);
  expect(clock.next(1_022, 1024)).toBe(49_025);
});

test("samples that are faster than their timestamps never lead by more than is noticed", () => {
  const clock = new AudioSampleClock(48_000);
  // 1024 samples are 21.33 ms, and the publisher says 21: 1.6 %.
  for (let index = 0; index < 10_000; index++) {
    const leadMs = clock.next(index * 21, 1024) / 48 - index * 21;
    if (Math.abs(leadMs) > AUDIO_CLOCK_LEAD_MS + 1) expect.fail(`${index}: ${leadMs} ms`);
  }
});
