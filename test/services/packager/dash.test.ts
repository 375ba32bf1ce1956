/**
 * Goal: every version of a manifest is valid, follows from the one before it, and names segments that can
 * be had, at the times at which the wall clock says that they can.
 *
 * Method: manifests read throughout the life of a stream, of which every segment is fetched and taken
 * apart.
 */

import { describe, expect, test } from "vitest";
import { createRequest } from "../../support/http-text.ts";
import type { ConfigValue } from "../../support/memory-server.ts";
import { checkMpd, checkMpdUpdate, findAll } from "../../support/mpd-check.ts";
import { timescaleOf } from "../../support/packaged-track.ts";
import { PackagingBench, settleTasks } from "../../support/packaging-bench.ts";
import {
  AAC,
  framesOf,
  H264,
  H264_OTHER,
  payloadsOf,
  picturesOf,
  type ReadSample,
  readSamples,
  soundsOf,
} from "../../support/packaging-frames.ts";
import { parseXml, type XmlElement } from "../../support/xml-parse.ts";

const MANIFEST = "/live/show.mpd";

/** @param cmaf What is different of CMAF: `enabled: false` makes DASH have a packager of its own. */
function start(
  dash: ConfigValue = {},
  cmaf: ConfigValue = {},
  more: ConfigValue = {},
): PackagingBench {
  const __defaultVhost__ = {
    hls: { enabled: false },
    dash: { enabled: true, dash_window_size: 1_000, ...dash },
    cmaf: { sessions: false, on_demand: false, window: 3_600, ...cmaf },
    play: { time_jitter: "off" },
    publish: { grace_ms: 60_000 },
    ...more,
  };
  return new PackagingBench({ vhosts: { __defaultVhost__ } });
}

interface NamedSegment {
  readonly uri: string;
  readonly initialization: string;
  /** In seconds since the Unix epoch. */
  readonly start: number;
  readonly duration: number;
}

interface ReadPeriod {
  readonly id: string;
  readonly start: number;
  readonly tracks: ReadonlyMap<string, readonly NamedSegment[]>;
}

function seconds(duration = "PT0S"): number {
  return Number(/^PT([\d.]+)S$/.exec(duration)?.[1]);
}

function readPeriods(text: string): ReadPeriod[] {
  const mpd = parseXml(text);
  return findAll(mpd, "Period").map((period) => {
    const start = seconds(period.attributes.get("start"));
    const tracks = findAll(period, "AdaptationSet").map((set) => {
      return [set.attributes.get("contentType") ?? "", readSet(set, start)] as const;
    });
    return { id: period.attributes.get("id") ?? "", start, tracks: new Map(tracks) };
  });
}

function readSet(set: XmlElement, periodStart: number): NamedSegment[] {
  const [template] = findAll(set, "SegmentTemplate");
  const of = (name: string): string => template?.attributes.get(name) ?? "";
  const timescale = Number(of("timescale"));
  const offset = Number(of("presentationTimeOffset"));
  const segments: NamedSegment[] = [];
  let time = 0;
  for (const run of findAll(set, "S")) {
    time = Number(run.attributes.get("t") ?? time);
    const ticks = Number(run.attributes.get("d"));
    for (let i = 0; i <= Number(run.attributes.get("r") ?? 0); i++) {
      segments.push({
        uri: of("media").replace("$Time$", String(time)),
        initialization: of("initialization"),
        start: periodStart + (time - offset) / timescale,
        duration: ticks / timescale,
      });
      time += ticks;
    }
  }
  return segments;
}

/** Fetches all that a manifest names. @throws {Error} If it is not there, or at another time. */
async function readMedia(
  bench: PackagingBench,
  text: string,
): Promise<ReadonlyMap<string, readonly ReadSample[]>> {
  const all = new Map<string, ReadSample[]>();
  const folder = `/live/${findAll(parseXml(text), "BaseURL")[0]?.text ?? ""}`;
  for (const { tracks } of readPeriods(text)) {
    for (const [kind, segments] of tracks) {
      const samples = all.get(kind) ?? [];
      for (const segment of segments) samples.push(...(await readSegment(bench, folder, segment)));
      all.set(kind, samples);
    }
  }
  return all;
}

async function readSegment(
  bench: PackagingBench,
  folder: string,
  { uri, initialization, start, duration }: NamedSegment,
): Promise<ReadSample[]> {
  const timescale = timescaleOf(await bench.bytes(folder + initialization));
  const samples = readSamples(await bench.bytes(folder + uri));
  const ticks = samples.reduce((sum, sample) => sum + sample.duration, 0);
  const at = (samples[0]?.startTicks ?? 0) / timescale;
  if (Math.abs(at - start) > 0.001) throw new Error(`${uri} is of ${at}, not ${start}`);
  if (Math.abs(ticks / timescale - duration) > 0.001) throw new Error(`${uri}: duration`);
  if (start + duration > bench.wallMs / 1_000 + 0.05) throw new Error(`${uri} is of later`);
  return samples;
}

