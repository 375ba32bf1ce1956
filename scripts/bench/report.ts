/**
 * From measurements to docs/benchmarks.md.
 *
 * @module
 */

import type { LimitFigures } from "./limit-watch.ts";
import type { Measurement } from "./measure.ts";
import type { Scenario, Target } from "./scenarios.ts";

export interface BenchRun {
  readonly date: string;
  readonly machine: Readonly<Record<string, string>>;
  readonly versions: Readonly<Record<string, string>>;
  readonly start: readonly StartFigure[];
  readonly results: readonly ScenarioResult[];
}

/** How long a server takes from its start to listening, and what it holds while nobody is there. */
export interface StartFigure {
  readonly name: string;
  readonly startMs: number;
  readonly residentSize: number;
}

export interface ScenarioResult {
  readonly scenario: Scenario;
  readonly measurements: readonly Measurement[];
}

const BARE = "bare loop";
const OURS = "Sluice on bun";

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const high = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? high : (high + (sorted[middle - 1] ?? high)) / 2;
}

/** A subject's rounds as one, each figure the median of its own. */
export interface Summary {
  readonly subject: string;
  readonly cpuPercent: number;
  readonly userPercent: number;
  readonly ratio: number;
  readonly megabitsPerSecond: number;
  readonly memoryGrowth: number;
  readonly bytesPerPlayer: number;
  readonly firstFrameP50: number;
  readonly firstFrameP99: number;
  readonly latencyP50: number;
  readonly latencyP99: number;
  readonly failed: number;
  readonly stalls: number;
  readonly gaps: number;
  readonly lostFrames: number;
  readonly meterPercent: number;
  readonly problems: readonly string[];
  readonly limits: LimitFigures | undefined;
}

export function summarize({ scenario, measurements }: ScenarioResult): Summary[] {
  const subjects = [...new Set(measurements.map((one) => one.subject))];
  const costOf = (one: Measurement): number => one.cpuPercent / one.megabitsPerSecond;
  const bare = median(measurements.filter((one) => one.subject === BARE).map(costOf));
  return subjects.map((subject) => {
    const rounds = measurements.filter((one) => one.subject === subject);
    const of = (pick: (one: Measurement) => number): number => median(rounds.map(pick));
    return {
      subject,
      cpuPercent: of((one) => one.cpuPercent),
      userPercent: of((one) => one.cpuUserPercent),
      // By the bytes that were sent, so that a round in which less was due does not look cheap.
      ratio: median(rounds.map(costOf)) / bare,
      megabitsPerSecond: of((one) => one.megabitsPerSecond),
      memoryGrowth: of((one) => one.memoryGrowth),
      bytesPerPlayer: of((one) => one.memoryGrowth) / scenario.load.players,
      firstFrameP50: of((one) => one.firstFrameMs.p50),
      firstFrameP99: of((one) => one.firstFrameMs.p99),
      latencyP50: of((one) => one.latencyMs?.p50 ?? Number.NaN),
      latencyP99: of((one) => one.latencyMs?.p99 ?? Number.NaN),
      failed: Math.max(...rounds.map((one) => one.failed)),
      stalls: Math.max(...rounds.map((one) => one.stalls)),
      gaps: Math.max(...rounds.map((one) => one.gaps)),
      lostFrames: Math.max(...rounds.map((one) => one.lostFrames)),
      meterPercent: Math.max(...rounds.map((one) => one.meterPercent)),
      problems: [...new Set(rounds.flatMap((one) => one.problems))],
      limits: rounds.at(-1)?.limits,
    };
  });
}

/** What of a target was missed, in words; empty if all was reached. */
export function misses(target: Target, summary: Summary): string[] {
  const limits: [name: string, value: number, limit: number | undefined][] = [
    ["times the bare loop", summary.ratio, target.ratio],
    ["bytes a player", summary.bytesPerPlayer, target.bytesPerPlayer],
    ["ms median first frame", summary.firstFrameP50, target.firstFrameMs?.p50],
    ["ms p99 first frame", summary.firstFrameP99, target.firstFrameMs?.p99],
    ["ms median latency", summary.latencyP50, target.latencyMs?.p50],
    ["ms p99 latency", summary.latencyP99, target.latencyMs?.p99],
    ["stalls", summary.stalls, target.isSteady === true ? 0 : undefined],
    ["gaps", summary.gaps, target.isSteady === true ? 0 : undefined],
    ["pictures lost", summary.lostFrames, target.isSteady === true ? 0 : undefined],
    ["players failed", summary.failed, target.isSteady === true ? 0 : undefined],
    ["bytes of growth", summary.memoryGrowth, target.growthMax],
  ];
  const missed = limits.flatMap(([name, value, limit]) =>
    // Also what is no number, since nothing was measured, has not been reached.
    limit === undefined || value <= limit ? [] : [`${round(value)} ${name}, target ${limit}`],
  );
  if (target.growthMax !== undefined) {
    const { skips = 0, writeTimeouts = 0 } = summary.limits ?? {};
    if (skips === 0) missed.push("no player skipped");
    if (writeTimeouts === 0) missed.push("no stalled player was closed");
  }
  return missed;
}

