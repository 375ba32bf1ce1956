/**
 * Goal: what one file cannot hold goes into another one without losing a frame, what a container has no
 * place for is said, and an MP4 that cannot be made plain stays playable as it is.
 *
 * Method: frames with numbers go in at the live core; payloads are looked for in files in memory.
 */

import { describe, expect, test } from "vitest";
import type { Frame } from "../../../src/live/frame.ts";
import { listBoxes } from "../../support/mp4-fragments.ts";
import { settleTasks } from "../../support/packaging-bench.ts";
import {
  AAC_44,
  AV1,
  framesOf,
  H264,
  H264_OTHER,
  HEVC,
  hexOf,
  payloadsOf,
  picture,
  picturesOf,
  sound,
  soundsOf,
} from "../../support/packaging-frames.ts";
import { REC, RecordingBench } from "../../support/recording-bench.ts";

const GOP = 25;

/** Which of the frames are in which file, in order: payloads stand in MP4 and FLV as they are. */
async function framesIn(bench: RecordingBench, sent: readonly Frame[]): Promise<Frame[][]> {
  const files: Frame[][] = [];
  for (const path of await bench.files()) {
    const content = hexOf(bench.contentOf(path));
    files.push(sent.filter(({ payload }) => content.includes(hexOf(payload))));
  }
  return files;
}

const topBoxes = (bytes: Uint8Array): string[] =>
  listBoxes(bytes).filter((box) => !box.includes("/"));

describe.each(["flv", "mp4"])("%s", (format) => {
  const dvr = { dvr_path: `${REC}/[stream].[timestamp].${format}` };

  test("another codec begins another file", async () => {
    const bench = new RecordingBench(dvr);
    const publisher = await bench.publish();
    const before = framesOf({ toMs: 3_000, gop: GOP });
    const after = framesOf({ fromMs: 3_000, toMs: 6_000, gop: GOP, video: HEVC });
    await publisher.send([...before, ...after]);
    await publisher.leave();
    const files = await framesIn(bench, [...before, ...after]);
    expect(files).toHaveLength(2);
    expect(new Set(files.flat()).size).toBe(before.length + after.length);
    expect(picturesOf(files[0] ?? [])).toEqual(picturesOf(before));
    expect(picturesOf(files[1] ?? [])).toEqual(picturesOf(after));
  });

  test("sound of another kind waits for the next key frame, and is not lost", async () => {
    const bench = new RecordingBench(dvr);
    const publisher = await bench.publish();
    const pictures = framesOf({ toMs: 6_000, gop: GOP, hasAudio: false });
    const sounds = [
      ...framesOf({ toMs: 2_500, rate: 0 }),
      ...framesOf({ fromMs: 2_500, toMs: 6_000, rate: 0, audio: AAC_44 }),
    ];
    const sent = [...pictures, ...sounds].sort((a, b) => a.dtsMs - b.dtsMs);
    await publisher.send(sent);
    await publisher.leave();
    const files = await framesIn(bench, sent);
    expect(new Set(files.flat()).size).toBe(sent.length);
    if (format === "flv") {
      expect(files).toHaveLength(1); // A new configuration of the same codec.
      return;
    }
    expect(files.map((file) => picturesOf(file).length)).toEqual([75, 75]);
    expect(soundsOf(files[1] ?? [])[0]?.dtsMs).toBe(2_500);
  });

  test("sound that begins late", async () => {
    const bench = new RecordingBench(dvr);
    const publisher = await bench.publish();
    const pictures = framesOf({ toMs: 6_000, gop: GOP, hasAudio: false });
    const sent = [...pictures, ...framesOf({ fromMs: 3_400, toMs: 6_000, rate: 0 })].sort(
      (a, b) => a.dtsMs - b.dtsMs,
    );
    await publisher.send(sent);
    await publisher.leave();
    const files = await framesIn(bench, sent);
    expect(files).toHaveLength(format === "flv" ? 1 : 2);
    expect(new Set(files.flat()).size).toBe(sent.length);
  });
});

