/**
 * What packaging a frame costs, measured from within: run by each runtime, prints JSON.
 *
 * Usage: mux-cost.ts FILE.flv
 *
 * @module
 */

import { loadConfig } from "../../src/config/load-config.ts";
import type { Frame } from "../../src/live/frame.ts";
import { EMPTY_DESCRIPTION, type StreamDescription } from "../../src/live/track.ts";
import { CmafNames } from "../../src/services/packager/cmaf/cmaf-names.ts";
import { CmafPackager } from "../../src/services/packager/cmaf/cmaf-packager.ts";
import type { FrameSink } from "../../src/services/packager/track-gate.ts";
import { TsNames } from "../../src/services/packager/ts/ts-names.ts";
import { TsPackager } from "../../src/services/packager/ts/ts-packager.ts";
import { readFlvFrames } from "../../test/support/flv-frames.ts";

export interface MuxCost {
  readonly runtime: string;
  readonly frames: number;
  readonly frameSize: number;
  /** Microseconds of a frame. */
  readonly copyUs: number;
  readonly tsUs: number;
  readonly cmafUs: number;
  readonly lowLatencyUs: number;
}

const ROUNDS = 12;
const NAME = { vhost: "v", app: "live", stream: "show" };
const clock = {
  wallMs: () => 1_800_000_000_000,
  monotonicMs: () => performance.now(),
  setTimer: () => ({ cancel: () => undefined }),
  setInterval: () => ({ cancel: () => undefined }),
};
const logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  child: () => logger,
};

function describe(frames: readonly Frame[]): StreamDescription {
  const find = (kind: string) => frames.find(({ track }) => track.kind === kind)?.track;
  return { ...EMPTY_DESCRIPTION, video: find("video"), audio: find("audio") };
}

const vhost = loadConfig({
  source: { path: "a.yaml", text: "" },
  environment: {},
  readText: () => "",
}).config.vhosts["__defaultVhost__"];
if (vhost === undefined) throw new Error("There is no default vhost");

function createTs(): FrameSink {
  const hls = { ...(vhost as NonNullable<typeof vhost>).hls };
  const crypto = { randomBytes: (size: number) => new Uint8Array(size), encryptAes: fail };
  const stream = { name: NAME, names: new TsNames(hls), isUtc: true };
  const nothing = { files: undefined, keyFiles: undefined, publisher: () => undefined };
  const ports = {
    clock,
    crypto,
    ...nothing,
    onChange: () => undefined,
    onSegment: () => undefined,
  };
  return new TsPackager(hls, stream, ports);
}

function createCmaf(partMs: number | undefined): FrameSink {
  const settings = { segmentMs: 2_000, partMs, windowMs: 30_000, windowSizeMax: 1 << 30 };
  return new CmafPackager(settings, { clock, logger, names: new CmafNames(clock.wallMs()) });
}

function fail(): never {
  throw new Error("Nothing is encrypted here");
}

/** What any muxer does at least: each byte is copied once. */
function createCopy(): FrameSink {
  let target = new Uint8Array(1 << 20);
  let size = 0;
  return {
    begin: () => undefined,
    frame: ({ payload }) => {
      if (size + payload.length > target.length) {
        target = new Uint8Array(1 << 20);
        size = 0;
      }
      target.set(payload, size);
      size += payload.length;
    },
    end: () => undefined,
  };
}

/** The best of some rounds: others on the machine only ever make it slower. */
function measure(frames: readonly Frame[], create: () => FrameSink): number {
  const first = frames.find(({ track, isKeyFrame }) => track.kind === "video" && isKeyFrame);
  if (first === undefined) throw new Error("The file has no key frame");
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < ROUNDS; round++) {
    const sink = create();
    sink.begin(describe(frames), first, 0);
    const startMs = performance.now();
    for (const frame of frames) sink.frame(frame);
    sink.end();
    best = Math.min(best, performance.now() - startMs);
  }
  return (best * 1_000) / frames.length;
}

const frames = readFlvFrames(process.argv[2] ?? "");
const size = frames.reduce((sum, { payload }) => sum + payload.length, 0);
const runtime = "Bun" in globalThis ? "bun" : "Deno" in globalThis ? "deno" : "node";
const cost: MuxCost = {
  runtime,
  frames: frames.length,
  frameSize: Math.round(size / frames.length),
  copyUs: measure(frames, createCopy),
  tsUs: measure(frames, createTs),
  cmafUs: measure(frames, () => createCmaf(undefined)),
  lowLatencyUs: measure(frames, () => createCmaf(500)),
};
process.stdout.write(JSON.stringify(cost));
