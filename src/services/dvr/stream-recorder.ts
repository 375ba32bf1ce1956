/**
 * Records one publication of a stream, in one file or in many.
 *
 * @module
 */

import type { Clock } from "../../base/clock.ts";
import type { SessionRequest } from "../../live/admission.ts";
import type { Frame } from "../../live/frame.ts";
import type { LiveStream, StreamWaiter } from "../../live/live-stream.ts";
import type { StreamListener } from "../../live/stream-listener.ts";
import { Timeline } from "../../live/timeline.ts";
import {
  isSameTrack,
  type StreamDescription,
  type StreamMetadata,
  type Track,
  type TrackKind,
} from "../../live/track.ts";
import type { DvrRules } from "./dvr-rules.ts";
import { FilePace } from "./file-pace.ts";
import type { Recording } from "./recording.ts";
import { KEY_FRAME_WAIT_MS, RecordingGate, type RecordingSink } from "./recording-gate.ts";
import { TrackPace } from "./track-pace.ts";
import { WriteQueue } from "./write-queue.ts";

/** How long after a disk has failed it is tried again. */
const RETRY_MS = 5_000;
/** Audio and video are interleaved: the other track may be behind by this much. */
const BEHIND_MS_MAX = 250;
/** How often a file begins, but for the first ones. Segments may be shorter. */
const FILE_MS = 1_000;
/** Timestamps that go back by more have begun to count anew. */
const BACK_STEP_MS_MAX = 1_000;

/** Who is asked and told about files: they may outlive the publisher that began them. */
export interface FileOwner {
  current: StreamRecorder;
}

/** A recording that the next publisher goes on in. */
export interface Continued {
  readonly recording: Recording;
  readonly owner: FileOwner;
  readonly timeline: Timeline;
  readonly queue: WriteQueue;
}

export interface StreamRecorderPorts {
  readonly clock: Clock;
  /** Begins a file. @param zeroMs The recorder's time at which the file's is 0. */
  readonly open: (
    recorder: StreamRecorder,
    description: StreamDescription,
    zeroMs: number,
  ) => Recording;
  /** A file takes nothing more, by itself or because it failed: complete it. */
  readonly close: (recorder: StreamRecorder, recording: Recording) => void;
  /** What the container has no place for. */
  readonly onLeftOut: (recorder: StreamRecorder, track: Track) => void;
  /** A frame that is in no file, as files have begun too often. @param isFirst The recorder's first one. */
  readonly onFrameLeftOut: (recorder: StreamRecorder, isFirst: boolean) => void;
  /** A bug: nothing more is recorded of this publication. */
  readonly onFailed: (recorder: StreamRecorder, error: unknown) => void;
}

