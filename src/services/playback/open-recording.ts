/**
 * Opens the file of a recording.
 *
 * @module
 */

import type { Files } from "../../runtime/runtime.ts";
import { openFlvFrames } from "./flv/flv-frames.ts";
import type { FrameReader, OpenFrames } from "./frame-reader.ts";
import { openMp4Frames } from "./mp4/mp4-frames.ts";
import type { PlayableRecording } from "./recordings.ts";
import { openTsFrames } from "./ts/ts-frames.ts";

const OPENERS: Readonly<Record<PlayableRecording["format"], OpenFrames>> = {
  flv: openFlvFrames,
  mp4: openMp4Frames,
  ts: openTsFrames,
};

export interface OpenRecording {
  readonly recording: PlayableRecording;
  readonly frames: FrameReader;
  close(): Promise<void>;
}

/**
 * @param startMs See OpenFrames.
 * @throws {SystemError} If it is gone, or cannot be read. @throws {MalformedError} If it is damaged.
 */
export async function openRecording(
  files: Pick<Files, "open" | "stat">,
  recording: PlayableRecording,
  startMs: number | undefined,
): Promise<OpenRecording> {
  const { path, format, tracks } = recording;
  const file = await files.open(path, "read");
  try {
    const size = (await files.stat(path))?.size ?? 0;
    const hasVideo = tracks.length === 0 ? undefined : tracks.some(({ kind }) => kind === "video");
    const frames = await OPENERS[format]({ file, size, hasVideo }, startMs);
    return { recording, frames, close: () => file.close() };
  } catch (error) {
    await file.close();
    throw error;
  }
}
