/**
 * Goal: load that lasts takes away what costs time, step by step, and comes back the same way; a single
 * peak changes nothing.
 *
 * Method: a series of loads, one a second, and the levels that follow.
 */

import { describe, expect, test } from "vitest";
import { CircuitBreaker } from "../../../src/servers/rtc/circuit-breaker.ts";
import type { CircuitBreakerSettings } from "../../../src/servers/rtc/ports.ts";

const SETTINGS: CircuitBreakerSettings = {
  isEnabled: true,
  high: { percent: 90, samples: 2 },
  critical: { percent: 95, samples: 1 },
  dying: { percent: 99, samples: 3 },
};

/** @returns The level after each second of that load, in percent. */
function levels(loads: readonly number[], settings = SETTINGS): string[] {
  const cpu = { user: 1_000, system: 500 };
  const breaker = new CircuitBreaker(() => cpu, 10_000);
  return loads.map((percent, index) => {
    cpu.user += percent * 6;
    cpu.system += percent * 4;
    const before = breaker.level;
    const hasChanged = breaker.sample(11_000 + index * 1_000, settings);
    expect(hasChanged).toBe(breaker.level !== before);
    return breaker.level;
  });
}

describe("the level", () => {
  test("rises after as many samples as are set, and falls after as many", () => {
    expect(levels([90, 89, 90, 90, 10, 90, 10, 10])).toEqual([
      ...["normal", "normal", "normal", "high", "high", "high", "high", "normal"],
    ]);
  });

  test("is the highest that is reached", () => {
    expect(levels([100, 100, 100, 95, 95, 95, 94, 90])).toEqual([
      ...["critical", "critical", "dying", "dying", "dying", "critical", "high", "high"],
    ]);
  });

  test("never rises where samples are 0, or all is switched off", () => {
    const off = { percent: 1, samples: 0 };
    expect(levels([100, 100], { ...SETTINGS, critical: off, dying: off })).toEqual([
      ...["normal", "high"],
    ]);
    expect(levels([100, 100, 100], { ...SETTINGS, isEnabled: false })).toEqual([
      ...["normal", "normal", "normal"],
    ]);
  });

  test("counts by the time that has passed", () => {
    const cpu = { user: 0, system: 0 };
    const breaker = new CircuitBreaker(() => cpu, 0);
    const settings = { ...SETTINGS, high: { percent: 50, samples: 1 } };
    cpu.user = 500;
    expect(breaker.sample(2_000, settings)).toBe(false);
    cpu.user = 1_000;
    expect(breaker.sample(3_000, settings)).toBe(true);
    // A clock that stands still must not divide by nothing.
    expect(breaker.sample(3_000, settings)).toBe(true);
    expect(breaker.level).toBe("normal");
  });
});