export function toMarkdown(run: BenchRun, rawName: string): string {
  const sections = run.results.map(section);
  return `# Benchmarks

Made by \`npm run bench\` on ${run.date}. Figures are there to be compared with what ran beside them in the same run on the same machine; the absolute ones say how large the thing was, and are no promise. Raw figures: [${rawName}](benchmarks/${rawName}).

${table(
  ["machine", ""],
  Object.entries(run.machine).map((row) => [...row]),
)}

${table(
  ["measured", "version"],
  Object.entries(run.versions).map((row) => [...row]),
)}

${METHOD}

## Where the time goes

The column *outside the kernel* is what the program and its runtime need themselves; the rest is the kernel's sending, and on loopback its receiving too. A viewer costs Sluice one \`write\` of shared bytes per flush, for which nothing is allocated. On Bun that write goes straight to the kernel; on Node and Deno it goes through the stream objects of node:net, the only sockets that tell how far behind a reader is, which is the difference in the same table: the code above is the same.

## Start

From the start of the program to the moment at which its ports accept, and what it holds a second and a half later, with the test picture playing to nobody. Medians of five starts.

${table(
  ["", "start to listening", "resident memory"],
  run.start.map(({ name, startMs, residentSize }) => [
    name,
    `${Math.round(startMs)} ms`,
    `${Math.round(residentSize / 1e6)} MB`,
  ]),
)}

${startVerdict(run.start)}

${sections.join("\n\n")}
`;
}

const START_MS_MAX = 400;
const IDLE_SIZE_MAX = 90e6;

function startVerdict([program]: readonly StartFigure[]): string {
  if (program === undefined) return "";
  const isReached = program.startMs < START_MS_MAX && program.residentSize < IDLE_SIZE_MAX;
  const verdict = isReached ? "Reached." : "**Missed.**";
  return `Target for the compiled program: listening within ${START_MS_MAX} ms, less than ${mega(IDLE_SIZE_MAX)} idle. ${verdict}`;
}

const METHOD = `## Method

- Everything runs on one machine of at least two processors and talks over loopback. The server is pinned to the first processor (\`taskset -c 0\`), publishers and players to the second.
- The stream: 25 pictures a second of H.264 with a key frame every two seconds, and AAC, about 500 kbps together, made by FFmpeg and sent by \`sluice bench\` in a loop, in real time. Where a scenario says 200 kbps it is a synthetic stream of that rate.
- Players are those of \`sluice bench\` (docs/bench.md): they read everything, follow the timestamps of every tag or chunk, and throw the rest away. They join within the ramp; what counts is measured after that and a warm-up.
- Processor time is what the kernel has booked on the server's process and its children, user and system, between two looks. On loopback the kernel does the receiver's part of the work in the sender's time: for all of them alike.
- Memory is the growth of the proportional set size from the server with its publisher and no player to the end of the measured time, garbage of the joins included; divided by players, it is that of a player, all in. A runtime grows by some 3 to 8 MB once it has work at all, whoever comes, so that only thousands of players say what one costs.
- The *bare loop* (\`scripts/bench/bare-loop.ts\`) sends the same bytes to each viewer with one \`write\` per 350 ms on Bun's sockets, or one for each frame, and does nothing else: it is the least that a server on that runtime can cost. Multiples are of processor time for a byte sent.
- A *stall* is more than a second without media at a player, a *gap* a jump of its timestamps by more than 200 ms; *lost* are pictures whose number is missing (the publisher numbers them in the time mark, so the bare loop's are not counted), *failed* are players and publishers that were not served to the end. *First frame* is the time from the connect to the last byte of the first key frame. *Latency* is that from the moment at which the publisher hands a frame to its socket to the moment at which a player has read it, by a time mark in the frame.
- *Meter* is the processor time of the players' process, of the second processor: near 100 % it would be the limit, and what it measures would not be the server's.
- Each figure is the median of its scenario's rounds, in which the servers take turns. Stalls, gaps, losses and failures are those of the worst round.
- nginx-rtmp, node-media-server and MediaMTX send each frame to each player as it comes; Sluice and SRS gather 350 ms by default (\`mw_latency\`). The scenarios with each frame sent at once compare like with like.

Repeat it: \`npm run bench\` (about twenty minutes; \`--only ID\` for one scenario; \`--srs PATH\`, \`--mediamtx PATH\` to have those beside it; nginx-rtmp is Debian's \`libnginx-mod-rtmp\`, node-media-server is installed from npm into a temporary folder).`;

