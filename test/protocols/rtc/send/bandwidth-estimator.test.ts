/**
 * Goal: the estimate finds what a link carries, follows it up and down, and shares it with noise;
 * loss and REMB bound it; nothing that a viewer reports breaks it.
 *
 * Method: a sender that always sends as much as the estimate says, over a link with a bottleneck in
 * virtual time, to our own recorder of arrivals, whose feedback comes back encoded.
 */

import { describe, expect, test } from "vitest";
import {
  BandwidthEstimator,
  ESTIMATE_BOUNDS,
} from "../../../../src/protocols/rtc/send/bandwidth-estimator.ts";
import { runEstimator as run, type Sample } from "../../../support/estimated-link.ts";
import { createRandom } from "../../../support/seeded-random.ts";

/** Between two times: the mean of the estimate, and its extremes. */
function over(samples: readonly Sample[], fromMs: number, untilMs: number) {
  const estimates = samples
    .filter(({ nowMs }) => nowMs >= fromMs && nowMs < untilMs)
    .map(({ estimate }) => estimate);
  const mean = estimates.reduce((sum, estimate) => sum + estimate, 0) / estimates.length;
  return { mean, min: Math.min(...estimates), max: Math.max(...estimates) };
}

describe("a bottleneck", () => {
  test.each([300_000, 1_000_000, 3_000_000, 8_000_000])("of %i bit/s", (bitrate) => {
    const { samples } = run({ link: { bitrate }, untilMs: 60_000 });
    const { mean, min, max } = over(samples, 40_000, 60_000);
    expect(mean / bitrate).toBeGreaterThan(0.6);
    expect(mean / bitrate).toBeLessThan(1.05);
    expect(min / bitrate).toBeGreaterThan(0.5);
    expect(max / bitrate).toBeLessThan(1.3);
  });

  test("that jitters by 20 ms", () => {
    const bitrate = 2_000_000;
    const { samples } = run({ link: { bitrate, jitterMs: 20 }, untilMs: 60_000 });
    const { mean } = over(samples, 30_000, 60_000);
    expect(mean / bitrate).toBeGreaterThan(0.6);
    expect(mean / bitrate).toBeLessThan(1.05);
  });

  test("with a short queue, which loses instead of delaying", () => {
    const bitrate = 2_000_000;
    const { samples } = run({ link: { bitrate, queueMsMax: 15 }, untilMs: 60_000 });
    const { mean } = over(samples, 30_000, 60_000);
    expect(mean / bitrate).toBeGreaterThan(0.6);
    expect(mean / bitrate).toBeLessThan(1.12);
  });

  test("that carries less, then more again", () => {
    const { samples } = run({
      link: { bitrate: 3_000_000 },
      untilMs: 120_000,
      onTick: (nowMs, link) => {
        if (nowMs === 30_000) link.bitrate = 800_000;
        if (nowMs === 60_000) link.bitrate = 3_000_000;
      },
    });
    expect(over(samples, 20_000, 30_000).mean).toBeGreaterThan(1_800_000);
    expect(over(samples, 33_000, 60_000).mean).toBeGreaterThan(480_000);
    expect(over(samples, 33_000, 60_000).mean).toBeLessThan(840_000);
    expect(over(samples, 100_000, 120_000).mean).toBeGreaterThan(1_800_000);
    expect(over(samples, 100_000, 120_000).mean).toBeLessThan(3_150_000);
  });
});

describe("the viewer's clock", () => {
  const wrapMs = 2 ** 23 * 64;

  test.each<[string, (nowMs: number) => number]>([
    ["wraps", () => wrapMs - 30_000],
    ["is set forward", (nowMs) => (nowMs < 30_000 ? 0 : 3_600_000)],
    ["is set back", (nowMs) => (nowMs < 30_000 ? 7_200_000 : 3_600_000)],
  ])("%s, and the estimate stays", (_, clockAheadMs) => {
    const bitrate = 2_000_000;
    const { samples } = run({ link: { bitrate }, untilMs: 45_000, clockAheadMs });
    const { min, max } = over(samples, 25_000, 45_000);
    expect(min / bitrate).toBeGreaterThan(0.6);
    expect(max / bitrate).toBeLessThan(1.3);
  });
});

