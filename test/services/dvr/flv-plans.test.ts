/**
 * Goal: what a publisher sends is in files bit by bit and with its times, cut where the plan says, under
 * the names that are set, and nothing that was there before is touched.
 *
 * Method: frames with numbers go in at the live core and come out of files in memory, read tag by tag.
 */

import { describe, expect, test } from "vitest";
import { AmfObject } from "../../../src/codec/amf0/value.ts";
import type { Frame } from "../../../src/live/frame.ts";
import { readFlvFile } from "../../support/flv-file.ts";
import {
  framesOf,
  H264_OTHER,
  hexOf,
  payloadsOf,
  picture,
  sound,
  soundsOf,
} from "../../support/packaging-frames.ts";
import { RecordingBench } from "../../support/recording-bench.ts";

/** A key frame every second. */
const GOP = 25;

function expectFrames(bytes: Uint8Array, sent: readonly Frame[], zeroMs = 0): void {
  const { frames, restSize } = readFlvFile(bytes);
  expect(frames.map(({ payload }) => payload)).toEqual(payloadsOf(sent));
  expect(frames.map(({ dtsMs }) => dtsMs)).toEqual(sent.map(({ dtsMs }) => dtsMs - zeroMs));
  expect(restSize).toBe(0);
}

async function onlyFile(bench: RecordingBench): Promise<Uint8Array> {
  const paths = await bench.files();
  expect(paths).toHaveLength(1);
  return bench.contentOf(paths[0] ?? "");
}

describe("session", () => {
  test("a file for each publish, with all that came", async () => {
    const bench = new RecordingBench();
    for (const fromMs of [0, 500_000]) {
      const publisher = await bench.publish();
      const frames = framesOf({ fromMs, toMs: fromMs + 5_000, gop: GOP });
      await publisher.send(frames);
      expect((await bench.files()).filter((path) => path.endsWith(".flv.tmp"))).toHaveLength(1);
      await publisher.leave();
      const path = (await bench.files()).at(-1) ?? "";
      expect(path).toMatch(/^\/rec\/live\/show\.\d{13}\.flv$/);
      // The second publisher's times begin at 0 too.
      expectFrames(bench.contentOf(path), frames, fromMs);
      expect(bench.recorded.at(-1)).toMatchObject({ file: path, publisher: { stream: "show" } });
      await bench.advance(3_000);
    }
    expect(await bench.files()).toHaveLength(2);
    expect(bench.events("recording finished")).toHaveLength(2);
  });

  test("the file says how long it is, and where its key frames are", async () => {
    const bench = new RecordingBench();
    const publisher = await bench.publish();
    await publisher.send(framesOf({ toMs: 4_500, gop: GOP }));
    await publisher.leave();
    const bytes = await onlyFile(bench);
    const { metadata, sequenceHeaders, header } = readFlvFile(bytes);
    expect(metadata.get("duration")).toBeCloseTo(4.52, 1);
    expect(metadata.get("filesize")).toBe(bytes.length);
    expect(metadata.get("videocodecid")).toBe(7);
    const index = metadata.get("keyframes");
    if (!(index instanceof AmfObject)) throw new Error("No index");
    expect(index.get("times")).toEqual([0, 1, 2, 3, 4]);
    for (const [i, position] of (index.get("filepositions") as number[]).entries()) {
      const time = (bytes[position + 4] ?? 0) * 65_536 + (bytes[position + 5] ?? 0) * 256;
      expect([bytes[position], time + (bytes[position + 6] ?? 0)]).toEqual([9, i * 1_000]);
      expect((bytes[position + 11] ?? 0) >> 4).toBe(1);
    }
    expect(sequenceHeaders).toEqual([
      { kind: "video", dtsMs: 0 },
      { kind: "audio", dtsMs: 0 },
    ]);
    expect(header).toEqual({ hasAudio: true, hasVideo: true });
  });

  test("is on disk within a second, in whole tags, with nothing that players choke on", async () => {
    const bench = new RecordingBench();
    const publisher = await bench.publish();
    const frames = framesOf({ toMs: 10_000, gop: GOP });
    await publisher.send(frames);
    const [path = ""] = await bench.files();
    const written = readFlvFile(bench.contentOf(path));
    expect(written.restSize).toBe(0);
    expect(written.frames.at(-1)?.dtsMs).toBeGreaterThan(9_000);
    // And it goes on though no more frames come.
    await bench.advance(1_000);
    expectFrames(bench.contentOf(path), frames);
  });

  test("pictures that nobody can decode are left out, sound is not", async () => {
    const bench = new RecordingBench();
    const publisher = await bench.publish();
    const frames = [
      picture(0),
      sound(5),
      picture(40),
      sound(26),
      picture(80, { isKeyFrame: true }),
    ];
    await publisher.send([...frames, picture(120)]);
    await bench.advance(1_500);
    await publisher.leave();
    const { frames: read } = readFlvFile(await onlyFile(bench));
    expect(read.map(({ kind, dtsMs }) => [kind, dtsMs])).toEqual([
      ["audio", 0],
      ["audio", 21],
      ["video", 75],
      ["video", 115],
    ]);
  });

  test("B-frames keep the distance of their two times", async () => {
    const bench = new RecordingBench();
    const publisher = await bench.publish();
    const offsets = [80, 160, 0, 40];
    const frames = offsets.map((compositionTimeOffsetMs, i) =>
      picture(i * 40, { isKeyFrame: i === 0, compositionTimeOffsetMs }),
    );
    await publisher.send([...frames, sound(10)]);
    await publisher.leave();
    const bytes = await onlyFile(bench);
    const read = frames.map(({ payload }) => {
      const at = hexOf(bytes).indexOf(hexOf(payload)) / 2;
      return (bytes[at - 2] ?? 0) * 256 + (bytes[at - 1] ?? 0);
    });
    expect(read).toEqual(offsets);
  });

  test("goes on in the same file when the configuration of a codec changes", async () => {
    const bench = new RecordingBench();
    const publisher = await bench.publish();
    await publisher.send(framesOf({ toMs: 2_000, gop: GOP }));
    await publisher.send(framesOf({ fromMs: 2_000, toMs: 4_000, gop: GOP, video: H264_OTHER }));
    await publisher.leave();
    const { frames, sequenceHeaders } = readFlvFile(await onlyFile(bench));
    expect(frames).toHaveLength(100 + 188);
    expect(sequenceHeaders.filter(({ kind }) => kind === "video")).toEqual([
      { kind: "video", dtsMs: 0 },
      { kind: "video", dtsMs: 2_000 },
      // Who seeks to a key frame from now on has to be told there.
      { kind: "video", dtsMs: 3_000 },
    ]);
  });

  test("sound alone", async () => {
    const bench = new RecordingBench();
    const publisher = await bench.publish();
    const frames = framesOf({ toMs: 3_000, rate: 0 });
    await publisher.send(frames);
    await publisher.leave();
    const bytes = await onlyFile(bench);
    expectFrames(bytes, frames);
    expect(readFlvFile(bytes).header).toEqual({ hasAudio: true, hasVideo: false });
  });

  test("who sends nothing leaves no file", async () => {
    const bench = new RecordingBench();
    await (await bench.publish()).leave();
    expect(await bench.files()).toEqual([]);
    expect(bench.recorded).toEqual([]);
  });

  test("by the end of the server all is complete", async () => {
    const bench = new RecordingBench();
    const publisher = await bench.publish();
    const frames = framesOf({ toMs: 3_000, gop: GOP });
    await publisher.send(frames);
    await bench.dvr.close();
    expectFrames(await onlyFile(bench), frames);
  });
});

