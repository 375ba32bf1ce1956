/**
 * Goal: a disk that is full, slow, read-only or gone ends a recording and never a stream; it is told of
 * once, what was written until then can be played, and when the disk works again so do recordings.
 *
 * Method: files in memory that play faults; whoever watches the stream is a listener of the test's.
 */

import { describe, expect, test } from "vitest";
import { SystemError } from "../../../src/base/errors.ts";
import type { Frame } from "../../../src/live/frame.ts";
import type { OpenFile } from "../../../src/runtime/runtime.ts";
import { readFlvFile } from "../../support/flv-file.ts";
import { settleTasks } from "../../support/packaging-bench.ts";
import { framesOf, payloadsOf } from "../../support/packaging-frames.ts";
import { allRecordings } from "../../support/playback-bench.ts";
import {
  copyFiles,
  REC,
  type RecordedPublisher,
  RecordingBench,
} from "../../support/recording-bench.ts";

const GOP = 25;
const between = (fromMs: number, toMs: number): Frame[] => framesOf({ fromMs, toMs, gop: GOP });

/** Counts what whoever else watches the stream gets. */
function watch(bench: RecordingBench): { count: number } {
  const seen = { count: 0 };
  const [stream] = [...bench.hub.streams];
  stream?.addListener({
    onMetadata: () => undefined,
    onTrack: () => undefined,
    onFrame: () => {
      seen.count += 1;
    },
    onEnd: () => undefined,
    fail: (error) => {
      throw error;
    },
  });
  return seen;
}

const isRecording = (path: string): boolean => path.includes(".flv");

describe.each(["ENOSPC", "EROFS", "EIO"])("%s", (code) => {
  test("in the middle: what was written is completed, and the next file begins by itself", async () => {
    const bench = new RecordingBench();
    const { files } = bench.runtime;
    const publisher = await bench.publish();
    const seen = watch(bench);
    const frames = [between(0, 3_000), between(3_000, 20_000), between(20_000, 23_000)];
    await publisher.send(frames[0] ?? []);
    const [written = ""] = await bench.files();
    let isBroken = true;
    // What is there may be mended and renamed once it has failed: the disk is full, not dead.
    files.fault = (path) => {
      const isTold = path === written && bench.events("recording failed").length > 0;
      return isBroken && path.endsWith(".tmp") && isRecording(path) && !isTold ? code : undefined;
    };
    await publisher.send(frames[1] ?? []);
    isBroken = false;
    await publisher.send(frames[2] ?? []);
    await publisher.leave();
    expect(seen.count).toBe(frames.flat().length);
    expect(bench.events("recording failed")).toHaveLength(1);
    expect(bench.events("recording failed")[0]).toMatchObject({ code, url: "/live/show" });
    const paths = await bench.files();
    expect(paths).toHaveLength(2);
    expect(bench.recorded.map(({ file }) => file)).toEqual(paths);
    const sent = payloadsOf(frames.flat());
    for (const path of paths) {
      const { frames: read, restSize, metadata } = readFlvFile(bench.contentOf(path));
      const from = sent.indexOf(read[0]?.payload ?? "");
      expect(read.map(({ payload }) => payload)).toEqual(sent.slice(from, from + read.length));
      expect(restSize).toBe(0);
      expect(metadata.get("filesize")).toBe(bench.contentOf(path).length);
    }
  });

  test("from the beginning: one line, and recordings begin when it works", async () => {
    const bench = new RecordingBench();
    const { files } = bench.runtime;
    files.fault = (path) => (isRecording(path) ? code : undefined);
    const publisher = await bench.publish();
    const seen = watch(bench);
    const frames = between(0, 60_000);
    await publisher.send(frames);
    expect(seen.count).toBe(frames.length);
    expect(bench.events("recording failed")).toHaveLength(1);
    expect(bench.dvr.list()).toMatchObject([{ isFailing: true, file: null }]);
    files.fault = () => undefined;
    const later = between(60_000, 70_000);
    await publisher.send(later);
    expect(bench.dvr.list()).toMatchObject([{ isFailing: false }]);
    await publisher.leave();
    const [path = ""] = await bench.files();
    const { frames: read } = readFlvFile(bench.contentOf(path));
    expect(payloadsOf(later).slice(-read.length)).toEqual(read.map(({ payload }) => payload));
    expect(read.length).toBeGreaterThan(4 * 71);
  });
});

test("a disk with room for names alone is told of once", async () => {
  const bench = new RecordingBench();
  const { files } = bench.runtime;
  const publisher = await bench.publish();
  files.fault = (path) => {
    const isThere = (): boolean => files.contentOf(path) !== undefined;
    try {
      return isRecording(path) && path.endsWith(".tmp") && isThere() ? "ENOSPC" : undefined;
    } catch {
      return undefined; // A new name.
    }
  };
  await publisher.send(between(0, 40_000));
  expect(bench.events("recording failed")).toHaveLength(1);
  expect(bench.events("recording started")).toEqual([]);
  files.fault = () => undefined;
  await publisher.send(between(40_000, 50_000));
  expect(bench.events("recording started")).toHaveLength(1);
  expect(bench.told.map(({ type }) => type)).toEqual(["recording.failed", "recording.started"]);
});

