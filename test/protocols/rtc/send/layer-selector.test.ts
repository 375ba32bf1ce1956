/**
 * Goal: a viewer gets the largest version that its network carries, goes down at once and up with
 * patience, and learns from wrong guesses.
 *
 * Method: three versions, and networks that change in virtual time; then one whose capacity shows
 * only in what happens after a step.
 */

import { describe, expect, test } from "vitest";
import {
  LayerSelector,
  type NetworkState,
} from "../../../../src/protocols/rtc/send/layer-selector.ts";

import { runEstimator } from "../../../support/estimated-link.ts";
import type { LinkOptions } from "../../../support/lossy-link.ts";

const BITRATES = [200_000, 700_000, 2_000_000];

const GOOD: NetworkState = {
  estimate: 3_000_000,
  isOverused: false,
  lossFraction: 0,
  isLimitedBySending: false,
};

function create() {
  const selector = new LayerSelector();
  let nowMs = 0;
  /** @returns The versions of the time, without repetitions. */
  const run = (durationMs: number, network: Partial<NetworkState>): number[] => {
    const indices: number[] = [];
    for (const endMs = nowMs + durationMs; nowMs < endMs; nowMs += 100) {
      const index = selector.select(BITRATES, { ...GOOD, ...network }, nowMs);
      if (index !== indices.at(-1)) indices.push(index);
    }
    return indices;
  };
  return { selector, run };
}

test.each([
  [10_000, 0],
  [300_000, 0],
  [800_000, 1],
  [2_100_000, 1],
  [2_300_000, 2],
])("begins at %i bit/s with version %i", (estimate, expected) => {
  expect(new LayerSelector().select(BITRATES, { ...GOOD, estimate }, 0)).toBe(expected);
});

test("goes down at once, and up after 4 s", () => {
  const { run } = create();
  expect(run(100, {})).toEqual([2]);
  expect(run(100, { estimate: 500_000 })).toEqual([0]);
  // That was a start and no wrong guess.
  expect(run(4_000, {})).toEqual([0]);
  expect(run(200, {})).toEqual([2]);
});

test("room that comes and goes is no room", () => {
  const { run } = create();
  run(100, { estimate: 500_000 });
  for (let count = 0; count < 10; count++) {
    expect(run(3_000, {})).toEqual([0]);
    expect(run(100, { estimate: 500_000 })).toEqual([0]);
  }
});

test("an estimate a little below the share is no reason to go down", () => {
  const { run } = create();
  run(100, {});
  expect(run(20_000, { estimate: 2_050_000 })).toEqual([2]);
});

test("overuse and loss take it down where the estimate does too, and hold it otherwise", () => {
  const { run } = create();
  run(100, {});
  expect(run(1_000, { isOverused: true })).toEqual([2]);
  expect(run(100, { isOverused: true, estimate: 2_100_000 })).toEqual([1]);
  expect(run(20_000, { lossFraction: 0.05 })).toEqual([1]);
  expect(run(20_000, { lossFraction: 0.3 })).toEqual([1]);
  expect(run(5_000, {})).toEqual([1, 2]);
});

test("the list may get shorter", () => {
  const { selector, run } = create();
  run(100, {});
  expect(selector.select([200_000], GOOD, 200)).toBe(0);
});

test("versions that come and go leave it with the one that it has", () => {
  const { selector, run } = create();
  run(100, {});
  selector.moved(1);
  expect(selector.select([700_000, 2_000_000], GOOD, 200)).toBe(1);
  selector.moved(undefined);
  expect(selector.select([200_000, 900_000, 4_000_000], GOOD, 300)).toBe(1);
});

test("tries more where only what is sent limits the estimate; a wrong guess costs patience", () => {
  const { selector } = create();
  // The link carries 1 Mbit/s; the estimate is 1.5 times what is sent, at most the capacity.
  const capacity = 1_000_000;
  const steps: { index: number; nowMs: number }[] = [];
  let sinceMs = 0;
  let index = 0;
  for (let nowMs = 0; nowMs < 600_000; nowMs += 100) {
    const sent = BITRATES[index] ?? 0;
    const isTooMuch = sent > capacity && nowMs - sinceMs > 1_000;
    const estimate = isTooMuch ? capacity * 0.85 : sent * 1.5;
    const network = { ...GOOD, estimate, isOverused: isTooMuch, isLimitedBySending: !isTooMuch };
    const next = selector.select(BITRATES, nowMs === 0 ? { ...GOOD, estimate: 1 } : network, nowMs);
    if (next === index) continue;
    index = next;
    sinceMs = nowMs;
    steps.push({ index, nowMs });
  }
  expect(steps.slice(0, 3).map((step) => step.index)).toEqual([1, 2, 1]);
  const trials = steps.filter((step) => step.index === 2).map((step) => step.nowMs);
  const pauses = trials.slice(1).map((nowMs, count) => nowMs - (trials[count] ?? 0));
  // 10 s, 20 s, 40 s, 80 s, 160 s, and no longer; and a second each in which it was found wrong.
  expect(pauses.length).toBeGreaterThan(4);
  pauses.forEach((pauseMs, count) => {
    expect(Math.abs(pauseMs - Math.min(10_000 * 2 ** count, 160_000))).toBeLessThan(2_500);
  });
});

test("a guess that was right is kept, if the estimate follows in time", () => {
  const { run } = create();
  run(100, { estimate: 350_000 });
  expect(run(5_000, { estimate: 350_000, isLimitedBySending: true })).toEqual([0, 1]);
  expect(run(10_000, { estimate: 500_000, isLimitedBySending: true })).toEqual([1]);
  expect(run(60_000, { estimate: 1_050_000, isLimitedBySending: true })).toEqual([1, 2, 1, 2, 1]);
});

describe("with an estimator, over a link", () => {
  /** @returns The share of time each version is sent for, once half of the time is over. */
  function shares(link: Partial<LinkOptions>, untilMs: number): number[] {
    const selector = new LayerSelector();
    const counts = BITRATES.map(() => 0);
    let index = 0;
    runEstimator({
      link,
      untilMs,
      bitrate: (nowMs, estimator) => {
        if (nowMs % 100 === 0) {
          const network = {
            estimate: estimator.estimate(nowMs),
            isOverused: estimator.linkUse === "overuse",
            lossFraction: estimator.lossFraction,
            isLimitedBySending: estimator.isLimitedBySending,
          };
          index = selector.select(BITRATES, network, nowMs);
          if (nowMs >= untilMs / 2) counts[index] = (counts[index] ?? 0) + 1;
        }
        return BITRATES[index] ?? 0;
      },
    });
    return counts.map((count) => (count * 100) / (untilMs / 2));
  }

  test.each([
    [5_000_000, 2],
    [3_000_000, 2],
    [1_200_000, 1],
    [400_000, 0],
  ])("of %i bit/s version %i is sent nearly all the time", (bitrate, expected) => {
    const found = shares({ bitrate }, 240_000);
    expect(found[expected]).toBeGreaterThan(0.9);
  });
});
