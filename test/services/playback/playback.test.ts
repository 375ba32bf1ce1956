/**
 * Goal: what has been recorded in a time is played as one run of frames, whatever the containers are and
 * however many files: from the last key frame at or before the time, each frame once, with the distances
 * that they had, without a jump at the borders.
 *
 * Method: the recorder makes files in memory, a catalogue finds them; the frames of the answers are compared
 * with those that were sent.
 */

import { describe, expect, test } from "vitest";
import type { Frame } from "../../../src/live/frame.ts";
import { framesOf, hexOf } from "../../support/packaging-frames.ts";
import { allRecordings, EXTENSIONS, outlineOf, play } from "../../support/playback-bench.ts";
import { REC, RecordingBench } from "../../support/recording-bench.ts";

const GOP = 25;
/** Both roundings to milliseconds, in the publisher's clock and in FLV, and ticks. */
const TOLERANCE_MS = 1.05;

interface Recorded {
  readonly bench: RecordingBench;
  /** When the first recording began. */
  readonly startMs: number;
}

async function record(
  format: string,
  frames: readonly Frame[],
  dvr: Readonly<Record<string, unknown>> = {},
): Promise<Recorded> {
  const bench = new RecordingBench({
    dvr_plan: "segment",
    dvr_duration: 4,
    dvr_path: `${REC}/[stream].[timestamp].${format}`,
    ...dvr,
  });
  const publisher = await bench.publish();
  await publisher.send(frames);
  await publisher.leave();
  // A stream that announces two tracks and has one is recorded a second after it has begun.
  const [first] = await allRecordings(bench);
  return { bench, startMs: first?.startedWallMs ?? Number.NaN };
}

/** Expects the frames that were sent in a time, moved so that the first one is at 0. */
function expectPlayed(played: readonly Frame[], sent: readonly Frame[]): void {
  const zeroMs = sent[0]?.dtsMs ?? 0;
  for (const kind of ["video", "audio"] as const) {
    const [got, expected] = [outlineOf(played, kind), outlineOf(sent, kind)];
    expect(
      got.map(({ payload }) => payload),
      kind,
    ).toEqual(expected.map(({ payload }) => payload));
    const faults = got.flatMap((frame, i) => {
      const { ms = 0, isKeyFrame, offsetMs } = expected[i] ?? {};
      const isRight =
        Math.abs(frame.ms - (ms - zeroMs)) <= TOLERANCE_MS &&
        frame.isKeyFrame === isKeyFrame &&
        Math.abs(frame.offsetMs - (offsetMs ?? 0)) <= 1;
      return isRight ? [] : [{ i, ms: frame.ms, sent: ms - zeroMs, isKeyFrame: frame.isKeyFrame }];
    });
    expect(faults, kind).toEqual([]);
  }
}

/** From a key frame on, and before an end; sound begins with the picture. */
function part(frames: readonly Frame[], fromMs: number, toMs: number): Frame[] {
  const first = frames.findIndex(({ dtsMs, track }) => dtsMs === fromMs && track.kind === "video");
  return frames.filter(
    ({ dtsMs, track }, i) =>
      dtsMs >= fromMs && dtsMs < toMs && (i >= first || track.kind === "audio"),
  );
}

describe.each(["flv", "mp4", "ts"])("recorded as %s", (format) => {
  describe.each(EXTENSIONS)("played as %s", (extension) => {
    test("over two borders, from the key frame before the time", async () => {
      const sent = framesOf({ toMs: 12_000, gop: GOP });
      const { bench, startMs } = await record(format, sent);
      expect(await bench.files()).toHaveLength(3);
      const played = await play(bench, extension, { fromMs: startMs + 3_300, seconds: 5.5 });
      expect(played.early).toEqual([]);
      expectPlayed(played.frames, part(sent, 3_000, 8_800));
    });
  });

  test("to the end of all there is, where no duration is given", async () => {
    const sent = framesOf({ toMs: 9_000, gop: GOP });
    const { bench, startMs } = await record(format, sent);
    const { frames } = await play(bench, "mp4", { fromMs: startMs + 6_000 });
    expectPlayed(frames, part(sent, 6_000, 9_000));
  });

  test("an answer says nothing of a size or a duration, which it does not know", async () => {
    const { bench, startMs } = await record(format, framesOf({ toMs: 5_000, gop: GOP }));
    const { bytes } = await play(bench, "flv", { fromMs: startMs });
    const front = new TextDecoder("latin1").decode(bytes.subarray(0, 1_000));
    expect(front).toContain("onMetaData");
    for (const fact of ["duration", "filesize", "keyframes", "lasttimestamp"]) {
      expect(front).not.toContain(fact);
    }
  });

  test("sound alone", async () => {
    const sent = framesOf({ toMs: 12_000, rate: 0 });
    const { bench, startMs } = await record(format, sent);
    const { frames } = await play(bench, "ts", { fromMs: startMs + 3_000, seconds: 6 });
    // How long it had been waited for a second track is known to some milliseconds.
    const first = sent.findIndex(
      ({ payload }) => hexOf(payload) === hexOf(frames[0]?.payload ?? new Uint8Array()),
    );
    expect(Math.abs((sent[first]?.dtsMs ?? 0) - 3_000)).toBeLessThan(50);
    expect(Math.abs(frames.length - (6_000 * 48) / 1_024)).toBeLessThan(3);
    expectPlayed(frames, sent.slice(first, first + frames.length));
  });

  test("pictures alone, at 30 a second", async () => {
    const sent = framesOf({ toMs: 12_000, gop: 30, rate: 30, hasAudio: false });
    const { bench, startMs } = await record(format, sent);
    const { frames } = await play(bench, "flv", { fromMs: startMs + 2_500, seconds: 8 });
    expect(Math.abs(frames.length - 255)).toBeLessThan(3);
    expectPlayed(frames, part(sent, 2_000, 12_000).slice(0, frames.length));
  });
});
