/**
 * Goal: each version of a low-latency playlist is valid, and follows from the one before it as players
 * may rely on: what was said stays, hints come true, entity tags tell versions apart.
 *
 * Method: minutes of frames whose rhythm and order chance decides; behind each frame a player reads all
 * playlists, whole and as delta updates, and judges them.
 */

import { expect, test } from "vitest";
import type { Frame } from "../../../src/live/frame.ts";
import { readMediaPlaylist } from "../../support/hls-check.ts";
import { compareReconstruction, PlaylistHistory } from "../../support/hls-history.ts";
import type { ConfigValue } from "../../support/memory-server.ts";
import {
  type BenchAnswer,
  type BenchPublisher,
  PackagingBench,
} from "../../support/packaging-bench.ts";
import { AAC_44, picture, sound } from "../../support/packaging-frames.ts";
import { createRandom } from "../../support/seeded-random.ts";

function start(cmaf: ConfigValue = {}): PackagingBench {
  const __defaultVhost__ = {
    hls: { enabled: false },
    play: { time_jitter: "off" },
    publish: { grace_ms: 60_000 },
    cmaf: { sessions: false, on_demand: false, ...cmaf },
  };
  return new PackagingBench({ vhosts: { __defaultVhost__ } });
}

interface Arrival {
  readonly frame: Frame;
  readonly atMs: number;
}

/** Pictures of about 25 a second, a key frame a second, sounds up to 200 ms late. */
function randomStream(seed: number, seconds: number, fromMs = 0): Arrival[] {
  const random = createRandom(seed);
  const arrivals: Arrival[] = [];
  let keyMs = Number.NEGATIVE_INFINITY;
  for (let ms = fromMs; ms < fromMs + seconds * 1_000; ms += 20 + random(41)) {
    const isKeyFrame = ms - keyMs >= 1_000;
    if (isKeyFrame) keyMs = ms;
    arrivals.push({ frame: picture(ms, { isKeyFrame }), atMs: ms + random(15) });
  }
  for (let i = 0; (i * 1_024) / 44.1 < seconds * 1_000; i++) {
    const ms = fromMs + Math.round((i * 1_024) / 44.1);
    arrivals.push({ frame: sound(ms, { track: AAC_44 }), atMs: ms + random(200) });
  }
  const byTrack = new Map<string, number>();
  return arrivals
    .sort((a, b) => a.frame.dtsMs - b.frame.dtsMs)
    .map(({ frame, atMs }) => {
      // Nobody overtakes in a track.
      const inOrderMs = Math.max(atMs, byTrack.get(frame.track.kind) ?? 0);
      byTrack.set(frame.track.kind, inOrderMs);
      return { frame, atMs: inOrderMs };
    })
    .sort((a, b) => a.atMs - b.atMs);
}

/** A player of one playlist that reads every version. */
class Watcher {
  readonly violations: string[] = [];
  readonly #history = new PlaylistHistory();
  readonly #path: string;
  readonly #bench: PackagingBench;
  readonly #textOfTag = new Map<string, string>();
  #text = "";
  versions = 0;
  skips = 0;

  constructor(bench: PackagingBench, path: string) {
    this.#bench = bench;
    this.#path = path;
  }

  get text(): string {
    return this.#text;
  }

  async look(): Promise<void> {
    // Who asks before there is anything has to wait.
    const name = { vhost: "__defaultVhost__", app: "live", stream: "show" };
    if (
      this.#bench.packaging.packager.find(name)?.cmaf(false)?.playlist("audio")?.hasSegment !== true
    )
      return;
    const answer = await this.#bench.get(this.#path);
    if (answer.status !== 200) return;
    this.#checkTag(answer);
    if (answer.text === this.#text) return;
    this.versions += 1;
    const delta = (await this.#bench.get(`${this.#path}?_HLS_skip=YES`)).text;
    const before = this.#text === "" ? undefined : this.#history.playlist;
    this.violations.push(...this.#history.add(answer.text));
    if (before !== undefined) {
      this.violations.push(...compareReconstruction(before, delta, this.#history.playlist));
      if (delta.includes("#EXT-X-SKIP")) this.skips += 1;
    }
    this.#text = answer.text;
  }

  #checkTag({ fields, text }: BenchAnswer): void {
    const tag = fields.get("ETag") ?? "none";
    const known = this.#textOfTag.get(tag);
    if (known !== undefined && known !== text) this.violations.push(`two texts with ${tag}`);
    this.#textOfTag.set(tag, text);
  }
}

async function run(
  bench: PackagingBench,
  publisher: BenchPublisher,
  arrivals: readonly Arrival[],
  watchers: readonly Watcher[],
): Promise<void> {
  const startMs = bench.runtime.clock.monotonicMs() - (arrivals[0]?.atMs ?? 0);
  for (const { frame, atMs } of arrivals) {
    const sinceMs = bench.runtime.clock.monotonicMs() - startMs;
    if (atMs > sinceMs) bench.advanceNow(atMs - sinceMs);
    publisher.sendNow(frame);
    for (const watcher of watchers) await watcher.look();
  }
}

const TIMEOUT_MS = 30_000;

test.each<[number, { window?: number; low_latency?: boolean; [name: string]: unknown }]>([
  [1, {}],
  [2, { part_duration: 0.4 }],
  [3, { part_duration: 1, segment_duration: 4, window: 40 }],
  [4, { low_latency: false }],
  [5, { window: 6 }],
])(
  "every version of the playlists in run %d is valid",
  async (seed, cmaf) => {
    const bench = start(cmaf);
    const watchers = ["video", "audio"].map((kind) => {
      return new Watcher(bench, `/live/show/${kind}.m3u8`);
    });
    const publisher = await bench.publish();
    await run(bench, publisher, randomStream(seed, 60), watchers);
    for (const { violations, versions } of watchers) {
      expect([...new Set(violations)].slice(0, 9)).toEqual([]);
      expect(versions).toBeGreaterThan(seed === 4 ? 25 : 60);
    }
    const isLong = cmaf.window === undefined && cmaf.low_latency !== false;
    expect(watchers.every(({ skips }) => skips > 0)).toBe(isLong || seed === 3);
  },
  TIMEOUT_MS,
);

test(
  "a publisher who returns goes on in the same playlists, behind a discontinuity",
  async () => {
    const bench = start();
    const watchers = ["video", "audio"].map((kind) => {
      return new Watcher(bench, `/live/show/${kind}.m3u8`);
    });
    for (let round = 0; round < 4; round++) {
      const publisher = await bench.publish();
      await run(bench, publisher, randomStream(round + 7, 15, round * 100_000), watchers);
      await publisher.leave();
      for (const watcher of watchers) await watcher.look();
      await bench.advance(3_000);
    }
    const names = new Set<string>();
    for (const { violations, text } of watchers) {
      // A hint whose part will not come any more is not there: the open segment is complete.
      expect([...new Set(violations)].slice(0, 9)).toEqual([]);
      const { segments, discontinuitySequence } = readMediaPlaylist(text);
      expect(segments.filter(({ isDiscontinuous }) => isDiscontinuous).length).toBeGreaterThan(1);
      expect(discontinuitySequence).toBeGreaterThan(0);
      for (const { uri } of segments) names.add(uri);
    }
    const [pictures, sounds] = watchers.map(({ text }) =>
      readMediaPlaylist(text).segments.map((segment) => [
        segment.sequenceNumber,
        segment.isDiscontinuous,
        segment.discontinuitySequence,
      ]),
    );
    expect(pictures).toEqual(sounds);
  },
  TIMEOUT_MS,
);
