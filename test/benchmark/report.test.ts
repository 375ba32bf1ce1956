/**
 * Goal: the benchmark's report counts what was not served, misses no target in silence, and its smoke
 * fails when nothing flows.
 *
 * Method: measurements made up here, one fault at a time.
 */

import { describe, expect, test } from "vitest";
import type { Measurement } from "../../scripts/bench/measure.ts";
import { median, misses, summarize, toMarkdown } from "../../scripts/bench/report.ts";
import { SCENARIOS, type Scenario } from "../../scripts/bench/scenarios.ts";
import { checkSmoke, SMOKE_SCENARIOS } from "../../scripts/bench/smoke.ts";

const OURS = "Sluice on bun";

const GOOD: Measurement = {
  subject: OURS,
  round: 1,
  cpuPercent: 13,
  cpuUserPercent: 2,
  megabitsPerSecond: 2_000,
  memoryBefore: 60e6,
  memoryGrowth: 16e6,
  failed: 0,
  stalls: 0,
  gaps: 0,
  lostFrames: 0,
  firstFrameMs: { p50: 2, p95: 4, p99: 30, max: 40 },
  latencyMs: { p50: 1.5, p95: 3, p99: 6, max: 9 },
  meterPercent: 20,
  problems: [],
  limits: undefined,
  report: {} as Measurement["report"],
  publisherReport: undefined,
};

const BARE: Measurement = { ...GOOD, subject: "bare loop", cpuPercent: 10, latencyMs: undefined };

function scenario(id: string): Scenario {
  const found = SCENARIOS.find((one) => one.id === id);
  if (found === undefined) throw new Error(`Cannot find ${id}`);
  return found;
}

function missesOf(id: string, ...measurements: Measurement[]): string[] {
  const found = scenario(id);
  const ours = summarize({ scenario: found, measurements }).find(({ subject }) => subject === OURS);
  if (ours === undefined || found.target === undefined) throw new Error("nothing to judge");
  return misses(found.target, ours);
}

describe("median()", () => {
  test.each([
    [[3, 1, 2], 2],
    [[4, 1, 2, 3], 2.5],
    [[7], 7],
  ])("of %j is %d", (values, expected) => {
    expect(median(values)).toBe(expected);
  });
});

describe("a target", () => {
  test("is reached", () => {
    expect(missesOf("http-flv-4000", BARE, GOOD)).toEqual([]);
  });

  test("is of processor time for what was sent, so that sending less is not cheap", () => {
    const half = { ...GOOD, megabitsPerSecond: 1_000 };
    expect(missesOf("http-flv-4000", BARE, half)).toEqual(["2.6 times the bare loop, target 1.3"]);
  });

  test("is missed without anything to compare with", () => {
    expect(missesOf("http-flv-4000", GOOD)).toEqual(["NaN times the bare loop, target 1.3"]);
  });

  test.each([
    ["memory", { memoryGrowth: 40e6 }, "10000 bytes a player, target 6000"],
    ["stalls", { stalls: 1 }, "1.0 stalls, target 0"],
    ["gaps", { gaps: 2 }, "2.0 gaps, target 0"],
    ["pictures", { lostFrames: 5 }, "5.0 pictures lost, target 0"],
    ["players not served", { failed: 29 }, "29 players failed, target 0"],
  ])("is missed by %s, in the worst of all rounds", (_, fault, expected) => {
    const rounds = [GOOD, { ...GOOD, ...fault }, { ...GOOD, ...fault }];
    expect(missesOf("http-flv-4000", BARE, ...rounds)).toEqual([expected]);
  });

  test("of latency is missed if none was measured", () => {
    const silent = { ...GOOD, latencyMs: undefined };
    expect(missesOf("latency-500", silent)).toHaveLength(2);
  });

  test("of the limits is missed unless they were met", () => {
    const limits = { skips: 0, writeTimeouts: 0, chainSizeMax: 0, kernelSizeMax: 0 };
    expect(missesOf("slow-10000", { ...GOOD, limits })).toEqual([
      "no player skipped",
      "no stalled player was closed",
    ]);
    const met = { ...limits, skips: 3, writeTimeouts: 1 };
    expect(missesOf("slow-10000", { ...GOOD, limits: met })).toEqual([]);
  });
});

describe("checkSmoke()", () => {
  const [smoke] = SMOKE_SCENARIOS;
  if (smoke === undefined) throw new Error("there is a smoke");

  function faultsOf(...measurements: Measurement[]): string[] {
    return checkSmoke(smoke as Scenario, summarize({ scenario: smoke as Scenario, measurements }));
  }

  test("takes what was served", () => {
    expect(faultsOf(BARE, GOOD)).toEqual([]);
  });

  test("fails if nothing was measured, nothing flowed, or somebody was not served", () => {
    expect(faultsOf(BARE)).toHaveLength(1);
    expect(faultsOf({ ...GOOD, megabitsPerSecond: 0 })).toHaveLength(1);
    expect(faultsOf({ ...GOOD, failed: 1, problems: ["one was cut off"] })).toEqual([
      expect.stringContaining("one was cut off"),
    ]);
  });
});

describe("toMarkdown()", () => {
  test("says what was missed, and what the meter remarks", () => {
    const measurements = [BARE, { ...GOOD, gaps: 4, problems: ["the meter was held up"] }];
    const text = toMarkdown(
      {
        date: "2026-11-20",
        machine: { processor: "two cores" },
        versions: { [OURS]: "0.1.0" },
        start: [{ name: "compiled program", startMs: 500, residentSize: 50e6 }],
        results: [{ scenario: scenario("http-flv-4000"), measurements }],
      },
      "raw.json",
    );
    expect(text).toContain("**Missed: 4.0 gaps, target 0.**");
    expect(text).toContain("- Sluice on bun: the meter was held up");
    expect(text).toContain("less than 90.0 MB idle. **Missed.**");
  });
});
