/**
 * Goal: gaps are closed, and what cannot go on in the same answer ends it, with a word in the log; the last key
 * frame before a time is found in the file before, if it is there; what is broken ends its answer alone.
 *
 * Method: the recorder makes files in memory; they are played as they are, cut off, overwritten or gone.
 */

import { describe, expect, test } from "vitest";
import type { Frame } from "../../../src/live/frame.ts";
import { noise } from "../../support/noise.ts";
import {
  AAC_44,
  framesOf,
  H264_OTHER,
  HEVC,
  hexOf,
  picturesOf,
  soundsOf,
} from "../../support/packaging-frames.ts";
import { allRecordings, EXTENSIONS, play, recordingsOf } from "../../support/playback-bench.ts";
import { REC, RecordingBench } from "../../support/recording-bench.ts";

const GOP = 25;
const FORMATS = ["flv", "mp4", "ts"] as const;

function open(format: string, dvr: Readonly<Record<string, unknown>> = {}): RecordingBench {
  return new RecordingBench({
    dvr_plan: "segment",
    dvr_duration: 4,
    dvr_path: `${REC}/[stream].[timestamp].${format}`,
    ...dvr,
  });
}

async function send(bench: RecordingBench, frames: readonly Frame[]): Promise<void> {
  const publisher = await bench.publish();
  await publisher.send(frames);
  await publisher.leave();
}

async function startOf(bench: RecordingBench, index = 0): Promise<number> {
  return (await allRecordings(bench))[index]?.startedWallMs ?? Number.NaN;
}

/** Distances from each frame to the next one. */
function stepsOf(frames: readonly Frame[]): number[] {
  return frames.slice(1).map(({ dtsMs }, i) => dtsMs - (frames[i]?.dtsMs ?? 0));
}

const payloads = (frames: readonly Frame[]): string[] =>
  frames.map(({ payload }) => hexOf(payload));

