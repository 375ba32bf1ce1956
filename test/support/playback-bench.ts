/**
 * Recordings in memory, made by the recorder, and what is played of them.
 *
 * @module
 */

import { createRecordingCatalog } from "../../src/app/recording.ts";
import { FlvStreamReader } from "../../src/codec/flv/stream-reader.ts";
import { FlvTagType } from "../../src/codec/flv/tag.ts";
import { readBoxes } from "../../src/codec/mp4/box-reader.ts";
import type { Frame } from "../../src/live/frame.ts";
import { FragmentsToStream } from "../../src/remux/cmaf/to-stream.ts";
import { type FlvOutput, FlvToStream } from "../../src/remux/flv/to-stream.ts";
import { TsToStream } from "../../src/remux/mpegts/to-stream.ts";
import { ANSWER_FORMATS, type AnswerExtension } from "../../src/services/playback/answer-format.ts";
import { JoinedFrames } from "../../src/services/playback/joined-frames.ts";
import { RecordedAnswer } from "../../src/services/playback/recorded-answer.ts";
import type { PlayableRecording, Recordings } from "../../src/services/playback/recordings.ts";
import { joinBytes } from "./hex.ts";
import { memoryConfig } from "./memory-server.ts";
import { hexOf } from "./packaging-frames.ts";
import { REC, type RecordingBench } from "./recording-bench.ts";

export const EXTENSIONS: readonly AnswerExtension[] = ["flv", "mp4", "ts"];

export interface Played {
  /** Empty: nothing was recorded then. */
  readonly bytes: Uint8Array;
  readonly frames: Frame[];
  /** Why it ended before its time. */
  readonly early: string[];
}

export interface PlayOptions {
  readonly fromMs: number;
  readonly seconds?: number;
  readonly recordings?: Recordings;
}

/** All recordings of a bench, as any process finds them. */
export function recordingsOf({ runtime, logger }: RecordingBench): Recordings {
  const dvr = { dvr_path: `${REC}/[stream].[timestamp].flv` };
  const config = memoryConfig({ vhosts: { __defaultVhost__: { dvr } } });
  return createRecordingCatalog(runtime, logger, () => config);
}

const NAME = { vhost: "__defaultVhost__", app: "live", stream: "show" };

/** Those of `live/show`, in order. */
export function allRecordings(bench: RecordingBench): Promise<readonly PlayableRecording[]> {
  const order = "oldest_first";
  return recordingsOf(bench).find({ name: NAME, fromWallMs: 0, order, start: 0, limit: 1_000 });
}

/** Plays `live/show`. */
export async function play(
  bench: RecordingBench,
  extension: AnswerExtension,
  { fromMs, seconds, recordings = recordingsOf(bench) }: PlayOptions,
): Promise<Played> {
  const early: string[] = [];
  const { files } = bench.runtime;
  const endedEarly = (_path: string, reason: string): void => void early.push(reason);
  const endMs = seconds === undefined ? Number.POSITIVE_INFINITY : fromMs + seconds * 1_000;
  const joined = new JoinedFrames({ files, recordings, endedEarly }, { name: NAME, fromMs, endMs });
  const description = await joined.open();
  const pieces: Uint8Array[] = [];
  if (description !== undefined) {
    const answer = new RecordedAnswer(joined, ANSWER_FORMATS[extension], description);
    for (let piece = await answer.next(); piece !== undefined; piece = await answer.next()) {
      pieces.push(piece);
    }
  }
  await joined.close();
  const bytes = joinBytes(...pieces);
  return { bytes, frames: readAnswer(extension, bytes), early };
}

/** The frames of an answer. */
export function readAnswer(extension: AnswerExtension, bytes: Uint8Array): Frame[] {
  const frames: Frame[] = [];
  const output: FlvOutput = {
    writeMetadata: () => undefined,
    writeTrack: (track) => track,
    writeFrame: (frame) => void frames.push(frame),
  };
  if (bytes.length > 0) READERS[extension](bytes, output);
  return frames;
}

const READERS: Readonly<Record<AnswerExtension, (bytes: Uint8Array, output: FlvOutput) => void>> = {
  flv: (bytes, output) => {
    const input = new FlvToStream(output);
    const reader = new FlvStreamReader({
      header: () => undefined,
      tag: ({ type, timestampMs, data }) => {
        if (type === FlvTagType.Video) input.video(timestampMs, data);
        else if (type === FlvTagType.Audio) input.audio(timestampMs, data);
      },
    });
    reader.read(bytes);
  },
  mp4: (bytes, output) => {
    const fragments = new FragmentsToStream(output);
    const first = [...readBoxes(bytes)].find(({ type }) => type === "moof")?.offset ?? bytes.length;
    fragments.initialize(bytes.subarray(0, first));
    fragments.read(bytes.subarray(first));
  },
  ts: (bytes, output) => {
    const input = new TsToStream(output);
    input.read(bytes);
    input.flush();
  },
};

/** What is known of frames that have gone through whatever container, by kind, in order. */
export function outlineOf(
  frames: readonly Frame[],
  kind: "video" | "audio",
): { payload: string; ms: number; isKeyFrame: boolean; offsetMs: number }[] {
  return frames
    .filter(({ track }) => track.kind === kind)
    .map(({ payload, dtsMs, isKeyFrame, compositionTimeOffsetMs }) => ({
      payload: hexOf(payload),
      ms: dtsMs,
      isKeyFrame,
      offsetMs: Math.round(compositionTimeOffsetMs),
    }));
}
