/**
 * Goal: the soak test fails for whatever stays, grows or has not been tried, and says what; and it does
 * not fail for the noise of a runtime's memory.
 *
 * Method: figures of a run in which all is well, with one thing changed at a time.
 */

import { describe, expect, test } from "vitest";
import type { CycleResult } from "../../scripts/soak/cycle.ts";
import { isAtRest } from "../../scripts/soak/cycle.ts";
import { readSample, type Sample } from "../../scripts/soak/sample.ts";
import { judge, type SoakFigures, slope } from "../../scripts/soak/verdict.ts";

const MIB = 1 << 20;

const REST: Sample = {
  seconds: 0,
  residentBytes: 75 * MIB,
  heapBytes: 9 * MIB,
  openFiles: 10,
  timers: 4,
  sessions: 0,
  streams: 0,
  connections: 1,
  chainBytes: 0,
  gopCacheBytes: 0,
  lagBytesMax: 0,
  sessionsTotal: 100,
  receivedBytes: 1,
  sentBytes: 2,
  skips: 0,
  writeTimeouts: 0,
  startTimes: [1, 2],
};
const END: Sample = { ...REST, skips: 5, writeTimeouts: 3, sentBytes: 1_000 };
const BUSY: Sample = {
  ...REST,
  sessions: 30,
  streams: 6,
  chainBytes: 7,
  gopCacheBytes: 8,
  lagBytesMax: 9,
};
const DEEDS = { loads: 9, playersServed: 90, kicks: 3, sighups: 2, strangers: 400 };

/** Steady but for some noise. */
const NOISE = [0, 3, -2, 4, 1, -3, 2, 0, 4, -1];

function wellRun(change: Partial<SoakFigures> = {}): SoakFigures {
  const cycles = NOISE.map((noise) => cycle({ residentBytes: REST.residentBytes + noise * MIB }));
  const figures = { baseline: REST, cycles, end: END, deeds: DEEDS, samples: [REST, BUSY, REST] };
  return { isSmoke: false, ...figures, ...change };
}

const notShown = (name: string): string => `Nothing was shown: ${name} was 0 throughout`;

function cycle(rest: Partial<Sample> = {}, faults: readonly string[] = []): CycleResult {
  return { rest: { ...REST, ...rest }, faults };
}

test("a run in which all is well", () => {
  expect(judge(wellRun())).toEqual([]);
});

describe("what stays", () => {
  test.each([
    [{ sessions: 1 }, "At the end, sessions is 1, and not 0"],
    [{ streams: 2 }, "At the end, streams is 2, and not 0"],
    [{ chainBytes: 3 }, "At the end, chainBytes is 3, and not 0"],
    [{ gopCacheBytes: 4 }, "At the end, gopCacheBytes is 4, and not 0"],
    [{ connections: 2 }, "At the end, connections is 2, and was 1 at the start"],
    [{ openFiles: 11 }, "At the end, openFiles is 11, and was 10 at the start"],
    [{ timers: 5 }, "At the end, timers is 5, and was 4 at the start"],
    [{ startTimes: [1, 3] }, "A process of the server is not the one that was started"],
    [{ startTimes: [1] }, "A process of the server is not the one that was started"],
  ] as const)("%o", (change, fault) => {
    expect(judge(wellRun({ end: { ...END, ...change } }))).toEqual([fault]);
  });

  test.each(["connections", "openFiles", "timers"] as const)("fewer %s are no fault", (name) => {
    expect(judge(wellRun({ end: { ...END, [name]: REST[name] - 1 } }))).toEqual([]);
  });

  test("and is at rest for nobody", () => {
    expect(isAtRest(END, REST)).toBe(true);
    for (const name of ["sessions", "streams", "connections", "openFiles", "timers"] as const) {
      expect(isAtRest({ ...END, [name]: REST[name] + 1 }, REST)).toBe(false);
    }
  });
});

describe("what grows", () => {
  test("resident memory, a little in each cycle", () => {
    const cycles = NOISE.map((noise, index) =>
      cycle({ residentBytes: REST.residentBytes + (noise + 3 * index) * MIB }),
    );
    expect(judge(wellRun({ cycles }))).toEqual([
      expect.stringMatching(/^Resident memory rises by 1\d\.\d MiB over the last 7 cycles; /),
    ]);
  });

  test("the heap, a little in each cycle", () => {
    const cycles = NOISE.map((_, index) =>
      cycle({ heapBytes: REST.heapBytes + index * 0.5 * MIB }),
    );
    expect(judge(wellRun({ cycles }))).toEqual([
      expect.stringMatching(/^The heap rises by 3\.0 MiB over the last 7 cycles; /),
    ]);
  });

  test("not what only the first cycles needed", () => {
    const cycles = NOISE.map((_, index) =>
      cycle({ residentBytes: (index < 3 ? 40 + 10 * index : 75) * MIB }),
    );
    expect(judge(wellRun({ cycles }))).toEqual([]);
  });

  test("in a run too short for a trend, only what grows at a leap", () => {
    const grown = (mib: number): CycleResult[] => [
      cycle(),
      cycle({ residentBytes: REST.residentBytes + mib * MIB }),
    ];
    expect(judge(wellRun({ cycles: grown(60) }))).toEqual([]);
    expect(judge(wellRun({ cycles: grown(70) }))).toEqual([
      "Resident memory has grown by 70.0 MiB",
    ]);
    expect(judge(wellRun({ cycles: grown(70), isSmoke: true }))).toHaveLength(1);
  });
});

describe("what went wrong in a cycle, and what was not tried", () => {
  test("faults are told with their cycle", () => {
    const cycles = [...wellRun().cycles.slice(1), cycle({}, ["Not served: 1 player"])];
    expect(judge(wellRun({ cycles }))).toEqual(["Cycle 10: Not served: 1 player"]);
  });

  test.each(Object.keys(DEEDS))("%s", (name) => {
    const deeds = { ...DEEDS, [name]: 0 };
    expect(judge(wellRun({ deeds }))).toEqual([notShown(name)]);
  });

  test.each(["skips", "writeTimeouts", "sentBytes"] as const)("%s", (name) => {
    const end = { ...END, [name]: REST[name] };
    expect(judge(wellRun({ end }))).toEqual([notShown(name)]);
  });

  test.each([
    "residentBytes",
    "heapBytes",
    "openFiles",
    "timers",
    "connections",
    "sessions",
    "streams",
    "chainBytes",
    "gopCacheBytes",
    "lagBytesMax",
  ] as const)("%s, which the server may not even tell", (name) => {
    const samples = [REST, BUSY, REST].map((sample) => ({ ...sample, [name]: 0 }));
    expect(judge(wellRun({ samples }))).toEqual([notShown(name)]);
  });
});

describe("figures", () => {
  test("of several processes are added up, whatever the labels", () => {
    const sample = readSample(
      `# TYPE sluice_timers gauge
sluice_timers{worker="0"} 4
sluice_timers{worker="1"} 3.5
sluice_sessions{worker="0",type="a b} c"} 2
sluice_timers_of_others 100
process_start_time_seconds{worker="1"} 9
process_start_time_seconds{worker="0"} 7
no figure
`,
      12.34,
    );
    expect(sample).toMatchObject({ seconds: 12.3, timers: 7.5, sessions: 2, startTimes: [7, 9] });
    expect(sample.streams).toBe(0);
  });

  test("the slope is that of the line in their midst", () => {
    expect(slope([1, 3, 5, 7])).toBe(2);
    expect(slope([0, 10, 0, 10, 0])).toBe(0);
    expect(slope([5])).toBe(0);
    expect(slope([])).toBe(0);
  });
});