describe.each([
  ["with the segments of CMAF", {}, {}],
  ["with segments of its own", { dash_fragment: 4 }, {}],
  ["without CMAF", { dash_fragment: 3 }, { enabled: false }],
])("%s", (_, dash, cmaf) => {
  test("every version names segments that are there, and follows from the one before", async () => {
    const bench = start({ ...dash, dash_window_size: 4 }, cmaf);
    const publisher = await bench.publish();
    let before: string | undefined;
    const frames = framesOf({ toMs: 40_000 });
    const asked = await bench.ask(MANIFEST);
    await publisher.send(frames.splice(0, 500));
    await asked.done;
    while (frames.length > 0) {
      await publisher.send(frames.splice(0, 40));
      const text = await bench.text(MANIFEST);
      expect(checkMpd(text)).toEqual([]);
      if (before !== undefined) expect(checkMpdUpdate(before, text)).toEqual([]);
      before = text;
      await readMedia(bench, text);
      for (const segments of readPeriods(text)[0]?.tracks.values() ?? []) {
        expect(segments.length).toBeLessThanOrEqual(4);
      }
    }
    const [period] = readPeriods(before ?? "");
    const last = period?.tracks.get("video")?.at(-1);
    // The last segment is not older than the next one is long.
    const ageS = bench.wallMs / 1_000 - (last?.start ?? 0) - (last?.duration ?? 0);
    expect(ageS).toBeGreaterThan(-0.05);
    expect(ageS).toBeLessThan(last?.duration ?? 0);
  });

  test("all frames are there, in periods from one change to the next", async () => {
    const bench = start(dash, cmaf);
    // A packager of its own begins with the first request.
    const asked = await bench.ask(MANIFEST);
    const first = framesOf({ toMs: 16_000 });
    const second = framesOf({ fromMs: 16_000, toMs: 30_000, video: H264_OTHER });
    const third = framesOf({ fromMs: 7_200_000, toMs: 7_212_000 });
    const one = await bench.publish();
    const early = await bench.ask(MANIFEST);
    await one.send(first);
    await one.send(second);
    await one.leave();
    await bench.advance(3_000);
    const two = await bench.publish();
    await two.send(third);
    await two.leave();
    await Promise.all([asked.done, early.done]);
    const text = await bench.text(MANIFEST);
    expect(checkMpd(text).filter((what) => !what.startsWith("should"))).toEqual([]);
    const periods = readPeriods(text);
    expect(periods).toHaveLength(3);
    const media = await readMedia(bench, text);
    const frames = [...first, ...second, ...third];
    const payloads = (kind: string) => media.get(kind)?.map(({ payload }) => payload);
    expect(payloads("video")).toEqual(payloadsOf(picturesOf(frames)));
    expect(payloads("audio")).toEqual(payloadsOf(soundsOf(frames)));
    const starts = periods.map(({ start }) => start - (periods[0]?.start ?? 0));
    expect(starts[1]).toBeCloseTo(16, 3);
    expect(starts[2]).toBeCloseTo(33, 1);
  });
});

test("audio that is silent is left out, and the video goes on", async () => {
  const bench = start();
  const publisher = await bench.publish();
  const all = framesOf({ toMs: 24_000 });
  const frames = all.filter(
    ({ track, dtsMs }) => track.kind === "video" || dtsMs < 5_000 || dtsMs >= 15_000,
  );
  await publisher.send(frames);
  const text = await bench.text(MANIFEST);
  const violations = checkMpd(text);
  expect(violations.filter((what) => !what.includes("a gap from"))).toEqual([]);
  const [period] = readPeriods(text);
  expect(period?.tracks.get("video")).toHaveLength(11);
  expect(period?.tracks.get("audio")?.length).toBe(7);
});