describe("the floor of free space", () => {
  test("no file begins below it", async () => {
    const bench = new RecordingBench({ dvr_free_space: 1_000_000 });
    bench.runtime.files.freeSizeOfDisk = 999_999;
    const publisher = await bench.publish();
    await publisher.send(between(0, 3_000));
    expect(await bench.files()).toEqual([]);
    expect(bench.events("recording failed")).toHaveLength(1);
    bench.runtime.files.freeSizeOfDisk = 1_000_000;
    await publisher.send(between(3_000, 12_000));
    expect(await bench.files()).toHaveLength(1);
  });

  test("one that is being written ends and is complete", async () => {
    const bench = new RecordingBench({ dvr_free_space: 1_000_000 });
    const publisher = await bench.publish();
    await publisher.send(between(0, 5_000));
    bench.runtime.files.freeSizeOfDisk = 999_999;
    await publisher.send(between(5_000, 10_000));
    expect(bench.recorded).toHaveLength(1);
    const [path = ""] = await bench.files();
    const { frames, restSize } = readFlvFile(bench.contentOf(path));
    expect(frames.length).toBeGreaterThan(4 * 71);
    expect(restSize).toBe(0);
    expect(bench.events("recording failed")).toHaveLength(1);
  });
});

test("a folder that is removed under a recording is made again for the next one", async () => {
  const bench = new RecordingBench();
  const publisher = await bench.publish();
  await publisher.send(between(0, 3_000));
  await bench.runtime.files.removeAll(REC);
  await publisher.send(between(3_000, 20_000));
  await publisher.leave();
  expect(bench.events("recording failed")).toHaveLength(1);
  expect(bench.recorded).toHaveLength(1);
  const [path = ""] = await bench.files();
  expect(readFlvFile(bench.contentOf(path)).frames.length).toBeGreaterThan(500);
});

describe("a disk that is slow", () => {
  const SIZE_MAX = 1_048_576;

  test("what waits for it is bounded; the file ends with what it took, and another one follows", async () => {
    const bench = new RecordingBench({ dvr_queue_bytes: SIZE_MAX });
    const { files } = bench.runtime;
    const open = files.open.bind(files);
    let release: () => void = () => undefined;
    let slow: Promise<void> | undefined;
    let waitingSize = 0;
    files.open = async (path, mode) => {
      const file = await open(path, mode);
      if (!isRecording(path)) return file;
      const write = async (bytes: Uint8Array): Promise<void> => {
        waitingSize += bytes.length;
        await slow;
        waitingSize -= bytes.length;
        await file.write(bytes);
      };
      const slowed: OpenFile = {
        write,
        read: (offset, size) => file.read(offset, size),
        writeAt: (offset, bytes) => file.writeAt(offset, bytes),
        truncate: (size) => file.truncate(size),
        sync: () => file.sync(),
        close: () => file.close(),
      };
      return slowed;
    };
    const publisher = await bench.publish();
    const seen = watch(bench);
    const sized = (fromMs: number, toMs: number): Frame[] =>
      framesOf({ fromMs, toMs, gop: GOP, size: 10_000 });
    await publisher.send(sized(0, 2_000));
    slow = new Promise((resolve) => {
      release = resolve;
    });
    const stuck = sized(2_000, 30_000);
    await publisher.send(stuck);
    expect(bench.events("recording failed")).toMatchObject([{ code: "EBUSY" }]);
    // One write is with the disk, the others wait.
    expect(waitingSize).toBeLessThanOrEqual(SIZE_MAX);
    expect(bench.recorded).toEqual([]);
    release();
    slow = undefined;
    await settleTasks();
    await settleTasks();
    expect(bench.recorded).toHaveLength(1);
    await publisher.send(sized(30_000, 32_000));
    await publisher.leave();
    expect(seen.count).toBeGreaterThan(stuck.length);
    const [first = "", second = ""] = await bench.files();
    const taken = readFlvFile(bench.contentOf(first));
    expect(taken.restSize).toBe(0);
    expect(bench.contentOf(first).length).toBeGreaterThan(SIZE_MAX / 2);
    expect(readFlvFile(bench.contentOf(second)).frames.length).toBeGreaterThan(70);
  });
});

