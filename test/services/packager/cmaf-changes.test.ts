/**
 * Goal: whatever a publisher does to its tracks and their timestamps, CMAF holds every frame that can be
 * played, both tracks stay together, and the playlists say what is missing.
 *
 * Method: numbered frames, of which some are left out, changed or shifted; a player that fetches
 * everything compares.
 */

import { describe, expect, test } from "vitest";
import { packageAll, readAudio, readVideo, startCmaf, startsOf } from "../../support/cmaf-bench.ts";
import {
  AAC_44,
  framesOf,
  H264_OTHER,
  HEVC,
  payloadsOf,
  picturesOf,
  sound,
  soundsOf,
} from "../../support/packaging-frames.ts";

describe("what changes", () => {
  test("a picture size in the middle of a GOP takes effect with the next key frame", async () => {
    const bench = startCmaf();
    const before = framesOf({ toMs: 5_000 });
    const after = framesOf({ fromMs: 5_000, toMs: 12_000, video: H264_OTHER }).map((frame) => {
      const isEarly = frame.track.kind === "video" && frame.dtsMs === 5_000;
      return isEarly ? { ...frame, isKeyFrame: false } : frame;
    });
    await packageAll(bench, [...before, ...after]);
    const [pictures, sounds] = [await readVideo(bench), await readAudio(bench)];
    const shown = after.filter(({ track, dtsMs }) => track.kind === "video" && dtsMs >= 7_000);
    expect(pictures.payloads).toEqual(payloadsOf([...picturesOf(before), ...shown]));
    expect(sounds.payloads).toEqual(payloadsOf(soundsOf([...before, ...after])));
    for (const { segments, violations } of [pictures, sounds]) {
      expect(violations).toEqual([]);
      const changed = segments.filter(({ isDiscontinuous }) => isDiscontinuous);
      expect(changed.map(({ sequenceNumber }) => sequenceNumber)).toEqual([3]);
    }
    expect(new Set(pictures.segments.map(({ map }) => map)).size).toBe(2);
  });

  test("a codec, with a discontinuity for both tracks at the same number", async () => {
    const bench = startCmaf();
    const before = framesOf({ toMs: 5_000 });
    const after = framesOf({ fromMs: 5_000, toMs: 9_000, video: HEVC, audio: AAC_44 });
    const publisher = await bench.publish();
    await publisher.send(before);
    for (const track of [HEVC, AAC_44]) publisher.publication.writeTrack(track);
    await publisher.send(after);
    await publisher.leave();
    const [pictures, sounds] = [await readVideo(bench), await readAudio(bench)];
    expect(pictures.payloads).toEqual(payloadsOf(picturesOf([...before, ...after])));
    expect(pictures.violations).toEqual([]);
    expect(sounds.violations).toEqual([]);
    const numbers = [pictures, sounds].map(({ segments }) =>
      segments
        .filter((segment) => segment.isDiscontinuous)
        .map((segment) => segment.sequenceNumber),
    );
    expect(numbers).toEqual([[3], [3]]);
    expect(await bench.text("/live/show.m3u8")).toContain("hvc1");
  });

  test("a missing configuration record is waited for, and the other track goes on", async () => {
    const bench = startCmaf();
    const bare = { ...H264_OTHER, decoderConfigurationRecord: undefined };
    const before = framesOf({ toMs: 6_000, video: bare });
    const after = framesOf({ fromMs: 6_000, toMs: 12_000 });
    const publisher = await bench.publish();
    await publisher.send(before);
    expect(await bench.text("/live/show.m3u8")).not.toContain("video");
    await publisher.send(after);
    const [pictures, sounds] = [await readVideo(bench), await readAudio(bench)];
    expect(pictures.violations).toEqual([]);
    expect(sounds.violations).toEqual([]);
    expect(pictures.segments[0]?.isDiscontinuous).toBe(true);
    const first = pictures.segments[0]?.sequenceNumber;
    const same = sounds.segments.find(({ sequenceNumber }) => sequenceNumber === first);
    expect(same?.isDiscontinuous).toBe(true);
    expect(same?.discontinuitySequence).toBe(pictures.segments[0]?.discontinuitySequence);
    expect(await bench.text("/live/show.m3u8")).toContain("show/video.m3u8");
  });

  test("a broken configuration record leaves the audio playable", async () => {
    const bench = startCmaf();
    const broken = { ...H264_OTHER, decoderConfigurationRecord: Uint8Array.of(1, 2, 3) };
    await packageAll(bench, framesOf({ toMs: 10_000, video: broken }));
    expect(bench.events("track not packaged")).toHaveLength(1);
    const sounds = await readAudio(bench);
    expect(sounds.violations).toEqual([]);
    expect(await bench.text("/live/show.m3u8")).toContain("show/audio.m3u8");
  });
});

