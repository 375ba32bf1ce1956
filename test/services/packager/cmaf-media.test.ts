/**
 * Goal: CMAF holds every frame of a stream once, in order, at its time, cut where the video says, and
 * its playlists say of it what is so.
 *
 * Method: numbered frames of many shapes go in; a player that fetches everything takes the segments and
 * the parts apart, and compares.
 */

import { describe, expect, test } from "vitest";
import { packageAll, readAudio, readVideo, startCmaf, startsOf } from "../../support/cmaf-bench.ts";
import type { ConfigValue } from "../../support/memory-server.ts";
import {
  AAC,
  AAC_44,
  framesOf,
  HEVC,
  payloadsOf,
  picture,
  picturesOf,
  type StreamOptions,
  sound,
  soundsOf,
} from "../../support/packaging-frames.ts";

describe("every frame", () => {
  test.each<[string, StreamOptions, ConfigValue]>([
    ["25 a second", { toMs: 20_000 }, {}],
    ["29.97 a second", { toMs: 20_000, rate: 30_000 / 1_001, gop: 60 }, {}],
    ["60 a second", { toMs: 12_000, rate: 60, gop: 120 }, {}],
    ["5 a second", { toMs: 20_000, rate: 5, gop: 10 }, {}],
    ["1 a second", { toMs: 20_000, rate: 1, gop: 2 }, {}],
    ["one every 3 s", { toMs: 60_000, rate: 1 / 3, gop: 2 }, {}],
    ["with short parts", { toMs: 10_000 }, { part_duration: 0.1 }],
    ["with long parts", { toMs: 30_000 }, { part_duration: 3, segment_duration: 6 }],
    ["without parts", { toMs: 20_000 }, { low_latency: false }],
    ["with audio at 44.1 kHz", { toMs: 20_000, audio: AAC_44 }, {}],
    ["in HEVC", { toMs: 10_000, video: HEVC }, {}],
    ["from an odd time on", { fromMs: 123_456_789, toMs: 123_476_789 }, {}],
    ["with a key frame every 7.2 s", { toMs: 30_000, gop: 180 }, {}],
  ])("%s is there once, in order", async (_, options, cmaf) => {
    const bench = startCmaf(cmaf);
    const frames = framesOf(options);
    await packageAll(bench, frames);
    const [pictures, sounds] = [await readVideo(bench), await readAudio(bench)];
    expect(pictures.payloads).toEqual(payloadsOf(picturesOf(frames)));
    expect(sounds.payloads).toEqual(payloadsOf(soundsOf(frames)));
    expect(pictures.violations).toEqual([]);
    expect(sounds.violations).toEqual([]);
  });

  test("has its time, its duration and its composition time offset", async () => {
    const bench = startCmaf();
    const frames = [
      picture(1_000, { isKeyFrame: true, compositionTimeOffsetMs: 80 }),
      picture(1_040, { compositionTimeOffsetMs: 160 }),
      picture(1_090, { compositionTimeOffsetMs: -40 }),
      picture(1_120),
    ];
    const startMs = bench.wallMs;
    await packageAll(bench, frames);
    const { segments } = await readVideo(bench);
    const samples = segments[0]?.samples ?? [];
    const base = startMs * 90;
    const times = samples.map(({ startTicks }) => startTicks - base);
    expect(times).toEqual([0, 3_600, 8_100, 10_800]);
    // Nothing comes after the last one: it is taken to last as long as the one before.
    expect(samples.map(({ duration }) => duration)).toEqual([3_600, 4_500, 2_700, 2_700]);
    expect(samples.map((sample) => sample.compositionTimeOffset)).toEqual([
      7_200, 14_400, -3_600, 0,
    ]);
    expect(samples.map(({ isKeyFrame }) => isKeyFrame)).toEqual([true, false, false, false]);
  });

  test("of audio follows the one before it to the sample", async () => {
    const bench = startCmaf();
    await packageAll(bench, framesOf({ toMs: 20_000, audio: AAC_44 }));
    const { segments } = await readAudio(bench);
    const samples = segments.flatMap((segment) => segment.samples);
    expect(samples.length).toBeGreaterThan(800);
    for (const [index, { startTicks, duration }] of samples.slice(0, -1).entries()) {
      expect(duration).toBe(1_024);
      expect(samples[index + 1]?.startTicks).toBe(startTicks + duration);
    }
  });

  test("of audio from before the first picture is left out, though it comes later", async () => {
    const bench = startCmaf();
    const frames = framesOf({ fromMs: 1_000, toMs: 4_000 });
    const early = [sound(950), sound(971), sound(990)];
    await packageAll(bench, [...frames.slice(0, 1), ...early, ...frames.slice(1)]);
    const { segments, payloads } = await readAudio(bench);
    expect(payloads).toEqual(payloadsOf(soundsOf(frames)));
    const pictures = await readVideo(bench);
    expect(segments[0]?.programDateTimeMs).toBe(pictures.segments[0]?.programDateTimeMs);
  });

  test("at the same time as the one before lasts a tick", async () => {
    const bench = startCmaf();
    const frames = [0, 40, 40, 40, 80].map((ms, i) => picture(ms, { isKeyFrame: i === 0 }));
    await packageAll(bench, frames);
    const track = await readVideo(bench);
    expect(track.payloads).toEqual(payloadsOf(frames));
    const durations = track.segments[0]?.samples.map(({ duration }) => duration);
    expect(durations).toEqual([3_600, 1, 1, 3_598, 3_598]);
  });
});

