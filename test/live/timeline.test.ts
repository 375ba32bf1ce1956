/**
 * Goal: subscribers see one timeline that starts at 0, never goes back within a track and keeps audio
 * and video together, whatever the publisher's clock does; but a real gap stays a gap.
 *
 * Method: tables of publishers' timestamps and arrival times, with the times they should become.
 */

import { describe, expect, test } from "vitest";
import { Timeline } from "../../src/live/timeline.ts";
import type { TrackKind } from "../../src/live/track.ts";

type Step = [kind: "a" | "v", inMs: number, arrivalMs: number];

function place(timeline: Timeline, steps: Step[]): number[] {
  const kinds: Record<string, TrackKind> = { a: "audio", v: "video" };
  return steps.map(([kind, inMs, arrivalMs]) =>
    timeline.place(kinds[kind] ?? "audio", inMs, arrivalMs),
  );
}

describe("full", () => {
  test.each<[string, Step[], number[]]>([
    [
      "starts at 0 wherever the publisher starts",
      [
        ["v", 1e6, 0],
        ["a", 1e6 + 3, 1],
        ["v", 1e6 + 40, 40],
      ],
      [0, 3, 40],
    ],
    [
      "keeps audio and video together, though interleaved",
      [
        ["v", 100, 0],
        ["v", 140, 40],
        ["a", 110, 41],
        ["a", 133, 41],
        ["v", 180, 80],
      ],
      [0, 40, 10, 33, 80],
    ],
    [
      "takes what comes before the first frame as simultaneous with it",
      [
        ["v", 100, 0],
        ["a", 90, 1],
        ["a", 113, 2],
      ],
      [0, 0, 13],
    ],
    [
      "keeps a real gap, in which as much time passes as is missing",
      [
        ["v", 0, 0],
        ["v", 40, 40],
        ["v", 20_040, 20_040],
      ],
      [0, 40, 20_040],
    ],
    [
      "takes a file that is sent as fast as it goes",
      [
        ["v", 0, 0],
        ["v", 40, 0],
        ["v", 80, 1],
        ["v", 2_000, 2],
      ],
      [0, 40, 80, 2_000],
    ],
    [
      "closes a jump forward by hours, and both tracks make it together",
      [
        ["v", 0, 0],
        ["a", 5, 5],
        ["v", 40, 40],
        ["v", 7_200_080, 80],
        ["a", 46, 81],
        ["a", 7_200_069, 90],
        ["v", 7_200_120, 120],
      ],
      [0, 5, 40, 50, 46, 46, 90],
    ],
    [
      "closes a jump back to 0",
      [
        ["v", 90_000, 0],
        ["v", 90_040, 40],
        ["v", 0, 80],
        ["v", 40, 120],
      ],
      [0, 40, 50, 90],
    ],
    [
      "does not let a small step back show within a track",
      [
        ["v", 0, 0],
        ["v", 80, 40],
        ["v", 40, 80],
        ["v", 120, 120],
      ],
      [0, 80, 80, 120],
    ],
  ])("%s", (_, steps, expected) => {
    expect(place(new Timeline("full"), steps)).toEqual(expected);
  });

  test("goes on over a republish, whatever the next publisher counts from", () => {
    const timeline = new Timeline("full");
    place(timeline, [
      ["v", 500, 0],
      ["v", 5_500, 5_000],
    ]);
    timeline.restart();
    expect(
      place(timeline, [
        ["v", 77_000, 9_000],
        ["a", 76_990, 9_001],
      ]),
    ).toEqual([5_010, 5_000]);
  });

  test("keeps the gaps of a stream whose jumps another process has closed, however late it comes", () => {
    const timeline = new Timeline("full");
    timeline.restart(true);
    expect(
      place(timeline, [
        ["v", 5_000, 60_000],
        ["a", 5_010, 60_000],
        ["v", 25_000, 60_000],
        ["a", 25_010, 60_001],
        ["v", 25_040, 60_002],
      ]),
    ).toEqual([5_000, 5_010, 25_000, 25_010, 25_040]);
    timeline.restart();
    expect(
      place(timeline, [
        ["v", 0, 60_003],
        ["v", 20_000, 60_004],
      ]),
    ).toEqual([25_050, 25_060]);
  });

  test("counts on past 32 bits, 49 days after its start", () => {
    const timeline = new Timeline("full");
    const days = 50 * 86_400_000;
    place(timeline, [
      ["v", 0, 0],
      ["v", days, days],
    ]);
    expect(place(timeline, [["v", days + 40, days + 40]])).toEqual([days + 40]);
  });
});

describe("zero", () => {
  test("subtracts the first time and corrects nothing", () => {
    const steps: Step[] = [
      ["v", 1_000, 0],
      ["v", 900, 1],
      ["a", 9_000, 2],
    ];
    expect(place(new Timeline("zero"), steps)).toEqual([0, -100, 8_000]);
  });
});

test("zero goes on over a republish too", () => {
  const timeline = new Timeline("zero");
  place(timeline, [
    ["v", 500, 0],
    ["v", 5_500, 5_000],
  ]);
  timeline.restart();
  expect(
    place(timeline, [
      ["v", 77_000, 9_000],
      ["v", 77_040, 9_001],
    ]),
  ).toEqual([5_010, 5_050]);
});

describe("off", () => {
  test("leaves all as it is", () => {
    const steps: Step[] = [
      ["v", 1_000, 0],
      ["v", 900, 1],
      ["a", 9_000, 2],
    ];
    expect(place(new Timeline("off"), steps)).toEqual([1_000, 900, 9_000]);
  });
});

describe("another mode as the stream runs", () => {
  const SECOND: Step[] = [
    ["v", 1e6, 0],
    ["a", 1e6 + 3, 1],
    ["v", 1e6 + 40, 40],
  ];
  const NEXT: Step[] = [
    ["v", 1e6 + 80, 80],
    ["a", 1e6 + 83, 81],
    ["v", 1e6 + 120, 120],
  ];

  test.each([
    ["full", "zero", [50, 53, 90]],
    ["zero", "full", [50, 53, 90]],
    ["full", "off", [1e6 + 80, 1e6 + 83, 1e6 + 120]],
    ["off", "full", [1e6 + 50, 1e6 + 53, 1e6 + 90]],
  ] as const)("from %s to %s goes on behind what was", (before, after, times) => {
    const timeline = new Timeline(before);
    place(timeline, SECOND);
    timeline.switchTo(after);
    expect(timeline.mode).toBe(after);
    expect(place(timeline, NEXT)).toEqual(times);
  });
});