test.each([
  ["audio", 1_700],
  ["audio", 4_000],
  ["video", 1_700],
])("%s that comes %s ms late is named by what it is", async (kind, lateMs) => {
  const bench = start();
  const frames = framesOf({ toMs: 20_000 })
    .map((frame) => ({ frame, atMs: frame.dtsMs + (frame.track.kind === kind ? lateMs : 0) }))
    .sort((a, b) => a.atMs - b.atMs);
  const publisher = await bench.publish();
  for (const track of [H264, AAC]) publisher.publication.writeTrack(track);
  for (const { frame, atMs } of frames) {
    await bench.advance(Math.max(0, atMs - bench.runtime.clock.monotonicMs()));
    publisher.sendNow(frame);
  }
  const text = await bench.text(MANIFEST);
  expect(checkMpd(text).filter((what) => !what.includes("a gap from"))).toEqual([]);
  // Fails where a segment cannot be had.
  const media = await readMedia(bench, text);
  expect(media.get("audio")?.length).toBeGreaterThan(600);
  expect(media.get("video")?.length).toBeGreaterThan(350);
});

test.each([
  ["with frames", true, 50],
  ["without", false, 50],
  ["with frames, and key frames far apart", true, 225],
  ["without, and key frames far apart", false, 225],
])("audio that is announced later, %s, keeps nobody waiting", async (_, hasAudio, gop) => {
  const bench = start();
  const publisher = await bench.publish();
  const spanMs = gop * 40 * 3;
  await publisher.send(framesOf({ toMs: spanMs, gop, hasAudio: false }));
  publisher.publication.writeTrack(AAC);
  const rest = framesOf({ fromMs: spanMs, toMs: 3 * spanMs, gop, hasAudio });
  for (let fromMs = spanMs; fromMs < 3 * spanMs; fromMs += 500) {
    await publisher.send(rest.filter(({ dtsMs }) => dtsMs >= fromMs && dtsMs < fromMs + 500));
    for (const path of [MANIFEST, "/live/show.m3u8", "/live/show/video.m3u8"]) {
      const { answer } = await bench.ask(path);
      expect(answer?.status, `${path} at ${fromMs}`).toBe(200);
    }
  }
  const text = await bench.text(MANIFEST);
  expect(checkMpd(text)).toEqual([]);
  expect(text.includes('contentType="audio"')).toBe(hasAudio);
  expect((await bench.text("/live/show.m3u8")).includes("TYPE=AUDIO")).toBe(hasAudio);
});

test("a track that cannot be packaged makes no manifest, and no empty one", async () => {
  const bench = start();
  const publisher = await bench.publish();
  const video = { ...H264, decoderConfigurationRecord: Uint8Array.of(1, 2, 3) };
  await publisher.send(framesOf({ toMs: 10_000, video, hasAudio: false }));
  const asked = [await bench.ask(MANIFEST), await bench.ask("/live/show.m3u8")];
  await bench.advance(20_000);
  for (const { answer } of asked) expect(answer?.status).toBe(503);
});

test("video that joins a stream of audio leaves what there was", async () => {
  const bench = start({}, { window: 30 });
  const publisher = await bench.publish();
  publisher.publication.writeTrack(AAC);
  await publisher.send(framesOf({ toMs: 20_000, rate: 0 }));
  const before = await bench.text(MANIFEST);
  expect(readPeriods(before)[0]?.tracks.get("audio")).toHaveLength(9);
  const rest = framesOf({ fromMs: 20_000, toMs: 30_000 });
  for (let fromMs = 20_000; fromMs < 30_000; fromMs += 500) {
    await publisher.send(rest.filter(({ dtsMs }) => dtsMs >= fromMs && dtsMs < fromMs + 500));
    const { answer } = await bench.ask(MANIFEST);
    expect(answer?.status, `${fromMs}`).toBe(200);
    const segments = readPeriods(answer?.text ?? "").flatMap(({ tracks }) => {
      return tracks.get("audio") ?? [];
    });
    expect(segments.length, `${fromMs}`).toBeGreaterThan(8);
  }
  await readMedia(bench, await bench.text(MANIFEST));
});

test("one long segment does not hold players back for as long as it is there", async () => {
  const bench = start({ dash_timeshift: 3_600 });
  const publisher = await bench.publish();
  const frames = framesOf({ toMs: 60_000 }).map((frame) => ({
    ...frame,
    isKeyFrame: frame.isKeyFrame && (frame.dtsMs < 4_000 || frame.dtsMs >= 20_000),
  }));
  await publisher.send(frames);
  const attribute = async (name: string): Promise<number> =>
    seconds(new RegExp(`${name}="(\\S+)"`).exec(await bench.text(MANIFEST))?.[1]);
  expect(await attribute("maxSegmentDuration")).toBeCloseTo(18, 1);
  expect(await attribute("suggestedPresentationDelay")).toBeCloseTo(4, 1);
  const depth = await attribute("timeShiftBufferDepth");
  expect(depth).toBeGreaterThan(57);
  expect(depth).toBeLessThan(59);
});

