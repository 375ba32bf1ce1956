/**
 * What is measured, and of whom.
 *
 * @module
 */

import type { Mode } from "./subjects.ts";

export type PlayProtocol = "rtmp" | "http-flv";

export interface Scenario {
  readonly id: string;
  readonly title: string;
  /** What else has to be known. */
  readonly note?: string;
  readonly protocol: PlayProtocol;
  readonly mode: Mode;
  /** Names of subjects. The bare loop, if it is among them, is what the others are compared with. */
  readonly subjects: readonly string[];
  readonly load: Load;
  /** What Sluice on Bun has to reach; see `misses`. */
  readonly target?: Target;
  /** How often it is run; the median counts. */
  readonly rounds: number;
}

export interface Load {
  readonly players: number;
  readonly publishers: number;
  /** Bits per second of a synthetic stream; absent: the source file. */
  readonly bitrate?: string;
  /** From the publisher's start to the first player's. Default 3: its first key frames are there. */
  readonly settleSeconds?: number;
  readonly rampSeconds: number;
  readonly warmupSeconds: number;
  readonly seconds: number;
  /** Percent. */
  readonly stalled?: number;
  readonly slow?: number;
  readonly hasManyStreams?: boolean;
}

export interface Target {
  /** The largest multiple of the bare loop's processor time. */
  readonly ratio?: number;
  readonly bytesPerPlayer?: number;
  readonly firstFrameMs?: { readonly p50: number; readonly p99: number };
  readonly latencyMs?: { readonly p50: number; readonly p99: number };
  /** No stall, no gap, nobody dropped among the healthy. */
  readonly isSteady?: boolean;
  /** Who does not read is skipped or closed, and the server grows by no more than so many bytes. */
  readonly growthMax?: number;
}

const BARE = "bare loop";
const OURS = "Sluice on bun";
const RUNTIMES = [OURS, "Sluice on node", "Sluice on deno"];
const OTHERS = ["nginx-rtmp", "node-media-server", "SRS", "MediaMTX"];
const PER_PLAYER = 6_000;

function fanOut(protocol: PlayProtocol, players: number, subjects: readonly string[]): Scenario {
  const name = protocol === "rtmp" ? "RTMP" : "HTTP-FLV";
  return {
    id: `${protocol}-${players}`,
    title: `${name}, ${players.toLocaleString("en")} players of one stream`,
    protocol,
    mode: {},
    subjects,
    load: {
      players,
      publishers: 1,
      rampSeconds: Math.max(2, players / 1_000),
      warmupSeconds: 4,
      seconds: 8,
    },
    rounds: 2,
  };
}

function targets(scenario: Scenario, target: Target): Scenario {
  return { ...scenario, target };
}

/** For the comparison with others: their differences are larger than those of rounds. */
function once(scenario: Scenario): Scenario {
  return { ...scenario, rounds: 1, target: { isSteady: true } };
}

function realtime(protocol: PlayProtocol): Scenario {
  const scenario = fanOut(protocol, 1_000, [BARE, OURS]);
  return {
    ...scenario,
    id: `realtime-${scenario.id}`,
    title: `${scenario.title}, each frame sent at once`,
    mode: { isRealtime: true },
    target: { ratio: 1.5, isSteady: true },
  };
}

export const SCENARIOS: readonly Scenario[] = [
  once(fanOut("http-flv", 1_000, [BARE, ...RUNTIMES, ...OTHERS])),
  once(fanOut("rtmp", 1_000, [BARE, ...RUNTIMES, ...OTHERS])),
  ...[4_000, 8_000].flatMap((players) => [
    targets(fanOut("http-flv", players, [BARE, OURS]), {
      ratio: 1.3,
      bytesPerPlayer: PER_PLAYER,
      isSteady: true,
    }),
    targets(fanOut("rtmp", players, [BARE, OURS]), {
      ratio: 1.4,
      bytesPerPlayer: PER_PLAYER,
      isSteady: true,
    }),
  ]),
  realtime("http-flv"),
  realtime("rtmp"),
  {
    id: "slow-10000",
    title: "HTTP-FLV, 10,000 players, 1 % stalled and 1 % reading at a tenth of the rate",
    note: "With `queue_length: 5`, `write_timeout: 8` and `limits.send_buffer: 65536`, so that the limits are met within the minute.",
    protocol: "http-flv",
    mode: { isTight: true },
    subjects: [OURS],
    load: {
      players: 10_000,
      publishers: 1,
      rampSeconds: 10,
      warmupSeconds: 5,
      seconds: 45,
      stalled: 1,
      slow: 1,
    },
    target: { isSteady: true, growthMax: 10_000 * PER_PLAYER },
    rounds: 1,
  },
  {
    ...targets(fanOut("http-flv", 4_000, [BARE, OURS]), { isSteady: true }),
    id: "workers-2",
    title: "HTTP-FLV, 4,000 players, two workers on both processors",
    note: "Sluice is not pinned here and shares the second processor with the players.",
    mode: { workers: 2 },
    rounds: 1,
  },
  {
    id: "publishers-1000",
    title: "1,000 RTMP publishers of 200 kbps, each with one player",
    protocol: "rtmp",
    mode: {},
    subjects: [OURS, "nginx-rtmp", "SRS", "MediaMTX"],
    load: {
      players: 1_000,
      publishers: 1_000,
      bitrate: "200k",
      rampSeconds: 5,
      warmupSeconds: 4,
      seconds: 10,
      hasManyStreams: true,
    },
    target: { isSteady: true },
    rounds: 1,
  },
  {
    id: "join-2000",
    title: "Join burst: 2,000 RTMP players in 2 seconds",
    protocol: "rtmp",
    mode: {},
    subjects: [OURS, "nginx-rtmp", "SRS", "MediaMTX"],
    load: { players: 2_000, publishers: 1, rampSeconds: 2, warmupSeconds: 2, seconds: 4 },
    target: { firstFrameMs: { p50: 300, p99: 1_500 }, isSteady: true },
    rounds: 2,
  },
  {
    id: "latency-500",
    title: "Added latency, publisher to 500 RTMP players, each frame sent at once",
    protocol: "rtmp",
    mode: { isRealtime: true },
    subjects: [...RUNTIMES, ...OTHERS],
    load: { players: 500, publishers: 1, rampSeconds: 2, warmupSeconds: 2, seconds: 8 },
    target: { latencyMs: { p50: 5, p99: 20 }, isSteady: true },
    rounds: 2,
  },
];
