/**
 * The publisher's hold on a stream.
 *
 * @module
 */

import type { IncomingFrame } from "./frame.ts";
import type { LiveStream } from "./live-stream.ts";
import type { StreamMetadata, Track } from "./track.ts";

/** Why a publisher is told to go. The names go into the log. */
export type PublisherEnd = "first_frame_timeout" | "frame_timeout" | "no_players";

/** Who publishes, as the stream sees it. */
export interface Publisher {
  readonly clientId: string;
  /** Closes the session; it ends its publication in turn. */
  close(reason: PublisherEnd): void;
}

/** From publish to unpublish. Does nothing once it has ended. */
export class Publication {
  readonly publisher: Publisher;
  /** On the monotonic clock. */
  readonly startedMs: number;
  /** When the latest frame came; `undefined` before the first. */
  lastFrameMs: number | undefined;
  audioFrameCount = 0;
  videoFrameCount = 0;
  readonly #stream: LiveStream;

  constructor(stream: LiveStream, publisher: Publisher, startedMs: number) {
    this.#stream = stream;
    this.publisher = publisher;
    this.startedMs = startedMs;
  }

  get isActive(): boolean {
    return this.#stream.publication === this;
  }

  writeMetadata(metadata: StreamMetadata): void {
    if (this.isActive) this.#stream.writeMetadata(metadata);
  }

  /**
   * A track appears, or its configuration changes or is repeated.
   *
   * @returns The track that frames are to carry.
   */
  writeTrack(track: Track): Track {
    return this.isActive ? this.#stream.writeTrack(track) : track;
  }

  /** The frame now belongs to the stream. */
  writeFrame(frame: IncomingFrame): void {
    if (!this.isActive) return;
    if (frame.track.kind === "audio") this.audioFrameCount += 1;
    else this.videoFrameCount += 1;
    this.lastFrameMs = this.#stream.writeFrame(frame);
  }

  end(): void {
    if (this.isActive) this.#stream.endPublication();
  }
}
