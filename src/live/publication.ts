/**
 * The publisher's hold on a stream.
 *
 * @module
 */

import type { SessionRequest } from "./admission.ts";
import type { IncomingFrame } from "./frame.ts";
import type { LiveStream } from "./live-stream.ts";
import type { StreamClaim } from "./stream-claims.ts";
import type { StreamMetadata, Track } from "./track.ts";
import type { VideoLayers } from "./video-layers.ts";

/** Why a publisher is told to go. The names go into the log. */
export type PublisherEnd =
  | "first_frame_timeout"
  | "frame_timeout"
  | "no_players"
  | "replaced"
  | "packaging_failed";

/** Who publishes, as the stream sees it. */
export interface Publisher {
  readonly clientId: string;
  /** It brings the stream from another process of this server, and is nobody's session. */
  readonly isRelayed?: true;
  /** With what it was let publish; absent for what is no session. */
  readonly request?: SessionRequest;
  /** Closes the session; it ends its publication in turn. */
  close(reason: PublisherEnd): void;
  /** In which versions it sends its picture; absent if there is one. */
  readonly layers?: VideoLayers | undefined;
  /**
   * Asks for a key frame, which somebody needs; absent where there is no way to ask.
   *
   * @param layer Of `layers`; default the one that the stream has.
   */
  requestKeyFrame?(layer?: string): void;
}

/** From publish to unpublish. Does nothing once it has ended. */
export class Publication {
  readonly publisher: Publisher;
  /** On the monotonic clock. */
  readonly startedMs: number;
  /** When the latest frame came; `undefined` before the first. */
  lastFrameMs: number | undefined;
  /** What the same publisher writes to besides: it sends, whichever of the two gets it. */
  other: Publication | undefined;
  /** When the first key frame came. */
  firstKeyFrameMs: number | undefined;
  audioFrameCount = 0;
  videoFrameCount = 0;
  readonly #stream: LiveStream;
  /** Lets go of the stream's name. */
  readonly #claim: StreamClaim | undefined;

  constructor(
    stream: LiveStream,
    publisher: Publisher,
    startedMs: number,
    claim: StreamClaim | undefined,
  ) {
    this.#stream = stream;
    this.publisher = publisher;
    this.startedMs = startedMs;
    this.#claim = claim;
  }

  get isRelayed(): boolean {
    return this.publisher.isRelayed === true;
  }

  /** When the publisher last sent a frame; `undefined` before the first. */
  get lastSentMs(): number | undefined {
    const otherMs = this.other?.lastFrameMs;
    if (this.lastFrameMs === undefined || otherMs === undefined) return this.lastFrameMs ?? otherMs;
    return Math.max(this.lastFrameMs, otherMs);
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
    if (frame.isKeyFrame) this.firstKeyFrameMs ??= this.lastFrameMs;
  }

  /** @param isForGood The publisher will not return: the stream ends without a grace period. */
  end(isForGood = false): void {
    if (!this.isActive) return;
    try {
      this.#stream.endPublication(isForGood);
    } finally {
      this.#claim?.release();
    }
  }
}
