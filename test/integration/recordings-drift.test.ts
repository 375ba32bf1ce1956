/**
 * Goal: times in recordings are those of the source, to the container's tick, after half an hour as at the
 * beginning, also where they are no whole milliseconds and pictures are shown in another order than sent.
 *
 * Method: half an hour of frames at 29.97 pictures a second with sound at 48 kHz goes in at the live core
 * as fast as it can, and ffprobe reads what comes out.
 */

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import type { Frame } from "../../src/live/frame.ts";
import { picture, sound } from "../support/packaging-frames.ts";
import { runProgram } from "../support/program.ts";
import { REC, RecordingBench } from "../support/recording-bench.ts";

const SECONDS = 1_800;
const PICTURE_MS = 1_001 / 30;
const SOUND_MS = 1_024 / 48;
const GOP = 60;
/** Of I, P, B and B in the order in which they are decoded: one picture later than that, at least. */
const OFFSETS = [1, 3, 0, 0];

function createFrames(): Frame[] {
  const frames: Frame[] = [];
  for (let i = 0; i * PICTURE_MS < SECONDS * 1_000; i++) {
    const isKeyFrame = i % GOP === 0;
    const compositionTimeOffsetMs = PICTURE_MS * (OFFSETS[i % OFFSETS.length] ?? 0);
    frames.push(picture(i * PICTURE_MS, { isKeyFrame, compositionTimeOffsetMs }));
  }
  for (let i = 0; i * SOUND_MS < SECONDS * 1_000; i++) frames.push(sound(i * SOUND_MS));
  return frames.sort((a, b) => a.dtsMs - b.dtsMs);
}

interface Ticks {
  readonly dts: number;
  readonly pts: number;
}

async function probeTicks(path: string, kind: "v" | "a"): Promise<Ticks[]> {
  const { stdout } = await runProgram(
    "ffprobe",
    [
      ...["-v", "quiet", "-select_streams", kind, "-show_packets"],
      ...["-show_entries", "packet=pts,dts", "-of", "json", path],
    ],
    { patienceMs: 120_000 },
  );
  return (JSON.parse(stdout) as { packets: Ticks[] }).packets;
}

// [ticks per second of pictures, and of sound]
test.each([
  ["flv", 1_000, 1_000],
  ["mp4", 90_000, 48_000],
  ["ts", 90_000, 90_000],
] as const)("%s", { timeout: 180_000 }, async (format, videoRate, audioRate) => {
  const bench = new RecordingBench({ dvr_path: `${REC}/[stream].${format}` });
  const publisher = await bench.publish();
  const frames = createFrames();
  await publisher.send(frames);
  await publisher.leave();
  const folder = mkdtempSync(join(tmpdir(), "sluice-drift-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const path = join(folder, `show.${format}`);
  writeFileSync(path, bench.contentOf(`${REC}/show.${format}`));

  for (const [kind, name, rate] of [
    ["video", "v", videoRate],
    ["audio", "a", audioRate],
  ] as const) {
    const sent = frames.filter(({ track }) => track.kind === kind);
    const got = await probeTicks(path, name);
    expect(got.length, kind).toBe(sent.length);
    const toTicks = (ms: number): number => Math.round((ms * rate) / 1_000);
    const faults = sent.flatMap((frame, i) => {
      const dts = toTicks(frame.dtsMs);
      const pts = toTicks(frame.dtsMs + frame.compositionTimeOffsetMs);
      const packet = got[i];
      return packet?.dts === dts && packet.pts === pts ? [] : [{ i, dts, pts, packet }];
    });
    expect(faults.slice(0, 3), `${faults.length} ${kind} packets`).toEqual([]);
  }
});