describe("mp4", () => {
  const MP4 = { dvr_path: `${REC}/[stream].mp4` };

  test("has its index in front when it is complete", async () => {
    const bench = new RecordingBench(MP4);
    const publisher = await bench.publish();
    await publisher.send(framesOf({ toMs: 3_000, gop: GOP }));
    const [unfinished = ""] = await bench.files();
    expect(topBoxes(bench.contentOf(unfinished)).slice(0, 6)).toEqual([
      ...["ftyp", "moov", "moof", "mdat", "moof", "mdat"],
    ]);
    await publisher.leave();
    expect(topBoxes(bench.contentOf(`${REC}/show.mp4`))).toEqual(["ftyp", "moov", "mdat"]);
    expect(await bench.files()).toEqual([`${REC}/show.mp4`]);
  });

  test("keeps its fragments where there is no room for a second file", async () => {
    const bench = new RecordingBench({ ...MP4, dvr_free_space: 1_000_000 });
    bench.runtime.files.freeSizeOfDisk = 1_001_000;
    const publisher = await bench.publish();
    await publisher.send(framesOf({ toMs: 3_000, gop: GOP }));
    await publisher.leave();
    expect(topBoxes(bench.contentOf(`${REC}/show.mp4`))).toContain("moof");
    expect(await bench.files()).toEqual([`${REC}/show.mp4`]);
    expect(bench.recorded).toHaveLength(1);
  });

  test("keeps its fragments where the second file cannot be written", async () => {
    const bench = new RecordingBench(MP4);
    bench.runtime.files.fault = (path) => (path.endsWith(".plain") ? "EIO" : undefined);
    const publisher = await bench.publish();
    await publisher.send(framesOf({ toMs: 3_000, gop: GOP }));
    await publisher.leave();
    expect(topBoxes(bench.contentOf(`${REC}/show.mp4`))).toContain("moof");
    expect(bench.recorded).toHaveLength(1);
  });

  test("goes on in the same file when a publisher comes again with the same configuration", async () => {
    const bench = new RecordingBench({ ...MP4, dvr_plan: "append", dvr_append_wait: 10 });
    const sent: Frame[] = [];
    for (const video of [undefined, undefined, H264_OTHER]) {
      const publisher = await bench.publish();
      const frames = framesOf({ toMs: 2_000, gop: GOP, ...(video && { video }) });
      sent.push(...frames);
      await publisher.send(frames);
      await publisher.leave();
    }
    await bench.advance(11_000);
    const files = await framesIn(bench, sent);
    expect(files.map((file) => picturesOf(file).length).sort()).toEqual([100, 50]);
  });
});

describe("a publisher who would have a file for each frame", () => {
  const COUNT = 500;
  const STEP_MS = 40;
  /** Eight at once, and one each second. */
  const FILES_MAX = 8 + (COUNT * STEP_MS) / 1_000 + 1;

  test("by another codec each time has a few, and all of what comes when it is done", async () => {
    const bench = new RecordingBench();
    const publisher = await bench.publish();
    await publisher.send([sound(0)]);
    const tricks = Array.from({ length: COUNT }, (_, i) =>
      picture(i * STEP_MS, { isKeyFrame: true, track: i % 2 === 0 ? H264 : HEVC }),
    );
    await publisher.send(tricks);
    const endMs = COUNT * STEP_MS;
    const frames = framesOf({ fromMs: endMs, toMs: endMs + 5_000, gop: GOP });
    await publisher.send(frames);
    await publisher.leave();
    expect(bench.recorded.length).toBeLessThanOrEqual(FILES_MAX);
    expect(bench.recorded.length).toBeGreaterThan(20);
    const { framesLeftOut } = bench.dvr.report();
    const files = await framesIn(bench, [...tricks, ...frames]);
    const recorded = new Set(files.flat());
    const later = frames.filter(({ dtsMs }) => dtsMs >= endMs + 1_000);
    expect(later.every((frame) => recorded.has(frame))).toBe(true);
    expect(framesLeftOut).toBeGreaterThan(COUNT - 2 * FILES_MAX);
    expect(recorded.size + framesLeftOut).toBe(tricks.length + frames.length);
    expect(bench.events("frames not recorded")).toMatchObject([{ url: "/live/show" }]);
  });

  test.each([
    ["by times that go back", { time_jitter: "off" }, -2_000],
    ["by times that jump", { time_jitter: "off", dvr_plan: "segment", dvr_duration: 30 }, 31_000],
  ])("%s has a few, and no frame is lost", async (_how, dvr, step) => {
    const bench = new RecordingBench(dvr);
    const publisher = await bench.publish();
    const frames = Array.from({ length: COUNT }, (_, i) =>
      picture(20_000_000 + i * step, { isKeyFrame: true }),
    );
    for (const frame of frames) {
      publisher.sendNow(frame);
      await bench.advance(STEP_MS);
    }
    await publisher.leave();
    expect(bench.recorded.length).toBeLessThanOrEqual(FILES_MAX);
    expect(bench.recorded.length).toBeGreaterThan(20);
    expect(new Set((await framesIn(bench, frames)).flat()).size).toBe(COUNT);
    expect(bench.events("frames not recorded")).toEqual([]);
  });
});

