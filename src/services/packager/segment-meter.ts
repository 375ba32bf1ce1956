/**
 * How long the segment is that is being made, and where it is to end, by the times of its frames, which
 * publishers may have begin anew.
 *
 * @module
 */

import type { Frame } from "../../live/frame.ts";
import { FrameStep } from "./frame-step.ts";
import { type CutRules, isCutDue, isStepBack } from "./segment-cutter.ts";
import { TrackSpan } from "./track-span.ts";

export class SegmentMeter {
  readonly #rules: CutRules;
  #hasVideo = false;
  #startMs = 0;
  /** Of the track that leads: video, if there is any. */
  readonly #step = new FrameStep();
  /** What the segment has of that track, and of the other. */
  readonly #leading: TrackSpan;
  readonly #other: TrackSpan;
  /** When the other track's newest frame is decoded, and how far it has come since the leading one's. */
  #otherLastMs: number | undefined;
  #silentMs = 0;

  constructor(rules: CutRules) {
    this.#rules = rules;
    this.#leading = new TrackSpan(rules.overflowMs);
    this.#other = new TrackSpan(rules.overflowMs);
  }

  /** What follows has nothing to do with what was before. */
  reset(hasVideo: boolean): void {
    this.#hasVideo = hasVideo;
    this.#step.reset();
  }

  /** A segment begins with `frame`, which is to be added too. */
  start(frame: Frame): void {
    this.#startMs = frame.dtsMs;
    this.#leading.reset();
    this.#other.reset();
  }

  /** Whether `frame` is to be the first of the next segment. @param size Bytes of this one so far. */
  isDue(frame: Frame, size: number): boolean {
    const spanMs = this.#spanOf(frame).upTo(frame.dtsMs, this.#startMs);
    return isCutDue({ spanMs, size }, frame, this.#hasVideo, this.#rules) || this.isJump(frame);
  }

  /** Whether a frame has nothing to do with those before it: the timestamps of its track begin anew. */
  isJump(frame: Frame): boolean {
    const { lastMs, endMs } = this.#step;
    if (!this.#isLeading(frame) || lastMs === undefined || endMs === undefined) return false;
    return (
      isStepBack(lastMs, frame.dtsMs) ||
      frame.dtsMs - endMs - this.#silentMs > this.#rules.overflowMs
    );
  }

  add(frame: Frame): void {
    this.#spanOf(frame).add(frame.dtsMs, this.#startMs);
    this.#noteProgress(frame);
  }

  /** How long the segment is that ends, in milliseconds. @param next The first frame after it, if any. */
  durationMs(next: Frame | undefined): number {
    // After a jump of the timestamps the next frame says nothing of this segment's end.
    const isKnown = next !== undefined && !this.isJump(next);
    const knownMs = isKnown ? this.#spanOf(next).upTo(next.dtsMs, this.#startMs) : 0;
    // Nor does the first frame of a track that counts from another start.
    return knownMs > 0 ? knownMs : this.#estimateMs();
  }

  /** As far as it is known before the next frame. */
  #estimateMs(): number {
    const startMs = this.#startMs;
    const leadMs = this.#leading.upTo(this.#step.endMs ?? startMs, startMs);
    return Math.max(leadMs, this.#other.upTo(this.#other.lastMs ?? startMs, startMs));
  }

  /** A track that goes on while the one that leads is silent shows how much time passes. */
  #noteProgress(frame: Frame): void {
    const { dtsMs } = frame;
    if (this.#isLeading(frame)) {
      this.#step.add(dtsMs);
      this.#silentMs = 0;
      return;
    }
    const stepMs = dtsMs - (this.#otherLastMs ?? dtsMs);
    if (stepMs > 0 && stepMs <= this.#rules.overflowMs) this.#silentMs += stepMs;
    this.#otherLastMs = dtsMs;
  }

  #isLeading({ track }: Frame): boolean {
    return track.kind === "video" || !this.#hasVideo;
  }

  #spanOf(frame: Frame): TrackSpan {
    return this.#isLeading(frame) ? this.#leading : this.#other;
  }
}
