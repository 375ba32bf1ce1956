/**
 * One rung of a ladder: a stream of its own, with the times of the stream that it is a rung of.
 *
 * @module
 */

import type { Frame } from "../../live/frame.ts";
import type { LiveStream } from "../../live/live-stream.ts";
import type { Publication } from "../../live/publication.ts";
import type { StreamListener } from "../../live/stream-listener.ts";
import type { VideoLayer } from "../../live/video-layers.ts";
import { BitrateMeter } from "../../protocols/rtc/bitrate-meter.ts";
import { RungTime, type TimedFrame } from "./rung-time.ts";

/** Two key frames, as a rule: less would measure whether there was one. */
export const RATE_WINDOW_MS = 4_000;
/** A rung whose picture has stopped for so long is none. */
const SILENCE_MS_MAX = 2_000;

/** One that comes later is of no use to who plays live; one that comes sooner is another programme. */
const LATENESS_MS_MAX = 5_000;

/** What becomes of a rung's frames. */
export interface RungOutput {
  /** Whether the base is published, so that its time goes on. */
  hasBase(): boolean;
  frame(frame: Frame): void;
  /** What comes next has other times. */
  restarted(): void;
  /** A bug in what takes the frames. */
  fail(error: unknown): void;
}

export class LadderRung implements StreamListener {
  readonly isViewer = true;
  readonly name: string;
  readonly #stream: LiveStream;
  readonly #aliases: readonly string[];
  readonly #output: RungOutput;
  readonly #monotonicMs: () => number;
  #times = new RungTime();
  #meter = new BitrateMeter(RATE_WINDOW_MS);
  #publication: Publication | undefined;
  #isFlowing = false;
  #lastMs = Number.NEGATIVE_INFINITY;

  /** @param ending What the name of the stream has beyond the base's, such as `_720`. */
  constructor(stream: LiveStream, ending: string, output: RungOutput, monotonicMs: () => number) {
    const { name } = stream;
    this.name = name.stream;
    this.#stream = stream;
    this.#aliases = [ending, ending.replace(/^[^A-Za-z0-9]+/, "")];
    this.#output = output;
    this.#monotonicMs = monotonicMs;
    this.#publication = stream.publication;
    const { frames } = stream.gopCache;
    meterCached(this.#meter, frames, monotonicMs());
    for (const { track, payload, dtsMs } of frames) {
      if (track.kind === "audio") this.#times.sounds.otherHeard(payload, dtsMs);
    }
    stream.addListener(this);
  }

  close(): void {
    this.#stream.removeListener(this);
  }

  layer(nowMs: number): VideoLayer {
    const isLive = this.#stream.publication !== undefined;
    const { latenessMs } = this.#times;
    const isOffered = isLive && this.#isFlowing && Math.abs(latenessMs) <= LATENESS_MS_MAX;
    return {
      name: this.name,
      aliases: this.#aliases,
      isActive: isOffered && nowMs - this.#lastMs < SILENCE_MS_MAX,
      bitrate: this.#meter.bitrate(nowMs),
      latenessMs,
      track: this.#stream.description.video,
    };
  }

  requestKeyFrame(): boolean {
    const publisher = this.#stream.publication?.publisher;
    if (publisher?.requestKeyFrame === undefined) return false;
    publisher.requestKeyFrame();
    return true;
  }

  /** A packet of the base's sound. */
  baseHeard(payload: Uint8Array, timeMs: number): void {
    this.#times.sounds.baseHeard(payload, timeMs);
  }

  /** The next frame of the base's picture. */
  baseFrame(frame: TimedFrame): void {
    this.#times.baseFrame(frame);
  }

  /** Nothing is known of its times any more: it, or its base, has another publisher. */
  restart(): void {
    this.#times = new RungTime();
    this.#meter = new BitrateMeter(RATE_WINDOW_MS);
    if (this.#isFlowing) this.#output.restarted();
    this.#isFlowing = false;
  }

  // StreamListener ----------------------------------------------------------------------------------

  onMetadata(): void {
    // Players of WebRTC get none.
  }

  onTrack(): void {
    // Each frame says which track it is of.
  }

  onFrame(frame: Frame): void {
    const { publication } = this.#stream;
    if (publication !== this.#publication) {
      this.#publication = publication;
      this.restart();
    }
    const { track, payload, dtsMs, publisherDtsMs = dtsMs } = frame;
    if (track.kind === "audio") {
      this.#times.sounds.otherHeard(payload, dtsMs);
      return;
    }
    // What came meanwhile would be ahead of the base's time, which stands still, when it comes back.
    if (!this.#output.hasBase()) {
      if (this.#isFlowing) this.restart();
      return;
    }
    const nowMs = this.#monotonicMs();
    this.#lastMs = nowMs;
    this.#meter.add(payload.length, nowMs);
    this.#times.rungFrame({ timeMs: dtsMs, publisherMs: publisherDtsMs, arrivalMs: nowMs });
    if (!this.#isFlowing) this.#begin(frame, nowMs);
    else this.#goOn(frame, nowMs);
  }

  onEnd(): void {
    this.restart();
  }

  fail(error: unknown): void {
    this.#isFlowing = false;
    this.#output.fail(error);
  }

  /** Once its time is known, with what has been there since the latest key frame. */
  #begin(frame: Frame, nowMs: number): void {
    this.#times.update(nowMs);
    if (this.#times.offsetMs === undefined) return;
    const cached = this.#stream.gopCache.frames.filter(({ track }) => track.kind === "video");
    const frames = cached.length > 0 ? cached : [frame];
    if (frames[0]?.isKeyFrame !== true) return;
    this.#isFlowing = true;
    for (const one of frames) this.#write(one);
  }

  #goOn(frame: Frame, nowMs: number): void {
    if (frame.isKeyFrame && this.#times.update(nowMs)) this.#output.restarted();
    this.#write(frame);
  }

  #write(frame: Frame): void {
    this.#output.frame({ ...frame, dtsMs: frame.dtsMs + (this.#times.offsetMs ?? 0) });
  }
}

/** Counts the pictures of a GOP cache at about the times at which they have come. */
export function meterCached(meter: BitrateMeter, frames: readonly Frame[], nowMs: number): void {
  const lastMs = frames.at(-1)?.dtsMs ?? 0;
  for (const { track, payload, dtsMs } of frames) {
    const cameMs = nowMs - Math.max(lastMs - dtsMs, 0);
    if (track.kind === "video") meter.add(payload.length, cameMs);
  }
}