test("who publishes faster than time passes has the segments that are set", async () => {
  const bench = new RecordingBench({ dvr_plan: "segment", dvr_duration: 2 });
  const publisher = await bench.publish();
  const frames = framesOf({ toMs: 60_000, gop: GOP, size: 25_000 });
  for (const [i, frame] of frames.entries()) {
    publisher.sendNow(frame);
    if (i % 100 === 0) await bench.advance(20); // The disk keeps up.
  }
  await publisher.leave();
  expect(bench.recorded).toHaveLength(30);
});

test("segments may be shorter than a second", async () => {
  const bench = new RecordingBench({ dvr_plan: "segment", dvr_duration: 0.2 });
  const publisher = await bench.publish();
  await publisher.send(framesOf({ toMs: 10_000, gop: 5 }));
  await publisher.leave();
  expect(bench.recorded).toHaveLength(50);
});

test("what cannot be recorded is said once, however often the publisher changes", async () => {
  const bench = new RecordingBench({ dvr_path: `${REC}/[stream].ts` });
  const publisher = await bench.publish();
  const frames = Array.from({ length: 100 }, (_, i) =>
    picture(i * 40, { isKeyFrame: true, track: i % 2 === 0 ? AV1 : H264 }),
  );
  await publisher.send([sound(0), ...frames]);
  expect(bench.events("track not recorded")).toMatchObject([{ codec: "av1", format: "ts" }]);
});

test("what MPEG-TS has no place for is left out, and said once", async () => {
  const bench = new RecordingBench({ dvr_path: `${REC}/[stream].ts` });
  const publisher = await bench.publish();
  const frames = framesOf({ toMs: 3_000, gop: GOP, video: AV1 });
  await publisher.send(frames);
  await publisher.leave();
  const content = hexOf(bench.contentOf(`${REC}/show.ts`));
  expect(payloadsOf(soundsOf(frames)).every((payload) => content.includes(payload))).toBe(true);
  expect(bench.events("track not recorded")).toMatchObject([{ codec: "av1", format: "ts" }]);
});

test("a container that has a place for it, by a reload, has it from the next key frame on", async () => {
  const bench = new RecordingBench({ dvr_path: `${REC}/[stream].ts` });
  const publisher = await bench.publish();
  const frames = framesOf({ toMs: 6_000, gop: GOP, video: AV1 });
  await publisher.send(frames.filter(({ dtsMs }) => dtsMs < 3_500));
  await bench.reload({ dvr_path: `${REC}/[stream].mp4` });
  await publisher.send(frames.filter(({ dtsMs }) => dtsMs >= 3_500));
  await publisher.leave();
  const content = hexOf(bench.contentOf(`${REC}/show.mp4`));
  const expected = picturesOf(frames).filter(({ dtsMs }) => dtsMs >= 4_000);
  expect(payloadsOf(expected).every((payload) => content.includes(payload))).toBe(true);
});

test("a stream of which nothing can be recorded leaves no file", async () => {
  const bench = new RecordingBench({ dvr_path: `${REC}/[stream].ts` });
  const publisher = await bench.publish();
  await publisher.send(framesOf({ toMs: 3_000, gop: GOP, video: AV1, hasAudio: false }));
  await publisher.leave();
  await settleTasks();
  expect(await bench.files()).toEqual([]);
});
