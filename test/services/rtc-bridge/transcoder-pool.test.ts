/**
 * Goal: sound is transcoded in threads, one a core at most and none without need, and neither a thread
 * that dies nor one that is behind stops a stream.
 *
 * Method: threads in memory that do the real work, and that the test lets die or stand still.
 */

import { describe, expect, test } from "vitest";
import type { IncomingFrame } from "../../../src/live/frame.ts";
import { targetTrack } from "../../../src/remux/audio-transcoding/transcoding-target.ts";
import { MemoryRuntime } from "../../../src/runtime/memory/memory-runtime.ts";
import type { TranscoderOptions } from "../../../src/services/rtc-bridge/transcoder/audio-transcoder.ts";
import { TranscoderPool } from "../../../src/services/rtc-bridge/transcoder/transcoder-pool.ts";
import {
  createTranscoderThread,
  TRANSCODER_THREAD,
} from "../../../src/services/rtc-bridge/transcoder/transcoder-thread.ts";
import { readOpusModule, readOpusPackets } from "../../support/audio-fixtures.ts";
import { RecordingLogger } from "../../support/http-peer.ts";

const PACKETS = readOpusPackets();
const OPUS_TO_AAC: TranscoderOptions = {
  from: { codec: "opus", decoderConfigurationRecord: undefined },
  to: "aac",
  bitrate: 64_000,
  track: targetTrack("aac"),
};

function setUp(threadCountMax = 2) {
  const runtime = new MemoryRuntime();
  const { threads, clock } = runtime;
  threads.mains.set(
    TRANSCODER_THREAD,
    createTranscoderThread(async () => readOpusModule()),
  );
  const pool = new TranscoderPool({
    threads,
    clock,
    logger: new RecordingLogger(),
    threadCountMax,
  });
  const settle = async (): Promise<void> => {
    for (let i = 0; i < 20; i++) {
      for (const thread of threads.threads) if (thread.isRunning) await thread.settle();
    }
  };
  const open = (options = OPUS_TO_AAC) => {
    const frames: IncomingFrame[] = [];
    const failures: Error[] = [];
    const job = pool.open(options, {
      frame: (frame) => frames.push(frame),
      fail: (error) => failures.push(error),
    });
    const write = (from: number, to: number): void => {
      for (let i = from; i < to; i++)
        job.write(i * 20, PACKETS[i % PACKETS.length] ?? new Uint8Array());
    };
    return { job, frames, failures, write };
  };
  return { pool, clock, threads, settle, open };
}

describe("TranscoderPool", () => {
  test("gives frames in order, at their times, and has no thread before and after", async () => {
    const { pool, clock, threads, settle, open } = setUp();
    expect(threads.threads).toHaveLength(0);
    const { job, frames, failures, write } = open();
    write(0, 50);
    await settle();
    expect(failures).toEqual([]);
    expect(frames.length).toBeGreaterThan(40);
    expect(frames[0]?.track).toBe(OPUS_TO_AAC.track);
    expect(frames[0]?.track.codec).toBe("aac");
    for (const [index, { dtsMs }] of frames.entries()) {
      expect(dtsMs).toBeCloseTo(((index + 1) * 1024) / 48, 3);
    }
    job.close();
    expect(pool.jobCount).toBe(0);
    clock.advance(15_000);
    expect([pool.threadCount, threads.runningCount, clock.timerCount]).toEqual([0, 0, 0]);
  });

  test("spreads streams over as many threads as it may start", () => {
    const { pool, open } = setUp(2);
    for (let i = 0; i < 5; i++) open();
    expect(pool.threadCount).toBe(2);
  });

  test("goes on in another thread when one dies", async () => {
    const { threads, settle, open } = setUp(1);
    const { frames, failures, write } = open();
    write(0, 10);
    await settle();
    const before = frames.length;
    threads.threads[0]?.fail(new Error("gone"));
    write(10, 50);
    await settle();
    expect(threads.threads).toHaveLength(2);
    expect(failures).toEqual([]);
    expect(frames.length).toBeGreaterThan(before + 25);
  });

  test("gives a stream up that threads die of", async () => {
    const { clock, threads, settle, open } = setUp(1);
    const { failures } = open();
    for (let i = 0; i < 5; i++) {
      await settle();
      threads.threads.at(-1)?.fail(new Error("gone"));
      clock.advance(10_000);
    }
    expect(failures).toHaveLength(1);
  });

  test("leaves out the oldest where a thread is more than a second behind", async () => {
    const { clock, threads, settle, open } = setUp(1);
    const { job, frames, write } = open();
    await settle();
    threads.threads[0]?.pause();
    for (let i = 0; i < 300; i++) {
      write(i, i + 1);
      clock.advance(20);
    }
    expect(job.droppedCount).toBeGreaterThan(200);
    threads.threads[0]?.resume();
    await settle();
    expect(frames.at(-1)?.dtsMs).toBeGreaterThan(5_800);
  });

  test("replaces a thread that hangs", async () => {
    const { clock, threads, settle, open } = setUp(1);
    const { frames, write } = open();
    await settle();
    threads.threads[0]?.pause();
    write(0, 5);
    clock.advance(13_000);
    expect(threads.threads).toHaveLength(2);
    write(5, 50);
    await settle();
    expect(frames.length).toBeGreaterThan(20);
  });

  test("fails a job whose track cannot be decoded, and no other", async () => {
    const { settle, open } = setUp(1);
    const good = open();
    const bad = open({
      ...OPUS_TO_AAC,
      from: { codec: "speex", decoderConfigurationRecord: undefined },
    });
    good.write(0, 20);
    await settle();
    expect(bad.failures.map(({ message }) => message)).toEqual([
      "Cannot decode this kind of speex",
    ]);
    expect(good.frames.length).toBeGreaterThan(10);
  });
});