describe("segment", () => {
  const SEGMENT = { dvr_plan: "segment", dvr_duration: 2.5 };

  test("is cut at the first key frame behind the duration, and nothing is lost or there twice", async () => {
    const bench = new RecordingBench(SEGMENT);
    const publisher = await bench.publish();
    const frames = framesOf({ toMs: 10_000, gop: GOP });
    await publisher.send(frames);
    await publisher.leave();
    const files = (await bench.files()).map((path) => readFlvFile(bench.contentOf(path)));
    const all = files.flatMap((file) => file.frames.map(({ payload }) => payload));
    expect(all).toEqual(payloadsOf(frames));
    const pictures = files.map(({ frames: list }) => list.filter(({ kind }) => kind === "video"));
    expect(pictures.map(({ length }) => length)).toEqual([75, 75, 75, 25]);
    for (const { frames: list, sequenceHeaders } of files) {
      // Sound that comes behind the key frame may be of a moment before it.
      expect(Math.min(...list.map(({ dtsMs }) => dtsMs))).toBe(0);
      expect(list.find(({ kind }) => kind === "video")?.dtsMs).toBeLessThan(22);
      expect(sequenceHeaders).toHaveLength(2);
    }
    expect(bench.recorded).toHaveLength(4);
  });

  test("without waiting for a key frame", async () => {
    const bench = new RecordingBench({ ...SEGMENT, dvr_wait_keyframe: false });
    const publisher = await bench.publish();
    await publisher.send(framesOf({ toMs: 10_000, gop: 250 }));
    await publisher.leave();
    const files = (await bench.files()).map((path) => readFlvFile(bench.contentOf(path)));
    expect(files).toHaveLength(4);
    const durations = files.map(({ metadata }) => Number(metadata.get("duration")));
    for (const duration of durations) expect(duration).toBeCloseTo(2.5, 0);
  });

  test("without video", async () => {
    const bench = new RecordingBench(SEGMENT);
    const publisher = await bench.publish();
    const frames = framesOf({ toMs: 10_000, rate: 0 });
    await publisher.send(frames);
    await publisher.leave();
    const files = (await bench.files()).map((path) => readFlvFile(bench.contentOf(path)).frames);
    expect(files).toHaveLength(4);
    expect(files.flat()).toHaveLength(soundsOf(frames).length);
  });
});

describe("timestamps", () => {
  const JUMP = [
    picture(5_000, { isKeyFrame: true }),
    sound(5_000),
    picture(5_040),
    picture(400_040),
    sound(400_021),
  ];

  test.each([
    ["full", [0, 0, 40, 50, 31]],
    ["zero", [0, 0, 40, 395_040, 395_021]],
    ["off", [5_000, 5_000, 5_040, 400_040, 400_021]],
  ])("%s, whatever players are told", async (mode, times) => {
    const vhost = { play: { time_jitter: "full" } };
    const bench = new RecordingBench({ time_jitter: mode }, { vhost });
    const publisher = await bench.publish();
    for (const frame of JUMP) publisher.sendNow(frame);
    await bench.advance(1_100);
    await publisher.leave();
    const { frames } = readFlvFile(await onlyFile(bench));
    expect(frames.map(({ dtsMs }) => dtsMs)).toEqual(times);
  });
});
