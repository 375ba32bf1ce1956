/**
 * Goal: packets are grouped as the draft says; a delay that grows is overuse, one that shrinks is
 * underuse, and one spike or an even pace is neither.
 *
 * Method: arrivals whose delays follow a line, a spike or a pace.
 */

import { describe, expect, test } from "vitest";
import { DelayTrend } from "../../../../src/protocols/rtc/send/delay-trend.ts";
import {
  type LinkUse,
  OveruseDetector,
} from "../../../../src/protocols/rtc/send/overuse-detector.ts";
import { PacketGroups } from "../../../../src/protocols/rtc/send/packet-groups.ts";

describe("groups", () => {
  test("packets sent within 5 ms are one; two groups give a difference", () => {
    const groups = new PacketGroups();
    const complete = [
      [0, 100],
      [5, 104],
      [20, 130],
      [24, 131],
      [40, 152],
    ].map(([sentMs = 0, arrivalMs = 0]) => groups.add(sentMs, arrivalMs));
    expect(complete).toEqual([false, false, false, false, true]);
    expect([groups.sendDeltaMs, groups.arrivalDeltaMs]).toEqual([19, 27]);
    groups.add(60, 170);
    expect([groups.sendDeltaMs, groups.arrivalDeltaMs]).toEqual([16, 21]);
  });

  test("packets that a link held up and let go together are one", () => {
    const groups = new PacketGroups();
    groups.add(0, 100);
    groups.add(20, 200);
    groups.add(40, 203);
    groups.add(60, 204);
    expect(groups.add(80, 220)).toBe(true);
    expect([groups.sendDeltaMs, groups.arrivalDeltaMs]).toEqual([60, 104]);
  });

  test("a packet of an earlier group is left alone", () => {
    const groups = new PacketGroups();
    groups.add(0, 100);
    groups.add(20, 120);
    expect(groups.add(10, 150)).toBe(false);
    expect(groups.add(40, 140)).toBe(true);
    expect(groups.arrivalDeltaMs).toBe(20);
  });
});

/** @param variationMs By how much the group with this index took longer than the one before. */
function detect(count: number, variationMs: (index: number) => number): LinkUse[] {
  const trend = new DelayTrend();
  const detector = new OveruseDetector();
  let arrivalMs = 0;
  return Array.from({ length: count }, (_, index) => {
    arrivalMs += 20 + variationMs(index);
    return detector.update(trend.add(variationMs(index), arrivalMs), 20, arrivalMs);
  });
}

describe("detector", () => {
  test("an even pace is normal", () => {
    expect(new Set(detect(500, () => 0))).toEqual(new Set(["normal"]));
  });

  test("delay that grows by a tenth of the time is overuse, found within 0.9 s", () => {
    const uses = detect(60, () => 2);
    expect(uses.indexOf("overuse")).toBeGreaterThan(0);
    expect(uses.indexOf("overuse")).toBeLessThan(40);
    expect(uses.at(-1)).toBe("overuse");
  });

  test("delay that shrinks again is underuse, and then normal", () => {
    const uses = detect(300, (index) => (index < 60 ? 2 : index < 120 ? -2 : 0));
    expect(uses.slice(60, 130)).toContain("underuse");
    expect(uses.at(-1)).toBe("normal");
  });

  test("one packet that is late is nothing", () => {
    const uses = detect(300, (index) => (index === 100 ? 30 : index === 101 ? -30 : 0));
    expect(uses).not.toContain("overuse");
  });

  test("jitter that goes on is got used to", () => {
    const uses = detect(3_000, (index) => ((index * 7) % 11) - 5);
    expect(uses.slice(1_000)).not.toContain("overuse");
  });
});