describe("segments", () => {
  test("are as long as one says for both tracks, also where audio has a hole", async () => {
    const bench = startCmaf();
    const all = framesOf({ toMs: 30_000 });
    await packageAll(
      bench,
      all.filter(({ track, dtsMs }) => track.kind === "video" || dtsMs < 9_900 || dtsMs > 11_300),
    );
    const targets = [await readVideo(bench), await readAudio(bench)].map(({ playlist }) => {
      return [playlist.targetDuration, playlist.serverControl.get("HOLD-BACK")];
    });
    expect(targets[0]).toEqual(targets[1]);
  });

  test("begin with the key frames that come when the last one is long enough, for both tracks", async () => {
    const bench = startCmaf();
    const frames = framesOf({ toMs: 20_000, gop: 15 });
    await packageAll(bench, frames);
    const [pictures, sounds] = [await readVideo(bench), await readAudio(bench)];
    const durations = pictures.segments.map(({ duration }) => duration);
    expect(durations.slice(0, -1)).toEqual(Array(8).fill(2.4));
    expect(pictures.segments.every(({ samples }) => samples[0]?.isKeyFrame === true)).toBe(true);
    expect(sounds.segments).toHaveLength(pictures.segments.length);
    for (const [index, [number, startMs = 0]] of startsOf(pictures).entries()) {
      const [soundNumber, soundMs = 0] = startsOf(sounds)[index] ?? [];
      expect(soundNumber).toBe(number);
      // The first frame of audio that begins with the key frame, or behind it.
      expect(soundMs - startMs).toBeGreaterThanOrEqual(-1);
      expect(soundMs - startMs).toBeLessThan(22);
    }
  });

  test("of audio alone are cut at their duration", async () => {
    const bench = startCmaf();
    const frames = framesOf({ toMs: 10_000, rate: 0 });
    await packageAll(bench, frames);
    const track = await readAudio(bench);
    expect(track.payloads).toEqual(payloadsOf(frames));
    expect(track.violations).toEqual([]);
    expect(track.segments.map(({ duration }) => duration)).toEqual([
      2.005, 2.005, 2.005, 2.005, 1.984,
    ]);
    const entry = await bench.text("/live/show.m3u8");
    expect(entry).toContain('CODECS="mp4a.40.2"');
    expect(entry).toContain("\nshow/audio.m3u8\n");
    expect(entry).not.toContain("#EXT-X-MEDIA");
  });

  test("of video alone have no rendition of audio", async () => {
    const bench = startCmaf();
    const frames = framesOf({ toMs: 10_000, hasAudio: false });
    await packageAll(bench, frames);
    const track = await readVideo(bench);
    expect(track.payloads).toEqual(payloadsOf(frames));
    expect(track.violations).toEqual([]);
    expect(track.text).not.toContain("RENDITION-REPORT");
    expect(await bench.text("/live/show.m3u8")).not.toContain("audio");
    expect((await bench.get("/live/show/audio.m3u8")).status).toBe(404);
  });

  test("without key frames begin after a while, and are cut every 20 s", async () => {
    const bench = startCmaf();
    const [first, ...others] = framesOf({ toMs: 70_000 });
    const frames = [first, ...others].flatMap((frame) =>
      frame?.track.kind === "video" ? [{ ...frame, isKeyFrame: false }] : (frame ?? []),
    );
    await packageAll(bench, frames);
    expect(bench.events("no key frame to cut at")).toHaveLength(1);
    const [pictures, sounds] = [await readVideo(bench), await readAudio(bench)];
    const after = (kind: string) =>
      payloadsOf(frames.filter(({ dtsMs, track }) => track.kind === kind && dtsMs >= 15_000));
    expect(pictures.payloads).toEqual(after("video"));
    expect(pictures.segments.map(({ duration }) => duration)).toEqual([20, 20, 15]);
    expect(sounds.violations).toEqual([]);
    expect(pictures.violations).toEqual([]);
    expect(pictures.playlist.isIndependentSegments).toBe(false);
    expect(sounds.playlist.isIndependentSegments).toBe(true);
  });

  test("with a key frame a minute are cut every 20 s", async () => {
    const bench = startCmaf();
    const frames = framesOf({ toMs: 130_000, gop: 1_500 });
    await packageAll(bench, frames);
    const [pictures, sounds] = [await readVideo(bench), await readAudio(bench)];
    expect(pictures.payloads).toEqual(payloadsOf(picturesOf(frames)));
    expect(sounds.payloads).toEqual(payloadsOf(soundsOf(frames)));
    const expected = [20, 20, 20, 20, 20, 20, 10];
    expect(pictures.segments.map(({ duration }) => duration)).toEqual(expected);
    expect(pictures.violations).toEqual([]);
    expect(pictures.playlist.isIndependentSegments).toBe(false);
  });

  test("are cut at a quarter of the window's bytes", async () => {
    const bench = startCmaf({ window_bytes: 4_000_000 });
    const frames = framesOf({ toMs: 10_000, gop: 1_000, size: 50_000, hasAudio: false });
    await packageAll(bench, frames);
    const { segments } = await readVideo(bench);
    const sizes = segments.map(({ samples }) => samples.length);
    expect(sizes[0]).toBe(20);
    expect(Math.max(...sizes)).toBe(20);
  });
});