test("an ended stream says so", async () => {
  const bench = start({}, {}, { publish: { grace_ms: 0 } });
  const publisher = await bench.publish();
  await publisher.send(framesOf({ toMs: 9_000 }));
  const live = await bench.text(MANIFEST);
  expect(live).toContain('minimumUpdatePeriod="PT2S"');
  await bench.advance(10);
  await publisher.leave();
  const ended = await bench.text(MANIFEST);
  expect(ended).not.toContain("minimumUpdatePeriod");
  expect(checkMpdUpdate(live, ended)).toEqual([]);
  const media = await readMedia(bench, ended);
  expect(media.get("video")).toHaveLength(225);
});

test("a stream that has just begun is waited for", async () => {
  const bench = start();
  const publisher = await bench.publish();
  const asked = await bench.ask(MANIFEST);
  await publisher.send(framesOf({ toMs: 1_900 }));
  expect(asked.answer).toBeUndefined();
  await publisher.send(framesOf({ fromMs: 2_000, toMs: 2_200 }));
  expect((await asked.done).status).toBe(200);
  expect((await asked.done).fields.get("Content-Type")).toBe("application/dash+xml");
});

test("a manifest may be kept for half a segment, but not one that names a session", async () => {
  const bench = start();
  const publisher = await bench.publish();
  await publisher.send(framesOf({ toMs: 5_000 }));
  expect((await bench.get(MANIFEST)).fields.get("Cache-Control")).toBe("public, max-age=1");
  const other = start({}, { sessions: true });
  const second = await other.publish();
  await second.send(framesOf({ toMs: 5_000 }));
  const answer = await other.get(`${MANIFEST}?token=1`);
  expect(answer.fields.get("Cache-Control")).toBe("no-store");
  expect(checkMpd(answer.text)).toEqual([]);
  const location = findAll(parseXml(answer.text), "Location")[0]?.text ?? "";
  expect(location).toMatch(/\/live\/show\.mpd\?hls_ctx=\w+&token=1$/);
});

test("the segment that is being made is sent part by part", async () => {
  const bench = start();
  const publisher = await bench.publish();
  const frames = framesOf({ toMs: 8_000 });
  const until = (toMs: number) =>
    publisher.send(
      frames.splice(
        0,
        frames.findIndex(({ dtsMs }) => dtsMs >= toMs),
      ),
    );
  await until(4_600);
  const [period] = readPeriods(await bench.text(MANIFEST));
  const [first] = period?.tracks.get("video") ?? [];
  const ticks = Number(/-(\d+)\.m4s/.exec(first?.uri ?? "")?.[1]);
  const uri = `/live/show/${first?.uri.replace(String(ticks), String(ticks + 4 * 90_000))}`;
  const request = createRequest(`GET ${uri} HTTP/1.1\r\nHost: a\r\n\r\n`);
  const answer = await bench.packaging.handle(request, undefined as never);
  if (answer === undefined || !("body" in answer) || !(answer.body instanceof ReadableStream)) {
    throw new Error("not a stream");
  }
  const pieces: Uint8Array[] = [];
  let isDone = false;
  const reading = (async () => {
    for await (const piece of answer.body as ReadableStream<Uint8Array>) pieces.push(piece);
    isDone = true;
  })();
  await settleTasks();
  expect(pieces).toHaveLength(1);
  await until(5_100);
  expect(pieces).toHaveLength(2);
  await until(5_960);
  expect([pieces.length, isDone]).toEqual([4, false]);
  await until(6_100);
  await reading;
  expect(pieces).toHaveLength(5);
  expect(Buffer.concat(pieces).equals(await bench.bytes(uri))).toBe(true);
});

test("who leaves the segment that is being made is let go", async () => {
  const bench = start();
  const publisher = await bench.publish();
  await publisher.send(framesOf({ toMs: 4_600 }));
  const name = { vhost: "__defaultVhost__", app: "live", stream: "show" };
  const output = bench.packaging.packager.find(name)?.cmaf(false);
  const uri = output?.packager.tracks.get("video")?.open?.name;
  const request = createRequest(`GET /live/show/${uri} HTTP/1.1\r\nHost: a\r\n\r\n`);
  for (let i = 0; i < 50; i++) {
    const answer = await bench.packaging.handle(request, undefined as never);
    if (answer === undefined || !("body" in answer)) throw new Error("not a stream");
    const reader = (answer.body as ReadableStream<Uint8Array>).getReader();
    await reader.read();
    void reader.read().catch(() => undefined);
    await settleTasks();
    await reader.cancel();
  }
  await publisher.send(framesOf({ fromMs: 4_600, toMs: 5_200, gop: 1_000 }).slice(1));
  expect(output?.waiters.size).toBe(0);
});