describe("silence", () => {
  test("of the audio leaves the video as it is, and is told of", async () => {
    const bench = startCmaf();
    const all = framesOf({ toMs: 24_000 });
    const frames = all.filter(
      ({ track, dtsMs }) => track.kind === "video" || dtsMs < 5_300 || dtsMs >= 14_700,
    );
    await packageAll(bench, frames);
    const [pictures, sounds] = [await readVideo(bench), await readAudio(bench)];
    expect(pictures.payloads).toEqual(payloadsOf(picturesOf(frames)));
    expect(pictures.segments.map(({ duration }) => duration)).toEqual(Array(12).fill(2));
    expect(pictures.violations).toEqual([]);
    expect(sounds.payloads).toEqual(payloadsOf(soundsOf(frames)));
    expect(sounds.violations).toEqual([]);
    expect(sounds.segments.map(({ isGap }) => isGap)).toEqual(
      [0, 0, 0, 1, 1, 1, 1, 0, 0, 0, 0, 0].map(Boolean),
    );
    for (const [index, { duration }] of sounds.segments.entries()) {
      expect(Math.abs(duration - (pictures.segments[index]?.duration ?? 0))).toBeLessThan(0.03);
    }
  });

  test("of the audio at the beginning is told of, and the video does not wait for it long", async () => {
    const bench = startCmaf();
    const all = framesOf({ toMs: 20_000 });
    const frames = all.filter(({ track, dtsMs }) => track.kind === "video" || dtsMs >= 5_000);
    const publisher = await bench.publish();
    // The audio's sequence header comes at once, as encoders send it.
    publisher.publication.writeTrack(sound(0).track);
    await publisher.send(frames.filter(({ dtsMs }) => dtsMs < 4_000));
    const early = await readVideo(bench);
    expect(early.segments.length).toBeGreaterThan(0);
    await publisher.send(frames.filter(({ dtsMs }) => dtsMs >= 4_000));
    await publisher.leave();
    const [pictures, sounds] = [await readVideo(bench), await readAudio(bench)];
    expect(pictures.payloads).toEqual(payloadsOf(picturesOf(frames)));
    expect(sounds.payloads).toEqual(payloadsOf(soundsOf(frames)));
    expect(sounds.segments.map(({ isGap }) => isGap).slice(0, 3)).toEqual([true, true, false]);
    expect(sounds.violations.filter((text) => !text.includes("no EXT-X-MAP"))).toEqual([]);
    expect(pictures.violations).toEqual([]);
    const [third] = sounds.segments.slice(2);
    expect(Math.abs((third?.duration ?? 0) - 2)).toBeLessThan(0.03);
  });

  test("of the video leaves the audio as it is", async () => {
    const bench = startCmaf();
    const all = framesOf({ toMs: 90_000 });
    const frames = all.filter(
      ({ track, dtsMs }) => track.kind === "audio" || dtsMs < 4_500 || dtsMs >= 70_000,
    );
    await packageAll(bench, frames);
    const [pictures, sounds] = [await readVideo(bench), await readAudio(bench)];
    expect(sounds.payloads).toEqual(payloadsOf(soundsOf(frames)));
    expect(pictures.payloads).toEqual(payloadsOf(picturesOf(frames)));
    expect(sounds.violations).toEqual([]);
    expect(pictures.violations).toEqual([]);
    // Segments do not grow for as long as there is no picture.
    expect(Math.max(...sounds.segments.map(({ duration }) => duration))).toBeLessThan(21);
    expect(startsOf(pictures).map(([number]) => number)).toEqual(startsOf(sounds).map(([n]) => n));
    expect(sounds.playlist.segments.some(({ isDiscontinuous }) => isDiscontinuous)).toBe(false);
  });

  test("of both for a few seconds is a hole in a segment", async () => {
    const bench = startCmaf();
    const all = framesOf({ toMs: 20_000 });
    const frames = all.filter(({ dtsMs }) => dtsMs < 5_000 || dtsMs >= 8_500);
    await packageAll(bench, frames);
    for (const track of [await readVideo(bench), await readAudio(bench)]) {
      const kind = track.text.includes("video-") ? "video" : "audio";
      expect(track.payloads).toEqual(
        payloadsOf(kind === "video" ? picturesOf(frames) : soundsOf(frames)),
      );
      // The part in front of the hole is as short as it is.
      expect(track.violations.filter((text) => !/less than 85 %/.test(text))).toEqual([]);
      expect(track.playlist.segments.some(({ isDiscontinuous }) => isDiscontinuous)).toBe(false);
      const holes = track.playlist.segments.flatMap(({ parts }) =>
        parts.filter((part) => part.isGap),
      );
      const seconds = holes.reduce((sum, { duration }) => sum + duration, 0);
      expect(seconds).toBeGreaterThan(3.4);
      expect(seconds).toBeLessThan(3.53);
    }
  });

  test("audio that comes much later than its video is waited for, once that is known", async () => {
    const bench = startCmaf();
    const all = framesOf({ toMs: 40_000 });
    // Each sound comes 4 s after the picture of its time.
    const delayed = all
      .map((frame) => ({ frame, atMs: frame.dtsMs + (frame.track.kind === "audio" ? 4_000 : 0) }))
      .sort((a, b) => a.atMs - b.atMs);
    const publisher = await bench.publish();
    publisher.publication.writeTrack(sound(0).track);
    for (const { frame, atMs } of delayed) {
      await bench.advance(Math.max(0, atMs - bench.runtime.clock.monotonicMs()));
      publisher.sendNow(frame);
    }
    await publisher.leave();
    const [pictures, sounds] = [await readVideo(bench), await readAudio(bench)];
    expect(pictures.payloads).toEqual(payloadsOf(picturesOf(all)));
    expect(sounds.payloads).toEqual(payloadsOf(soundsOf(all)));
    const late = sounds.segments.slice(4, -1);
    expect(late.length).toBeGreaterThan(10);
    for (const segment of late) {
      const same = pictures.segments.find((one) => one.sequenceNumber === segment.sequenceNumber);
      const apartMs = (segment.programDateTimeMs ?? 0) - (same?.programDateTimeMs ?? 0);
      expect(Math.abs(apartMs)).toBeLessThan(25);
    }
  });
});

