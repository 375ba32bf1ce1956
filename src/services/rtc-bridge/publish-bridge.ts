/**
 * From a stream that WebRTC publishes to the one that all others play: video as it is, audio as AAC.
 * The AAC track is there from the start; it is encoded while somebody listens or plays, and begins
 * with what came since the latest key frame then.
 *
 * @module
 */

import type { Clock } from "../../base/clock.ts";
import type { Logger } from "../../base/logger.ts";
import type { Frame } from "../../live/frame.ts";
import type { LiveStream } from "../../live/live-stream.ts";
import type { Publication } from "../../live/publication.ts";
import type { StreamListener } from "../../live/stream-listener.ts";
import type { Track, TrackKind } from "../../live/track.ts";
import { isDecoded } from "../../remux/audio-transcoding/create-decoder.ts";
import { targetTrack } from "../../remux/audio-transcoding/transcoding-target.ts";
import { BridgedTrack } from "./bridged-track.ts";
import { makeMetadata } from "./made-metadata.ts";
import { TimeOrder } from "./time-order.ts";
import type { AudioTranscoder } from "./transcoder/audio-transcoder.ts";
import type { TranscoderPool } from "./transcoder/transcoder-pool.ts";

/** How much audio is kept for who comes: more than between two key frames, as a rule. */
const BACKLOG_COUNT_MAX = 500;

/** How long after the last one audio is still encoded: players come back. */
const LINGER_MS = 5_000;

/** How long the other track may take before the stream is said to have none. */
const METADATA_WAIT_MS = 1_000;

/** What all other protocols are given. */
const AAC = targetTrack("aac");

export interface PublishBridgeOptions {
  readonly main: LiveStream;
  readonly publication: Publication;
  readonly side: LiveStream;
  readonly pool: TranscoderPool;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Of AAC, in bit/s. */
  readonly bitrate: number;
  /** Of the tracks that will come. */
  readonly kinds: readonly TrackKind[];
}

export class PublishBridge implements StreamListener {
  readonly #options: PublishBridgeOptions;
  readonly #order: TimeOrder;
  #transcoder: AudioTranscoder | undefined;
  readonly #mainVideo = new BridgedTrack();
  readonly #mainAudio = new BridgedTrack();
  #video: Track | undefined;
  /** As WebRTC sends it. */
  #audio: Track | undefined;
  #isAudioRefused = false;
  /** Audio since the latest key frame, while nobody needs it. */
  #backlog: Frame[] = [];
  #wantedMs = Number.NEGATIVE_INFINITY;
  #firstFrameMs: number | undefined;
  #hasMetadata = false;

  constructor(options: PublishBridgeOptions) {
    this.#options = options;
    this.#order = new TimeOrder(options.clock, (frame) => options.publication.writeFrame(frame));
    options.side.addListener(this);
  }

  close(): void {
    this.#options.side.removeListener(this);
    this.#stopAudio();
  }

  onMetadata(): void {
    // It has been made of what is known before the first packet; what is made here says more.
  }

  onTrack(track: Track): void {
    const { publication } = this.#options;
    if (track.kind === "video") {
      this.#video = track;
      this.#mainVideo.write(track, publication);
    } else if (track !== this.#audio) {
      this.#stopAudio();
      this.#audio = track;
      this.#backlog = [];
      this.#isAudioRefused = !isDecoded(track.codec);
      this.#mainAudio.write(track.codec === "aac" ? track : AAC, publication);
    }
  }

  onFrame(frame: Frame): void {
    const nowMs = this.#options.clock.monotonicMs();
    this.#firstFrameMs ??= nowMs;
    this.#tellMetadata(nowMs - this.#firstFrameMs);
    this.#followDemand(nowMs);
    const { publication } = this.#options;
    const { track } = frame;
    if (track.kind === "audio") {
      if (track.codec === "aac") this.#order.addAudio(this.#mainAudio.copy(frame, publication));
      else if (this.#transcoder !== undefined) this.#write(frame);
      else this.#keep(frame);
      return;
    }
    if (frame.isKeyFrame) this.#backlog = [];
    this.#order.addVideo(this.#mainVideo.copy(frame, publication));
  }

  onEnd(): void {
    this.close();
  }

  fail(error: unknown): void {
    this.#options.logger.error("bridge from WebRTC failed", { error });
    this.close();
  }

  #write({ dtsMs, payload }: Frame): void {
    this.#transcoder?.write(dtsMs, payload);
  }

  #keep(frame: Frame): void {
    this.#backlog.push(frame);
    if (this.#backlog.length > BACKLOG_COUNT_MAX) this.#backlog.shift();
  }

  #tellMetadata(sinceMs: number): void {
    const { kinds } = this.#options;
    const known = { video: this.#video, audio: this.#audio };
    const isKnown = kinds.every((kind) => known[kind] !== undefined);
    if (this.#hasMetadata || (!isKnown && sinceMs < METADATA_WAIT_MS)) return;
    this.#hasMetadata = true;
    const metadata = makeMetadata(this.#video, this.#audio && AAC);
    if (metadata !== undefined) this.#options.publication.writeMetadata(metadata);
  }

  #followDemand(nowMs: number): void {
    if (this.#options.main.isNeeded) this.#wantedMs = nowMs;
    const isWanted = nowMs - this.#wantedMs < LINGER_MS;
    if (!isWanted && this.#transcoder !== undefined) this.#stopAudio();
    if (isWanted && this.#transcoder === undefined) this.#startAudio();
  }

  #startAudio(): void {
    const { publication, pool, bitrate, logger } = this.#options;
    const from = this.#audio;
    if (from === undefined || from.codec === "aac" || this.#isAudioRefused) return;
    this.#transcoder = pool.open(
      { from, to: "aac", bitrate, track: this.#mainAudio.write(AAC, publication) },
      {
        frame: (frame) => this.#order.addAudio(frame),
        fail: (error) => {
          logger.warn("audio not bridged from WebRTC", { error: error.message });
          this.#isAudioRefused = true;
          this.#stopAudio();
        },
      },
    );
    this.#order.expectAudio();
    for (const frame of this.#backlog) this.#write(frame);
    this.#backlog = [];
  }

  #stopAudio(): void {
    this.#transcoder?.close();
    this.#transcoder = undefined;
    this.#order.forgetAudio();
  }
}
