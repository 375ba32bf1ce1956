/**
 * Goal: sound is counted in samples, and yet never far from the times that the publisher gave.
 *
 * Method: ten minutes of frames with the times of publishers that round, jitter, run too fast or too
 * slow, and lose frames; what the clock says is summed up.
 */

import { describe, expect, test } from "vitest";
import { SampleClock } from "../../../src/remux/audio-transcoding/sample-clock.ts";
import { createRandom } from "../../support/seeded-random.ts";

const RATE = 44_100;
const COUNT = 1024;
const FRAME_MS = (COUNT * 1000) / RATE;
const TEN_MINUTES = Math.ceil(600_000 / FRAME_MS);

interface Outcome {
  /** How far the frames were put from their times, at most. */
  readonly offMsMax: number;
  readonly starts: number;
  readonly inserted: number;
  readonly dropped: number;
  readonly corrections: number;
}

/** Puts frames of these times as the clock says, in one that is said to be exact or not. */
function run(times: readonly number[], isExact = false): Outcome {
  const clock = new SampleClock(isExact);
  let endMs = 0;
  const outcome = { offMsMax: 0, starts: 0, inserted: 0, dropped: 0, corrections: 0 };
  for (const dtsMs of times) {
    const placement = clock.place(dtsMs, COUNT, RATE);
    let count = COUNT;
    if (placement.kind === "start") {
      outcome.starts += 1;
      endMs = dtsMs;
    } else if (placement.kind === "insert") {
      outcome.inserted += placement.sampleCount;
      endMs += (placement.sampleCount * 1000) / RATE;
    } else if (placement.kind === "drop") {
      outcome.dropped += placement.sampleCount;
      count -= placement.sampleCount;
    }
    if (placement.kind !== "follow") outcome.corrections += 1;
    outcome.offMsMax = Math.max(outcome.offMsMax, Math.abs(endMs - dtsMs));
    endMs += (count * 1000) / RATE;
  }
  return outcome;
}

function frameTimes(timeOf: (exactMs: number, index: number) => number): number[] {
  return Array.from({ length: TEN_MINUTES }, (_, index) => timeOf(index * FRAME_MS, index));
}

describe("SampleClock", () => {
  test.each([
    ["rounded", Math.round],
    ["cut off", Math.floor],
  ])("takes no notice of times that are %s", (_, toWhole) => {
    const outcome = run(frameTimes((ms) => toWhole(ms + 7)));
    expect(outcome).toMatchObject({ starts: 1, inserted: 0, dropped: 0 });
    expect(outcome.offMsMax).toBeLessThan(1.001);
  });

  test("takes no notice of frames that come in pairs", () => {
    const outcome = run(
      frameTimes((ms, index) => Math.round(index % 2 === 0 ? ms : ms - FRAME_MS)),
    );
    expect(outcome).toMatchObject({ starts: 1, inserted: 0, dropped: 0 });
  });

  test("takes no notice of jitter", () => {
    const random = createRandom(7);
    const outcome = run(frameTimes((ms) => ms + random(30)));
    expect(outcome.corrections).toBeLessThan(4);
    expect(outcome.offMsMax).toBeLessThan(50);
  });

  test.each([200, -200])("follows a clock that is off by %i in a million", (ppm) => {
    const outcome = run(frameTimes((ms) => Math.round(ms * (1 + ppm / 1e6))));
    expect(outcome.starts).toBe(1);
    expect(outcome.offMsMax).toBeLessThan(25);
    // 120 ms in ten minutes, 20 ms at a time.
    expect(outcome.corrections).toBeLessThan(8);
    const corrected = (outcome.inserted - outcome.dropped) / RATE;
    expect(Math.abs(corrected - (600 * ppm) / 1e6)).toBeLessThan(0.025);
  });

  test("keeps gaps, and makes up for what is shorter if it lasts", () => {
    const gap = run(frameTimes((ms, index) => ms + (index < 100 ? 0 : 150)));
    expect(gap).toMatchObject({ starts: 2, inserted: 0, dropped: 0 });
    const short = run(frameTimes((ms, index) => ms + (index < 100 ? 0 : 60)));
    expect(short.starts).toBe(1);
    expect(Math.abs(short.inserted / RATE - 0.06)).toBeLessThan(0.02);
  });

  test("makes up for missing frames at once where times are exact", () => {
    const lost = frameTimes((ms) => ms).filter((_, index) => index % 10 !== 9);
    const outcome = run(lost, true);
    expect(outcome.starts).toBe(1);
    expect(outcome.offMsMax).toBeLessThan(5);
    const missing = (TEN_MINUTES - lost.length) * COUNT;
    expect(Math.abs(outcome.inserted - missing)).toBeLessThan(10 * COUNT);
  });

  test("starts anew when time goes back, and leaves out what comes faster than it sounds", () => {
    expect(run(frameTimes((ms, index) => ms - (index < 100 ? 0 : 2_000))).starts).toBe(2);
    const doubled = run(frameTimes((ms) => ms / 2));
    expect(doubled.starts).toBe(1);
    expect(doubled.offMsMax).toBeLessThan(130);
  });
});
