/**
 * Goal: a short train of packets tells what a network carries, no more than it was sent at, and nothing
 * where it cannot be told; probes are sent when they can be of use, and ever less often where they are
 * not.
 *
 * Method: trains over links in virtual time; an estimator that sends little, with and without probes; a
 * schedule, by when it sends.
 */

import { describe, expect, test } from "vitest";
import { ProbeSchedule } from "../../../../src/protocols/rtc/send/probe-schedule.ts";
import { ProbeTrain } from "../../../../src/protocols/rtc/send/probe-train.ts";
import { runEstimator } from "../../../support/estimated-link.ts";
import { type LinkOptions, LossyLink } from "../../../support/lossy-link.ts";

const SIZE = 1_200;

/** Sends packets at moments 10 ms apart, and measures them. */
function measure(link: Partial<LinkOptions>, packetsOfMoments: readonly number[]) {
  const train = new ProbeTrain();
  const sent = new LossyLink<number>({ seed: 1, delayMs: 20, ...link });
  let sequence = 0;
  packetsOfMoments.forEach((count, moment) => {
    for (let packet = 0; packet < count; packet++, sequence++) {
      train.sent(sequence, SIZE, moment * 10);
      sent.send(sequence, SIZE, moment * 10);
    }
  });
  for (const { item, arrivalMs } of sent.receive(10_000)) train.arrived(item, SIZE, arrivalMs);
  return { train, bitrate: train.take(sequence - 1, 500) };
}

describe("a train", () => {
  test.each([1_000_000, 2_000_000, 3_000_000])("finds a link of %i bit/s", (bitrate) => {
    const found = measure({ bitrate }, [4, 4, 4, 4]).bitrate ?? 0;
    expect(found / bitrate).toBeGreaterThan(0.85);
    expect(found / bitrate).toBeLessThanOrEqual(1);
  });

  test.each([20_000_000, 1_000_000_000])("finds what it was sent at, of %i bit/s", (bitrate) => {
    const found = measure({ bitrate }, [4, 4, 4, 4]).bitrate ?? 0;
    expect(Math.round(found / 10_000)).toBe(384);
  });

  test("of too few packets, in one moment, or with many lost says nothing", () => {
    expect(measure({}, [1, 1, 1]).bitrate).toBeUndefined();
    expect(measure({}, [20]).bitrate).toBeUndefined();
    expect(measure({ lossPercent: 60 }, [8, 8, 8]).bitrate).toBeUndefined();
  });

  test("says it once, and not before it is over and reported on", () => {
    const { train } = measure({ bitrate: 2_000_000 }, [4, 4, 4, 4]);
    expect(train.take(100, 500)).toBeUndefined();
    train.sent(100, SIZE, 2_000);
    train.sent(101, SIZE, 2_010);
    expect(train.take(101, 2_015)).toBeUndefined();
    expect(train.take(100, 2_500)).toBeUndefined();
  });

  test("is not disturbed by what is sent later, and forgotten if nobody tells of it", () => {
    const train = new ProbeTrain();
    const send = (first: number, startMs: number): void => {
      for (let packet = 0; packet < 12; packet++) {
        train.sent(first + packet, SIZE, startMs + Math.floor(packet / 4) * 10);
      }
    };
    const arrive = (first: number, startMs: number): void => {
      for (let packet = 0; packet < 12; packet++) {
        train.arrived(first + packet, SIZE, startMs + packet * 5);
      }
    };
    send(0, 0);
    send(12, 200);
    arrive(0, 30);
    arrive(12, 230);
    expect(train.take(23, 300)).toBeCloseTo(1_920_000 * 0.95);
    send(24, 1_000);
    send(36, 9_000);
    arrive(36, 9_030);
    expect(train.take(47, 9_300)).toBeCloseTo(1_920_000 * 0.95);
  });
});

describe("an estimator whose sender sends 400 kbit/s", () => {
  /** @returns The last estimate. */
  function estimate(bitrate: number, probe: number | undefined): number {
    const { samples } = runEstimator({
      link: { bitrate },
      untilMs: 20_000,
      bitrate: (nowMs, estimator) => {
        estimator.isProbing = probe !== undefined && nowMs > 2_000 && nowMs % 4_000 < 30;
        return estimator.isProbing ? (probe ?? 0) : 400_000;
      },
    });
    return samples.at(-1)?.estimate ?? 0;
  }

  test("knows by probes that a link carries ten times as much", () => {
    expect(estimate(20_000_000, undefined)).toBeLessThan(1_500_000);
    expect(estimate(20_000_000, 4_000_000)).toBeGreaterThan(3_500_000);
  });

  test.each([700_000, 1_500_000])("does not believe more of one of %i bit/s", (bitrate) => {
    expect(estimate(bitrate, 4_000_000)).toBeLessThanOrEqual(bitrate * 1.1);
    expect(estimate(bitrate, 4_000_000)).toBeGreaterThan(450_000);
  });
});

describe("a schedule", () => {
  const NETWORK = { estimate: 500_000, isOverused: false, lossFraction: 0 };

  /** When it probes. */
  function times(untilMs: number, network: (nowMs: number) => Partial<typeof NETWORK>): number[] {
    const schedule = new ProbeSchedule();
    const found: number[] = [];
    for (let nowMs = 0; nowMs < untilMs; nowMs += 250) {
      const state = { ...NETWORK, ...network(nowMs) };
      if (schedule.next(1_000_000, state, nowMs) !== undefined) found.push(nowMs);
    }
    return found;
  }

  test("probes at once, and then ever less often", () => {
    expect(times(100_000, () => ({}))).toEqual([0, 4_000, 12_000, 28_000, 48_000, 68_000, 88_000]);
  });

  test("does not where there is room, where there is none, and after a change", () => {
    expect(times(20_000, () => ({ estimate: 1_000_000 }))).toEqual([]);
    expect(times(20_000, () => ({ isOverused: true }))).toEqual([]);
    expect(times(20_000, () => ({ lossFraction: 0.1 }))).toEqual([]);
    const schedule = new ProbeSchedule();
    schedule.rest(0);
    expect(schedule.next(1_000_000, NETWORK, 4_000)).toBeUndefined();
    expect(schedule.next(1_000_000, NETWORK, 5_000)).toBeGreaterThan(1_000_000);
  });

  test("goes on soon after one that has found what was wanted", () => {
    const schedule = new ProbeSchedule();
    schedule.next(1_000_000, NETWORK, 0);
    expect(schedule.next(2_000_000, { ...NETWORK, estimate: 1_300_000 }, 1_000)).toBeDefined();
  });
});