describe("loss", () => {
  test("that was told and turns out to be delay is none", () => {
    const estimator = new BandwidthEstimator();
    for (let packet = 0; packet < 40; packet++) estimator.packetSent(1_000, packet);
    const tell = (arrivals: readonly (number | undefined)[], nowMs: number): void => {
      const sources = { senderSsrc: 1, mediaSsrc: 2, baseSequenceNumber: 0, feedbackCount: 0 };
      const feedback = { type: "transport-feedback", ...sources, referenceTimeMs: 0 } as const;
      estimator.feedbackReceived({ ...feedback, arrivals }, nowMs);
    };
    const arrivals = Array.from({ length: 40 }, (_, packet) => packet + 10);
    const withGaps = arrivals.map((arrivalMs) => (arrivalMs % 2 === 0 ? arrivalMs : undefined));
    tell(withGaps, 100);
    tell(withGaps, 150);
    tell(arrivals, 500);
    expect(estimator.lossFraction).toBe(0);
    expect(estimator.estimate(500)).toBeGreaterThanOrEqual(1_000_000);
  });

  test("of 1 percent does not matter, of 5 little, of 20 very much", () => {
    const estimates = [1, 5, 20].map((lossPercent) => {
      const { samples, estimator } = run({
        link: { bitrate: 2_000_000, lossPercent },
        untilMs: 40_000,
      });
      expect(Math.abs(estimator.lossFraction - lossPercent / 100)).toBeLessThan(0.1);
      return over(samples, 20_000, 40_000).mean;
    });
    expect(estimates[0]).toBeGreaterThan(1_200_000);
    expect(estimates[1]).toBeGreaterThan(700_000);
    expect(estimates[2]).toBeLessThan(500_000);
  });

  test("that ends lets the estimate grow again", () => {
    const { samples } = run({
      link: { bitrate: 2_000_000, lossPercent: 50 },
      untilMs: 90_000,
      onTick: (nowMs, link) => {
        if (nowMs === 20_000) link.lossPercent = 0;
      },
    });
    expect(over(samples, 15_000, 20_000).max).toBeLessThan(200_000);
    expect(over(samples, 60_000, 90_000).mean).toBeGreaterThan(1_200_000);
  });
});

test("a stream smaller than the link leaves the estimate at 1.5 times its rate", () => {
  const { samples, estimator } = run({
    link: { bitrate: 10_000_000 },
    untilMs: 30_000,
    bitrate: () => 1_000_000,
  });
  const { mean } = over(samples, 20_000, 30_000);
  expect(mean).toBeGreaterThan(1_350_000);
  expect(mean).toBeLessThan(1_650_000);
  expect(estimator.isLimitedBySending).toBe(true);
  expect(estimator.linkUse).toBe("normal");
});

test("REMB is an upper bound until it is forgotten", () => {
  const estimator = new BandwidthEstimator();
  expect(estimator.estimate(0)).toBe(ESTIMATE_BOUNDS.bitrateStart);
  estimator.rembReceived(300_000, 0);
  expect(estimator.estimate(9_999)).toBe(300_000);
  expect(estimator.estimate(10_000)).toBe(1_000_000);
  estimator.rembReceived(1, 10_000);
  expect(estimator.estimate(10_000)).toBe(ESTIMATE_BOUNDS.bitrateMin);
});

test("without feedback any more the estimate falls while something is sent", () => {
  const { estimator } = run({ link: { bitrate: 2_000_000 }, untilMs: 20_000 });
  const before = estimator.estimate(20_000);
  for (let nowMs = 20_000; nowMs < 30_000; nowMs += 100) {
    if (nowMs < 25_000) estimator.packetSent(100, nowMs);
    estimator.tick(nowMs);
  }
  expect(estimator.estimate(30_000)).toBeLessThan(before * 0.5);
});

test("a viewer without transport-wide feedback has its loss alone", () => {
  const estimator = new BandwidthEstimator();
  let nowMs = 0;
  const second = (lossFraction: number): number => {
    for (let packet = 0; packet < 100; packet++) estimator.packetSent(1_250, nowMs + packet * 10);
    nowMs += 1_000;
    estimator.reportReceived(lossFraction, 100, nowMs);
    return estimator.estimate(nowMs);
  };
  expect(second(0)).toBe(1_000_000);
  expect(second(0) / 1_000_000).toBeCloseTo(1.05 ** (1_000 / 300), 2);
  for (let count = 0; count < 60; count++) second(0);
  // Twice what is sent, with the last step of the meter's window.
  expect(second(0) / 2_000_000).toBeCloseTo(1, 0);
  const before = second(0.05);
  expect(second(0.05)).toBe(before);
  expect(second(0.2) / before).toBeCloseTo(0.9, 2);
});

test("whatever a viewer reports, the estimate is a number within its bounds", () => {
  const estimator = new BandwidthEstimator();
  const random = createRandom(11);
  for (let nowMs = 0; nowMs < 20_000; nowMs++) {
    for (let count = random(5); count > 0; count--) estimator.packetSent(random(1_500), nowMs);
    estimator.setRoundTrip(random(5_000));
    estimator.feedbackReceived(
      {
        type: "transport-feedback",
        senderSsrc: 1,
        mediaSsrc: 2,
        baseSequenceNumber: random(65_536),
        feedbackCount: 0,
        referenceTimeMs: (random(2 ** 24) - 2 ** 23) * 64,
        arrivals: Array.from({ length: random(50) }, () =>
          random(2) === 0 ? undefined : (random(200_000) - 100_000) / 4,
        ),
      },
      nowMs,
    );
    const estimate = estimator.estimate(nowMs);
    if (!(estimate >= ESTIMATE_BOUNDS.bitrateMin && estimate <= ESTIMATE_BOUNDS.bitrateMax)) {
      expect.fail(`${estimate}`);
    }
  }
});