function section(result: ScenarioResult): string {
  const { scenario } = result;
  const rows = summarize(result);
  const hasBare = rows.some((row) => row.subject === BARE);
  const hasLatency = rows.some((row) => Number.isFinite(row.latencyP50));
  const header = [
    "",
    "processor",
    "outside the kernel",
    ...(hasBare ? ["x bare loop"] : []),
    "sent",
    "memory a player",
    "first frame p50 / p99",
    ...(hasLatency ? ["latency p50 / p99"] : []),
    "stalls, gaps, lost, failed",
    "meter",
  ];
  const body = rows.map((row) => [
    row.subject,
    `${row.cpuPercent.toFixed(1)} %`,
    `${row.userPercent.toFixed(1)} %`,
    ...(hasBare ? [row.ratio.toFixed(2)] : []),
    `${Math.round(row.megabitsPerSecond)} Mbps`,
    `${(row.bytesPerPlayer / 1_000).toFixed(1)} KB`,
    `${round(row.firstFrameP50)} / ${round(row.firstFrameP99)} ms`,
    ...(hasLatency
      ? [
          Number.isFinite(row.latencyP50)
            ? `${round(row.latencyP50)} / ${round(row.latencyP99)} ms`
            : "",
        ]
      : []),
    `${row.stalls}, ${row.gaps}, ${row.lostFrames}, ${row.failed}`,
    `${Math.round(row.meterPercent)} %`,
  ]);
  const note = scenario.note === undefined ? "" : `${scenario.note}\n\n`;
  const problems = rows.flatMap((row) =>
    row.problems.map((problem) => `\n- ${row.subject}: ${problem}`),
  );
  const remarks = problems.length === 0 ? "" : `\n\nThe meter remarks:\n${problems.join("")}`;
  const end = `${bounds(rows)}${verdict(scenario, rows)}${remarks}`;
  return `## ${scenario.title}\n\n${note}${table(header, body)}${end}`;
}

/** What the limits did, in the scenario that is about them. */
function bounds(rows: readonly Summary[]): string {
  return rows
    .flatMap(({ limits, memoryGrowth }) => {
      if (limits === undefined || limits.skips + limits.writeTimeouts === 0) return [];
      const { skips, writeTimeouts, chainSizeMax, kernelSizeMax } = limits;
      return [
        `\n\nThe server grew by ${mega(memoryGrowth)}; of that at most ${mega(chainSizeMax)} were held for those who are behind, once for all of them. The kernel held at most ${mega(kernelSizeMax)} for both ends of all connections. Players skipped to a later key frame ${skips} times, and ${writeTimeouts} that took nothing were closed.`,
      ];
    })
    .join("");
}

function verdict({ target }: Scenario, rows: readonly Summary[]): string {
  const ours = rows.find((row) => row.subject === OURS);
  if (target === undefined || ours === undefined) return "";
  const missed = misses(target, ours);
  return `\n\nTarget: ${describe(target)}. ${missed.length === 0 ? "Reached." : `**Missed: ${missed.join("; ")}.**`}`;
}

function describe(target: Target): string {
  const { ratio, bytesPerPlayer, firstFrameMs, latencyMs, isSteady, growthMax } = target;
  return [
    ratio === undefined ? [] : [`at most ${ratio} times the bare loop`],
    bytesPerPlayer === undefined ? [] : [`less than ${bytesPerPlayer / 1_000} KB a player`],
    firstFrameMs === undefined
      ? []
      : [`first frame within ${firstFrameMs.p50} ms (median) and ${firstFrameMs.p99} ms (p99)`],
    latencyMs === undefined
      ? []
      : [`latency under ${latencyMs.p50} ms (median) and ${latencyMs.p99} ms (p99)`],
    isSteady === true ? ["no stall, no gap, no picture lost, no failure among those who read"] : [],
    growthMax === undefined
      ? []
      : [
          `who does not read is skipped or closed, and the server grows by at most ${mega(growthMax)}`,
        ],
  ]
    .flat()
    .join("; ");
}

/** A table in Markdown. */
export function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  return [line(header), line(header.map(() => "---")), ...rows.map(line)].join("\n");
}

function mega(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}

function round(value: number): string {
  return value < 10 ? value.toFixed(1) : String(Math.round(value));
}
