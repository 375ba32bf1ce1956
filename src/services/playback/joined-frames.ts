/**
 * What has been recorded of a stream in a time, as one run of frames, in however many files it is.
 *
 * @module
 */

import { MalformedError, SystemError } from "../../base/errors.ts";
import type { Frame } from "../../live/frame.ts";
import { isSameTrack, type StreamDescription, type Track } from "../../live/track.ts";
import type { Files } from "../../runtime/runtime.ts";
import { BorderClock } from "./border-clock.ts";
import { FileFrames } from "./file-frames.ts";
import { openRecording } from "./open-recording.ts";
import { isFollowedBy, RecordingSequence, type SequenceQuery } from "./recording-sequence.ts";
import type { PlayableRecording, Recordings } from "./recordings.ts";

export interface JoinedFramesPorts {
  readonly files: Pick<Files, "open" | "stat">;
  readonly recordings: Recordings;
  /** What is played ends before its time; the reason is for the log. */
  readonly endedEarly: (path: string, reason: string, error?: Error) => void;
}

/** Frames that are given away at once. */
const BATCH_SIZE = 64 * 1024;
const BATCH_FRAMES = 256;

export class JoinedFrames {
  /** Whether a track may become another one. Until it is set none may. */
  canSwitch: (before: Track | undefined, after: Track) => boolean = () => false;
  readonly #ports: JoinedFramesPorts;
  readonly #query: SequenceQuery;
  readonly #sequence: RecordingSequence;
  readonly #clock = new BorderClock();
  #file: FileFrames | undefined;
  #tracks: Partial<Record<Track["kind"], Track>> = {};
  /** Of the file that was opened last. */
  #path = "";
  #isOver = false;
  #isClosed = false;

  constructor(ports: JoinedFramesPorts, query: SequenceQuery) {
    this.#ports = ports;
    this.#query = query;
    this.#sequence = new RecordingSequence(ports.recordings, query);
  }

  /**
   * Goes to the beginning.
   *
   * @returns What is to be played; `undefined` if nothing was recorded then.
   * @throws {SystemError} If it cannot be read. @throws {MalformedError} If it is damaged.
   */
  async open(): Promise<StreamDescription | undefined> {
    const file = await this.#findFirst();
    if (file === undefined) return undefined;
    this.#file = file;
    const ahead = await file.readAhead();
    const [first] = ahead;
    if (first === undefined || this.#isBehindEnd(file, first)) return undefined;
    this.#clock.start(first.dtsMs);
    for (const { track } of ahead) this.#tracks[track.kind] ??= track;
    const { video, audio } = this.#tracks;
    return { video, audio, metadata: file.frames.metadata };
  }

  /**
   * The next frames, with times from 0 on.
   *
   * @returns `undefined` at the end, be that the time that was asked for, that of all recordings, or where
   *   they cannot be read on.
   */
  async next(): Promise<readonly Frame[] | undefined> {
    const frames: Frame[] = [];
    let size = 0;
    while (size < BATCH_SIZE && frames.length < BATCH_FRAMES && !this.#isOver && !this.#isClosed) {
      const frame = await this.#nextOrEnd();
      if (frame === undefined) break;
      frames.push(frame);
      size += frame.payload.length;
    }
    return frames.length > 0 ? frames : undefined;
  }

  /** Not while `next` or `open` is under way. */
  async close(): Promise<void> {
    this.#isClosed = true;
    const file = this.#file;
    this.#file = undefined;
    await file?.close();
  }

  async #nextOrEnd(): Promise<Frame | undefined> {
    try {
      const frame = await this.#nextFrame();
      if (frame === undefined) this.#isOver = true;
      return frame;
    } catch (error) {
      if (!(error instanceof MalformedError) && !(error instanceof SystemError)) throw error;
      this.#end(error instanceof MalformedError ? "damaged" : "unreadable", error);
      return undefined;
    }
  }

  async #nextFrame(): Promise<Frame | undefined> {
    for (;;) {
      const file = this.#file;
      const frame = await file?.next();
      if (file === undefined) return undefined;
      if (frame === undefined) {
        if (!(await this.#enterNext())) return undefined;
        continue;
      }
      if (this.#isBehindEnd(file, frame)) return undefined;
      const track = this.#trackOf(frame.track);
      if (track === undefined) {
        this.#end("codec changed");
        return undefined;
      }
      const dtsMs = this.#clock.place(frame);
      // Rounding, or a track that is a little ahead, is no reason to go back.
      return { ...frame, track, dtsMs: Math.max(0, dtsMs) };
    }
  }

  /** The same object as long as it is the same track; `undefined` if the answer has no place for it. */
  #trackOf(track: Track): Track | undefined {
    const known = this.#tracks[track.kind];
    if (known === track || (known !== undefined && isSameTrack(known, track))) return known;
    if (!this.canSwitch(known, track)) return undefined;
    this.#tracks[track.kind] = track;
    return track;
  }

  /** @returns Whether there is another file. */
  async #enterNext(): Promise<boolean> {
    const before = this.#file;
    await before?.close();
    this.#file = undefined;
    const recording = await this.#sequence.next();
    if (recording === undefined) return false;
    const isContinued = before !== undefined && isFollowedBy(before.recording, recording);
    const file = await this.#open(recording, undefined, isContinued);
    this.#file = file;
    const ahead = await file.readAhead();
    if (ahead.length > 0) this.#clock.begin(ahead);
    return true;
  }

  async #findFirst(): Promise<FileFrames | undefined> {
    const { fromMs } = this.#query;
    const candidates = await this.#sequence.candidates();
    for (const recording of candidates) {
      const startMs = Math.max(0, fromMs - recording.startedWallMs);
      const file = await this.#open(recording, startMs);
      if (file.frames.isEntry) {
        this.#sequence.begin(recording);
        return file;
      }
      await file.close();
    }
    // No key frame comes before the time: the first one behind it.
    const [recording] = candidates;
    if (recording !== undefined) this.#sequence.begin(recording);
    const next = recording ?? (await this.#sequence.next());
    return next && this.#open(next, undefined);
  }

  async #open(
    recording: PlayableRecording,
    startMs: number | undefined,
    isContinued = false,
  ): Promise<FileFrames> {
    this.#path = recording.path;
    const open = await openRecording(this.#ports.files, recording, startMs);
    return new FileFrames(open, isContinued);
  }

  /** A frame's time is that of its file from when that began. */
  #isBehindEnd({ recording }: FileFrames, { dtsMs }: Frame): boolean {
    return recording.startedWallMs + dtsMs >= this.#query.endMs;
  }

  #end(reason: string, error?: Error): void {
    this.#isOver = true;
    this.#ports.endedEarly(this.#path, reason, error);
  }
}