describe.each(FORMATS)("recorded as %s", (format) => {
  test("an hour without a publisher is closed", async () => {
    const bench = open(format);
    const before = framesOf({ toMs: 5_000, gop: GOP });
    const after = framesOf({ toMs: 5_000, gop: GOP });
    await send(bench, before);
    await bench.advance(3_600_000);
    await send(bench, after);
    const { frames, early } = await play(bench, "flv", { fromMs: await startOf(bench) });
    expect(early).toEqual([]);
    expect(payloads(picturesOf(frames))).toEqual(payloads(picturesOf([...before, ...after])));
    expect(payloads(soundsOf(frames))).toEqual(payloads(soundsOf([...before, ...after])));
    // Sound goes on evenly, and pictures with it: theirs had ended a little before.
    const steps = stepsOf(picturesOf(frames));
    expect(steps.filter((step) => step < 39 || step > 41)).toHaveLength(1);
    expect(Math.max(...steps)).toBeLessThan(62);
    for (const step of stepsOf(soundsOf(frames))) expect([20, 21, 22, 23]).toContain(step);
  });

  test("a time in a gap is that of what comes behind it", async () => {
    const bench = open(format);
    await send(bench, framesOf({ toMs: 3_000, gop: GOP }));
    await bench.advance(600_000);
    const after = framesOf({ toMs: 3_000, gop: GOP });
    await send(bench, after);
    const fromMs = (await startOf(bench)) + 300_000;
    const { frames } = await play(bench, "ts", { fromMs });
    expect(payloads(picturesOf(frames))).toEqual(payloads(picturesOf(after)));
    expect((await play(bench, "ts", { fromMs, seconds: 60 })).bytes).toHaveLength(0);
  });

  test.each(EXTENSIONS)("another codec ends an answer as %s", async (extension) => {
    const bench = open(format);
    const before = framesOf({ toMs: 4_000, gop: GOP });
    await send(bench, before);
    await send(bench, framesOf({ toMs: 4_000, gop: GOP, video: HEVC }));
    const { frames, early } = await play(bench, extension, { fromMs: await startOf(bench) });
    expect(early).toEqual(["codec changed"]);
    expect(payloads(picturesOf(frames))).toEqual(payloads(picturesOf(before)));
    // Who asks again from there has the rest.
    const rest = await play(bench, extension, { fromMs: await startOf(bench, 1) });
    expect([picturesOf(rest.frames).length, rest.early]).toEqual([100, []]);
  });

  test("another configuration goes on where the answer has a place for it", async () => {
    const bench = open(format);
    await send(bench, framesOf({ toMs: 4_000, gop: GOP }));
    const after = { toMs: 4_000, gop: GOP, video: H264_OTHER, audio: AAC_44 };
    await send(bench, framesOf(after));
    const fromMs = await startOf(bench);
    for (const extension of ["flv", "ts"] as const) {
      const { frames, early } = await play(bench, extension, { fromMs });
      expect([picturesOf(frames).length, early], extension).toEqual([200, []]);
      const records = new Set(picturesOf(frames).map(({ track }) => track));
      expect(records.size, extension).toBe(2);
    }
    const mp4 = await play(bench, "mp4", { fromMs });
    expect([picturesOf(mp4.frames).length, mp4.early]).toEqual([100, ["codec changed"]]);
  });

  // Pictures of MPEG-TS that come before a file's first key frame lack the parameter sets.
  const isWhole = format !== "ts";

  test("a key frame in the file before is gone back to", async () => {
    const bench = open(format, { dvr_wait_keyframe: false });
    const sent = framesOf({ toMs: 9_000, gop: 75 }); // At 0, 3 and 6 s; files begin at 0, 4 and 8.
    await send(bench, sent);
    const { frames } = await play(bench, "flv", { fromMs: (await startOf(bench)) + 4_500 });
    const expected = picturesOf(sent).filter(({ dtsMs }) => dtsMs >= 3_000);
    const lost = ({ dtsMs }: Frame): boolean => (dtsMs < 6_000 ? dtsMs >= 4_000 : dtsMs >= 8_000);
    const left = expected.filter((frame) => isWhole || !lost(frame));
    expect(payloads(picturesOf(frames))).toEqual(payloads(left));
  });

  test("where no key frame comes before, it is the next one", async () => {
    const bench = open(format, { dvr_wait_keyframe: false });
    const sent = framesOf({ toMs: 9_000, gop: 75 });
    await send(bench, sent);
    const [first] = await allRecordings(bench);
    await bench.runtime.files.remove(first?.path ?? "");
    const { frames } = await play(bench, "flv", { fromMs: (await startOf(bench)) + 500 });
    const toMs = isWhole ? 9_000 : 8_000;
    const expected = picturesOf(sent).filter(({ dtsMs }) => dtsMs >= 6_000 && dtsMs < toMs);
    expect(payloads(picturesOf(frames))).toEqual(payloads(expected));
    expect(soundsOf(frames)[0]?.dtsMs).toBeGreaterThanOrEqual(0);
  });

  test("many small files", async () => {
    const bench = open(format, { dvr_duration: 0.5 });
    const sent = framesOf({ toMs: 60_000, gop: 5, rate: 10 });
    await send(bench, sent);
    expect((await bench.files()).length).toBeGreaterThan(100);
    const { frames } = await play(bench, "mp4", { fromMs: await startOf(bench) });
    expect(payloads(picturesOf(frames))).toEqual(payloads(picturesOf(sent)));
    expect(payloads(soundsOf(frames))).toEqual(payloads(soundsOf(sent)));
    // A minute in more than a hundred pieces is a minute.
    expect(Math.abs((picturesOf(frames).at(-1)?.dtsMs ?? 0) - 59_900)).toBeLessThan(5);
  });

  test("a file that is gone by the time it is needed ends the answer", async () => {
    const bench = open(format);
    await send(bench, framesOf({ toMs: 12_000, gop: GOP }));
    const recordings = recordingsOf(bench);
    const fromMs = await startOf(bench);
    const [, second] = await allRecordings(bench);
    let isLooked = 0;
    const vanishing = {
      find: async (filter: Parameters<typeof recordings.find>[0]) => {
        const found = await recordings.find(filter);
        isLooked += 1;
        if (isLooked === 2) await bench.runtime.files.remove(second?.path ?? "");
        return found;
      },
    };
    const { frames, early } = await play(bench, "flv", { fromMs, recordings: vanishing });
    expect([picturesOf(frames).length, early]).toEqual([100, ["unreadable"]]);
  });

  test("noise in a file ends its answer, or is passed over, and throws nothing", async () => {
    const bench = open(format);
    await send(bench, framesOf({ toMs: 12_000, gop: GOP }));
    const fromMs = await startOf(bench);
    const [, second] = await allRecordings(bench);
    const { files } = bench.runtime;
    const path = second?.path ?? "";
    const whole = bench.contentOf(path).slice();
    let seed = 0;
    for (const bytes of noise(60, 200)) {
      seed += 1;
      const broken = whole.slice(0, seed % 3 === 0 ? (whole.length * seed) / 60 : whole.length);
      const at = (seed * 7_919) % Math.max(1, broken.length - bytes.length);
      broken.set(bytes.subarray(0, broken.length), at);
      await files.write(path, broken);
      const { frames } = await play(bench, "ts", { fromMs });
      expect(picturesOf(frames).length).toBeGreaterThanOrEqual(100);
      await expectNoBug(() => play(bench, "mp4", { fromMs: fromMs + 6_000 }));
    }
  });
});

/** Files may be what they like: what they lead to is an error of theirs. */
async function expectNoBug(task: () => Promise<unknown>): Promise<void> {
  try {
    await task();
  } catch (error) {
    expect((error as Error).name).toMatch(/^(Malformed|System)Error$/);
  }
}
