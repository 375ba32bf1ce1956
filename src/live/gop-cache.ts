/**
 * The frames since the latest key frame: what lets a newcomer see a picture at once.
 *
 * @module
 */

import type { Frame } from "./frame.ts";
import { EMPTY_DESCRIPTION, type StreamDescription } from "./track.ts";

/**
 * So many audio frames without a video frame between them mean that the video has stopped or that
 * there is none; the cache would only grow. About 2.5 s of AAC, as in SRS.
 */
const AUDIO_RUN_MAX = 115;

export interface GopCacheLimits {
  readonly isEnabled: boolean;
  /** 0: no limit. */
  readonly framesMax: number;
  /** Bytes of payload. */
  readonly sizeMax: number;
}

export class GopCache {
  #limits: GopCacheLimits;
  #frames: Frame[] = [];
  #size = 0;
  #audioRun = 0;
  #description: StreamDescription = EMPTY_DESCRIPTION;

  constructor(limits: GopCacheLimits) {
    this.#limits = limits;
  }

  get limits(): GopCacheLimits {
    return this.#limits;
  }

  /** Lets go of what the new limits do not allow. */
  configure(limits: GopCacheLimits): void {
    this.#limits = limits;
    if (!limits.isEnabled || this.#isFull()) this.clear();
  }

  /** From a key frame on, in order; empty if there is no point to start from. */
  get frames(): readonly Frame[] {
    return this.#frames;
  }

  /** The stream as it was at the first of the frames. */
  get description(): StreamDescription {
    return this.#description;
  }

  /** Bytes of payload held. */
  get size(): number {
    return this.#size;
  }

  /** Whether `frame`, which is about to be added, starts the cache anew. */
  startsWith(frame: Frame): boolean {
    return this.#limits.isEnabled && frame.track.kind === "video" && frame.isKeyFrame;
  }

  /** @param description The stream as of this frame. */
  add(frame: Frame, description: StreamDescription): void {
    if (this.startsWith(frame)) {
      this.clear();
      this.#description = description;
    } else if (this.#frames.length === 0) {
      return;
    }
    this.#audioRun = frame.track.kind === "audio" ? this.#audioRun + 1 : 0;
    this.#frames.push(frame);
    this.#size += frame.payload.length;
    if (this.#isFull() || this.#audioRun > AUDIO_RUN_MAX) this.clear();
  }

  #isFull(): boolean {
    const { framesMax, sizeMax } = this.#limits;
    return (framesMax > 0 && this.#frames.length > framesMax) || this.#size > sizeMax;
  }

  clear(): void {
    this.#frames = [];
    this.#size = 0;
    this.#audioRun = 0;
    this.#description = EMPTY_DESCRIPTION;
  }
}