describe("a file that several publishers append to", () => {
  const APPEND = { dvr_plan: "append", dvr_append_wait: 60 };

  /** One has begun it and left, and is forgotten; the next one goes on in it. */
  async function appended(): Promise<{ bench: RecordingBench; second: RecordedPublisher }> {
    const bench = new RecordingBench(APPEND);
    const first = await bench.publish();
    await first.send(between(0, 3_000));
    await first.leave();
    await bench.advance(20_000);
    expect([...bench.hub.streams]).toEqual([]);
    const second = await bench.publish();
    await second.send(between(0, 3_000));
    expect(await bench.files()).toHaveLength(1);
    return { bench, second };
  }

  test("fails as any other does, and another one begins when the disk works again", async () => {
    const { bench, second } = await appended();
    const { files } = bench.runtime;
    const frames = between(0, 20_000);
    const during = (fromMs: number, toMs: number): Frame[] =>
      frames.filter(({ dtsMs }) => dtsMs >= fromMs && dtsMs < toMs);
    files.fault = (path) => (isRecording(path) ? "EIO" : undefined);
    await second.send(during(3_000, 9_000));
    expect(bench.dvr.list()).toMatchObject([{ isFailing: true, file: null }]);
    expect(bench.events("recording failed")).toHaveLength(1);
    files.fault = () => undefined;
    const later = during(9_000, 20_000);
    await second.send(later);
    expect(bench.dvr.list()).toMatchObject([{ isFailing: false }]);
    await second.leave();
    await bench.advance(61_000);
    const [, path = ""] = await bench.files();
    const { frames: read } = readFlvFile(bench.contentOf(path));
    expect(read.map(({ payload }) => payload)).toEqual(payloadsOf(later).slice(-read.length));
    expect(read.length).toBeGreaterThan(5 * 71);
  });

  test("has the limits that are set now", async () => {
    const { bench, second } = await appended();
    await bench.reload({ ...APPEND, dvr_free_space: 2_000_000_000 });
    await second.send(between(3_000, 9_000));
    expect(bench.events("recording failed")).toMatchObject([{ code: "ENOSPC" }]);
  });
});

test("a file that cannot be renamed is completed as soon as it can be", async () => {
  const bench = new RecordingBench();
  const { files } = bench.runtime;
  const publisher = await bench.publish();
  const frames = between(0, 3_000);
  await publisher.send(frames);
  const [unfinished = ""] = await bench.files();
  files.fault = (path) => (path === unfinished.replace(".tmp", "") ? "EROFS" : undefined);
  await publisher.leave();
  expect(bench.events("recording not completed")).toMatchObject([{ code: "EROFS" }]);
  expect(bench.recorded).toEqual([]);
  files.fault = () => undefined;
  await bench.advance(31_000);
  expect(bench.recorded).toHaveLength(1);
  const [path = ""] = await bench.files();
  const { frames: read } = readFlvFile(bench.contentOf(path));
  expect(read.map(({ payload }) => payload)).toEqual(payloadsOf(frames));
});

/** Has the disk take half a line of the list of recordings, and no more. */
function tearLines({ runtime: { files } }: RecordingBench): { isFull: boolean } {
  const disk = { isFull: true };
  const open = files.open.bind(files);
  files.open = async (path, mode) => {
    const file = await open(path, mode);
    const write = file.write.bind(file);
    file.write = async (bytes) => {
      const isTorn = disk.isFull && path.endsWith("recordings.jsonl");
      await write(isTorn ? bytes.subarray(0, 50) : bytes);
      if (isTorn) throw new SystemError("ENOSPC", "Cannot write: the disk is full");
    };
    return file;
  };
  return disk;
}

/** What anybody finds. */
async function listed(bench: RecordingBench): Promise<string[]> {
  return (await allRecordings(bench)).map(({ path }) => path);
}

describe("a list that the disk takes half a line of", () => {
  const record = async (bench: RecordingBench): Promise<void> => {
    const publisher = await bench.publish();
    await publisher.send(between(0, 2_000));
    await publisher.leave();
  };

  test("has the next line, and that one again when there is room", async () => {
    const bench = new RecordingBench();
    const disk = tearLines(bench);
    await record(bench);
    await bench.advance(100_000);
    expect(await listed(bench)).toEqual([]);
    disk.isFull = false;
    await record(bench);
    const files = await bench.files();
    expect(await listed(bench)).toEqual(files.slice(1));
    await bench.advance(31_000);
    expect(await listed(bench)).toEqual(files);
    expect(bench.events("recording not listed")).toHaveLength(1);
    expect(bench.events("recording listed")).toMatchObject([{ file: files[0] }]);
    expect(bench.recorded.map(({ file }) => file)).toEqual(files);
    expect(await bench.runtime.files.list(`${REC}/.dvr`)).toEqual(["recordings.jsonl"]);
  });

  test("has it from the next start on, by the name that it was given in the end", async () => {
    const bench = new RecordingBench({ dvr_path: `${REC}/[app]/[stream].flv` });
    tearLines(bench);
    const publisher = await bench.publish();
    await publisher.send(between(0, 2_000));
    await bench.runtime.files.write(`${REC}/live/show.flv`, "precious");
    await publisher.leave();
    const runtime = await copyFiles(bench.runtime);
    const next = new RecordingBench({ dvr_path: `${REC}/[app]/[stream].flv` }, { runtime });
    await next.advance(95_000);
    expect(await listed(next)).toEqual([`${REC}/live/show-1.flv`]);
    expect(await runtime.files.list(`${REC}/.dvr`)).toEqual(["recordings.jsonl"]);
  });
});