export class StreamRecorder implements StreamListener, StreamWaiter, RecordingSink {
  readonly stream: LiveStream;
  readonly request: SessionRequest | undefined;
  /** Recorded because somebody has asked for it, whatever is set. */
  readonly isAskedFor: boolean;
  /** What waits for the disk, in all its files. */
  readonly queue: WriteQueue;
  /** Of all its files. */
  readonly owner: FileOwner;
  readonly #ports: StreamRecorderPorts;
  readonly #gate: RecordingGate = new RecordingGate(this);
  #rules: DvrRules;
  readonly #timeline: Timeline;
  #recording: Recording | undefined;
  #description: StreamDescription | undefined;
  /** Files are made by other rules since then, on the monotonic clock: from the next key frame on. */
  #cutWantedMs: number | undefined;
  /** The disk failed: not before that, on the monotonic clock. */
  #retryMs = 0;
  #isFailing = false;
  #isStopped = false;
  /** Where the file begins, in the recorder's time. */
  #startMs = 0;
  /** They go on in the same file with the next frame. */
  readonly #newTracks: Track[] = [];
  readonly #filePace: FilePace;
  /** What has been said to be left out. */
  readonly #notCarried = new Set<string>();
  /** In the recorder's time. */
  readonly #paces: Readonly<Record<TrackKind, TrackPace>> = {
    video: new TrackPace(),
    audio: new TrackPace(),
  };

  constructor(
    stream: LiveStream,
    rules: DvrRules,
    ports: StreamRecorderPorts,
    options: { readonly isAskedFor: boolean; readonly continued?: Continued | undefined },
  ) {
    this.stream = stream;
    this.request = stream.publication?.publisher.request;
    this.isAskedFor = options.isAskedFor;
    this.#rules = rules;
    this.#ports = ports;
    this.#filePace = new FilePace(ports.clock.monotonicMs());
    this.#recording = options.continued?.recording;
    this.owner = options.continued?.owner ?? { current: this };
    this.owner.current = this;
    this.queue = options.continued?.queue ?? new WriteQueue();
    this.#timeline = options.continued?.timeline ?? new Timeline(rules.jitterMode);
    this.#timeline.restart();
  }

  get rules(): DvrRules {
    return this.#rules;
  }

  /** What is being written; `undefined` before the first frame, and while the disk fails. */
  get recording(): Recording | undefined {
    return this.#recording;
  }

  /** The disk has failed, and has not been tried since, or not with success. */
  get isFailing(): boolean {
    return this.#isFailing;
  }

  /** Begins, with the latest key frame if the stream runs already. */
  start(): void {
    try {
      this.#feedCached();
      this.stream.addListener(this);
      this.stream.addWaiter(this);
    } catch (error) {
      this.fail(error);
    }
  }

  /** Nothing follows. @returns What the next publisher may go on in, with the plan `append`. */
  stop(isAppended: boolean): Continued | undefined {
    if (this.#isStopped) return undefined;
    try {
      this.#gate.end();
    } catch (error) {
      this.fail(error);
      return undefined;
    }
    this.#detach();
    const recording = this.#recording;
    if (recording === undefined) return undefined;
    if (isAppended && recording.error === undefined) {
      recording.flush();
      this.#recording = undefined;
      return { recording, owner: this.owner, timeline: this.#timeline, queue: this.queue };
    }
    this.#close();
    return undefined;
  }

  /** Takes on other rules: files that would be others end at the next key frame, and no frame is lost. */
  configure(rules: DvrRules): void {
    const isOther = rules.fileKey !== this.#rules.fileKey;
    this.#rules = rules;
    if (!isOther) return;
    this.#cutWantedMs ??= this.#ports.clock.monotonicMs();
    this.#gate.reconsider();
  }

  /** Call every second or so. */
  sweep(): void {
    this.#recording?.flush();
  }

  /** The file has failed, by a fault of the disk. */
  fileFailed(recording: Recording): void {
    if (recording !== this.#recording) return;
    this.#isFailing = true;
    this.#retryMs = this.#ports.clock.monotonicMs() + RETRY_MS;
    this.#close();
  }

  /** The disk has taken the beginning of a file. */
  fileWritten(): void {
    this.#isFailing = false;
  }

  // StreamListener, StreamWaiter --------------------------------------------------------------------

  onMetadata(metadata: StreamMetadata): void {
    this.#gate.metadata(metadata);
  }

  onTrack(track: Track): void {
    this.#gate.track(track);
  }

  onFrame(frame: Frame): void {
    this.#gate.frame(frame);
  }

  onStreamReady(): void {
    this.#gate.ready();
  }

  onEnd(): void {
    // It has been stopped when the publisher left.
  }

  fail(error: unknown): void {
    this.#detach();
    this.#close();
    this.#ports.onFailed(this, error);
  }

  // RecordingSink -----------------------------------------------------------------------------------

  canCarry(track: Track): boolean {
    const { format } = this.#rules;
    const isCarried = format.canCarry(track);
    const what = `${track.codec} in ${format.name}`;
    if (!isCarried && !this.#notCarried.has(what)) {
      this.#notCarried.add(what);
      this.#ports.onLeftOut(this, track);
    }
    return isCarried;
  }

  canSwitch(before: Track | undefined, after: Track): boolean {
    if (before !== undefined && isSameTrack(before, after)) return true;
    const { format } = this.#recording?.rules ?? this.#rules;
    return format.canSwitch(before, after);
  }

  begin(description: StreamDescription): void {
    this.#description = description;
    const recording = this.#recording;
    if (recording === undefined) return;
    if (this.#canGoOn(recording, description)) {
      for (const track of [description.video, description.audio]) {
        if (track !== undefined) this.#newTracks.push(track);
      }
    } else {
      this.#close();
    }
  }

  track(track: Track): void {
    this.#description = this.#description && { ...this.#description, [track.kind]: track };
    this.#newTracks.push(track);
  }

  frame(frame: Frame, agoMs: number): void {
    const { kind } = frame.track;
    const nowMs = this.#ports.clock.monotonicMs();
    const atMs = this.#timeline.place(kind, frame.publisherDtsMs ?? frame.dtsMs, nowMs);
    this.#filePace.add(frame.payload.length);
    if (this.#recording !== undefined && this.#isCutDue(frame, atMs, nowMs)) this.#close();
    if (this.#recording === undefined) this.#newTracks.length = 0; // The next file has them from its beginning.
    if (this.#recording === undefined) {
      this.#recording = this.#open(frame, atMs, nowMs);
      this.#recording?.beganEarlier(agoMs);
    }
    for (const track of this.#newTracks.splice(0)) this.#recording?.track(track, atMs);
    this.#recording?.frame(frame, atMs);
    this.#paces[kind].add(atMs);
  }

  // -------------------------------------------------------------------------------------------------

  /** What came before the recorder, from the latest key frame on. */
  #feedCached(): void {
    const { gopCache, description } = this.stream;
    const { frames } = gopCache;
    const known = frames.length > 0 ? gopCache.description : description;
    const gate = this.#gate;
    gate.metadata(known.metadata);
    const seen = { video: known.video, audio: known.audio };
    if (seen.video !== undefined) gate.track(seen.video);
    if (seen.audio !== undefined) gate.track(seen.audio);
    for (const frame of frames) {
      const { track } = frame;
      if (seen[track.kind] !== track) {
        seen[track.kind] = track;
        gate.track(track);
      }
      gate.frame(frame);
    }
  }

  #detach(): void {
    this.#isStopped = true;
    this.stream.removeWaiter(this);
    this.stream.removeListener(this);
  }

  /** Whether a file can be begun with a frame. */
  #isEntry({ track, isKeyFrame }: Frame): boolean {
    return track.kind === "video" ? isKeyFrame : this.#description?.video === undefined;
  }

  /** Whether the file ends in front of a frame, and another one may begin with it. */
  #isCutDue(frame: Frame, atMs: number, nowMs: number): boolean {
    return this.#isCutWanted(frame, atMs, nowMs) && this.#filePace.canBegin(nowMs, this.#fileMs);
  }

  #isCutWanted(frame: Frame, atMs: number, nowMs: number): boolean {
    const { plan, durationMs, isKeyFrameAwaited } = this.#rules;
    const isEntry = this.#isEntry(frame);
    const lastMs = this.#paces[frame.track.kind].lastMs ?? atMs;
    if (this.#cutWantedMs !== undefined) {
      return isEntry || nowMs - this.#cutWantedMs >= KEY_FRAME_WAIT_MS;
    }
    if (atMs < lastMs - BACK_STEP_MS_MAX) return isEntry;
    if (plan !== "segment") return false;
    return atMs - this.#startMs >= durationMs && (isEntry || !isKeyFrameAwaited);
  }

  /** How often a file may begin. */
  get #fileMs(): number {
    return Math.min(FILE_MS, this.#rules.durationMs);
  }

  /** Begins a file with a frame; `undefined`: not now, as the disk has failed, or files begin too often. */
  #open(frame: Frame, atMs: number, nowMs: number): Recording | undefined {
    if (this.#isStopped || this.#description === undefined) return undefined;
    const isEntry = this.#isEntry(frame);
    const isLate = nowMs - this.#retryMs >= KEY_FRAME_WAIT_MS;
    const isPausing = nowMs < this.#retryMs || this.queue.size > 0 || !(isEntry || isLate);
    if (this.#isFailing && isPausing) return undefined;
    if (!this.#filePace.begin(nowMs, this.#fileMs, isEntry)) {
      this.#ports.onFrameLeftOut(this, this.#filePace.leftOutCount === 1);
      return undefined;
    }
    this.#cutWantedMs = undefined;
    this.#startMs = atMs;
    return this.#ports.open(this, this.#description, this.#zeroMs(frame.track.kind, atMs));
  }

  /** The other track may go on at a time that is a little earlier, and no file has one before its first. */
  #zeroMs(kind: TrackKind, atMs: number): number {
    const { jitterMode, format } = this.#rules;
    if (jitterMode === "off" && !format.isZeroBased) return 0;
    const nextMs = this.#paces[kind === "video" ? "audio" : "video"].nextMs ?? atMs;
    return Math.min(atMs, Math.max(nextMs, atMs - BEHIND_MS_MAX));
  }

  /** Whether all that a stream is made of now can go into a file that another publisher has left. */
  #canGoOn(recording: Recording, { video, audio }: StreamDescription): boolean {
    const before = recording.description;
    if (recording.rules.fileKey !== this.#rules.fileKey) return false;
    return [video, audio].every(
      (track) => track === undefined || this.canSwitch(before[track.kind], track),
    );
  }

  #close(): void {
    const recording = this.#recording;
    this.#recording = undefined;
    if (recording !== undefined) this.#ports.close(this, recording);
  }
}