describe("parts", () => {
  test.each<[string, (dtsMs: number) => number]>([
    ["a picture that lasts 900 ms", (dtsMs) => (dtsMs > 9_000 ? dtsMs + 900 : dtsMs)],
    ["a first picture that lasts 3 s", (dtsMs) => (dtsMs > 0 ? dtsMs + 3_000 : dtsMs)],
    ["a first picture that lasts 300 ms", (dtsMs) => (dtsMs > 0 ? dtsMs + 260 : dtsMs)],
  ])("are as long as before soon after %s", async (_, shift) => {
    const bench = startCmaf();
    const publisher = await bench.publish();
    publisher.publication.writeTrack(AAC);
    for (const frame of framesOf({ toMs: 30_000 })) {
      await publisher.send([{ ...frame, dtsMs: shift(frame.dtsMs) }]);
    }
    const { playlist, violations } = await readVideo(bench);
    expect(violations).toEqual([]);
    expect(playlist.partTarget).toBe(0.5);
    expect(playlist.serverControl.get("PART-HOLD-BACK")).toBe("1.5");
  });

  test("a picture that lasts longer is in one that is named as it is", async () => {
    const bench = startCmaf();
    const publisher = await bench.publish();
    publisher.publication.writeTrack(AAC);
    const frames = framesOf({ toMs: 12_000 });
    await publisher.send(
      frames.map((frame) => ({ ...frame, dtsMs: frame.dtsMs + (frame.dtsMs > 9_000 ? 900 : 0) })),
    );
    const { playlist } = await readVideo(bench);
    const parts = playlist.segments.flatMap((segment) => segment.parts);
    expect(Math.max(...parts.map(({ duration }) => duration))).toBeCloseTo(0.94, 2);
    expect(playlist.partTarget).toBeCloseTo(0.94, 2);
    const sounds = await readAudio(bench);
    expect(sounds.playlist.serverControl.get("PART-HOLD-BACK")).toBe(
      playlist.serverControl.get("PART-HOLD-BACK"),
    );
  });

  test("are no longer than the target, whatever the frames' rhythm", async () => {
    const bench = startCmaf();
    const frames = [];
    let random = 1;
    for (let ms = 0, i = 0; ms < 30_000; i++) {
      frames.push(picture(Math.round(ms), { isKeyFrame: i % 40 === 0 }));
      random = (random * 48_271) % 0x7fff_ffff;
      ms += 5 + (random % 60);
    }
    await packageAll(bench, frames);
    const track = await readVideo(bench);
    const parts = track.segments.flatMap((segment) => segment.parts);
    expect(track.playlist.partTarget).toBe(0.5);
    expect(parts.length).toBeGreaterThan(8);
    expect(Math.max(...parts.map(({ duration }) => duration))).toBeLessThanOrEqual(0.5);
    expect(track.payloads).toEqual(payloadsOf(frames));
    expect(track.violations).toEqual([]);
  });

  test.each([
    [25, 0.5, 0.5],
    [30, 0.5, 0.5],
    [12, 0.5, 0.5],
    // Two frames of 0.2 s are less than 85 % of the part duration: the target is about theirs.
    [5, 0.5, 0.44],
    // A frame is longer than a part.
    [1, 0.5, 1.1],
    [25, 0.1, 0.088],
  ])(
    "of %d frames a second, at most %f s long: the target is %f s",
    async (rate, partS, target) => {
      const bench = startCmaf({ part_duration: partS });
      const publisher = await bench.publish();
      await publisher.send(framesOf({ toMs: 19_000, rate, gop: rate * 2 }));
      const { playlist, violations } = await readVideo(bench);
      expect(playlist.partTarget).toBe(target);
      expect(violations).toEqual([]);
    },
  );

  test("say where a decoder can begin", async () => {
    const bench = startCmaf({ segment_duration: 4 });
    await packageAll(bench, framesOf({ toMs: 8_000, gop: 25 }));
    const { segments } = await readVideo(bench);
    const flags = segments.map(({ parts }) => parts.map(({ isIndependent }) => isIndependent));
    // 12 frames a part: the key frames 0, 25, 50 and 75 are at the start of the first one alone.
    expect(flags[1]).toEqual([true, ...Array(8).fill(false)]);
  });
});