describe("timestamps that jump", () => {
  const HOUR_MS = 3_600_000;

  test.each([
    ["forward by hours", 5 * HOUR_MS],
    ["back by hours", -5 * HOUR_MS],
    ["back by seconds", -5_000],
    ["back by a little more than a frame's disorder", -1_500],
  ])("%s are a discontinuity; no frame is lost, and time goes on", async (_, jumpMs) => {
    for (const first of ["video", "audio"]) {
      const bench = startCmaf();
      const fromMs = 6 * HOUR_MS;
      const whole = framesOf({ fromMs, toMs: fromMs + 20_000 });
      // The one track jumps 200 ms before the other.
      const frames = whole.map((frame) => {
        const isJumped = frame.dtsMs >= fromMs + (frame.track.kind === first ? 7_000 : 7_200);
        return isJumped ? { ...frame, dtsMs: frame.dtsMs + jumpMs } : frame;
      });
      const publisher = await bench.publish();
      const startMs = bench.runtime.clock.monotonicMs();
      for (const [index, frame] of frames.entries()) {
        const sinceMs = bench.runtime.clock.monotonicMs() - startMs;
        await bench.advance(Math.max(0, (whole[index]?.dtsMs ?? 0) - fromMs - sinceMs));
        publisher.sendNow(frame);
      }
      await publisher.leave();
      const [pictures, sounds] = [await readVideo(bench), await readAudio(bench)];
      expect(pictures.payloads).toEqual(payloadsOf(picturesOf(frames)));
      expect(sounds.payloads).toEqual(payloadsOf(soundsOf(frames)));
      expect(pictures.violations).toEqual([]);
      expect(sounds.violations.filter((text) => !/less than 85 %/.test(text))).toEqual([]);
      const numbers = [pictures, sounds].map(({ segments }) =>
        segments.filter(({ isDiscontinuous }) => isDiscontinuous).map((one) => one.sequenceNumber),
      );
      expect(numbers[0]).toHaveLength(1);
      expect(numbers[1]).toEqual(numbers[0]);
      for (const { segments } of [pictures, sounds]) {
        const total = segments.reduce((sum, { duration }) => sum + duration, 0);
        expect(Math.abs(total - 20)).toBeLessThan(0.5);
        const lastMs = segments.at(-1)?.programDateTimeMs ?? 0;
        expect(lastMs).toBeLessThan(bench.wallMs);
        expect(lastMs).toBeGreaterThan(bench.wallMs - 4_000);
      }
    }
  });

  test("of the audio alone leave it where it was", async () => {
    const bench = startCmaf();
    const whole = framesOf({ toMs: 20_000 });
    const frames = whole.map((frame) => {
      const isJumped = frame.track.kind === "audio" && frame.dtsMs >= 7_000;
      return isJumped ? { ...frame, dtsMs: frame.dtsMs + 5 * HOUR_MS } : frame;
    });
    const publisher = await bench.publish();
    for (const [index, frame] of frames.entries()) {
      const sinceMs = bench.runtime.clock.monotonicMs();
      await bench.advance(Math.max(0, (whole[index]?.dtsMs ?? 0) - sinceMs));
      publisher.sendNow(frame);
    }
    await publisher.leave();
    const [pictures, sounds] = [await readVideo(bench), await readAudio(bench)];
    expect(pictures.payloads).toEqual(payloadsOf(picturesOf(frames)));
    expect(sounds.payloads).toEqual(payloadsOf(soundsOf(frames)));
    expect(sounds.violations).toEqual([]);
    expect(sounds.segments.some(({ isDiscontinuous }) => isDiscontinuous)).toBe(false);
  });
});
