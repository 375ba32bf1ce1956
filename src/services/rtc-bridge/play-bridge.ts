/**
 * From a stream that any protocol publishes to the one that WebRTC plays: video as it is, audio as
 * Opus. Lives while somebody plays by WebRTC.
 *
 * @module
 */

import { toError } from "../../base/errors.ts";
import type { Logger } from "../../base/logger.ts";
import type { Frame } from "../../live/frame.ts";
import type { LiveStream } from "../../live/live-stream.ts";
import type { Publication } from "../../live/publication.ts";
import type { StreamListener } from "../../live/stream-listener.ts";
import type { StreamMetadata, Track } from "../../live/track.ts";
import { isDecoded } from "../../remux/audio-transcoding/create-decoder.ts";
import { targetTrack } from "../../remux/audio-transcoding/transcoding-target.ts";
import { BridgedTrack } from "./bridged-track.ts";
import type { AudioTranscoder } from "./transcoder/audio-transcoder.ts";
import type { TranscoderPool } from "./transcoder/transcoder-pool.ts";

/** What WebRTC is given. */
const OPUS = targetTrack("opus");

export interface PlayBridgeOptions {
  readonly main: LiveStream;
  /** What WebRTC plays; it has no publisher. */
  readonly side: LiveStream;
  readonly pool: TranscoderPool;
  readonly logger: Logger;
  /** Of Opus, in bit/s. */
  readonly bitrate: number;
  /** What WebRTC plays is brought from another process. */
  isElsewhere?(): boolean;
}

export class PlayBridge implements StreamListener {
  readonly #options: PlayBridgeOptions;
  /** Begins with what comes first, and anew behind each end. */
  #publication: Publication | undefined;
  #transcoder: AudioTranscoder | undefined;
  readonly #video = new BridgedTrack();
  readonly #opus = new BridgedTrack();
  #audio: Track | undefined;

  constructor(options: PlayBridgeOptions) {
    this.#options = options;
    const { main } = options;
    const { frames, description } = main.gopCache;
    // A viewer is to see a picture at once. Sound of before would come late, and delay what follows.
    if (frames.length > 0) {
      const { video, audio } = description;
      for (const track of [video, audio]) if (track !== undefined) this.onTrack(track);
      for (const frame of frames) if (frame.track.kind === "video") this.onFrame(frame);
    }
    main.addListener(this);
  }

  get isViewer(): boolean {
    return this.#options.isElsewhere?.() !== true;
  }

  /** What WebRTC plays does not come from here. */
  get isIdle(): boolean {
    const { publication } = this.#options.side;
    const isOther = publication !== undefined && publication !== this.#publication;
    return isOther || this.#options.isElsewhere?.() === true;
  }

  close(): void {
    this.#options.main.removeListener(this);
    this.#stop();
  }

  onMetadata(metadata: StreamMetadata): void {
    this.#begin()?.writeMetadata(metadata);
  }

  onTrack(track: Track): void {
    const publication = this.#begin();
    if (publication === undefined) return;
    if (track.kind === "video") this.#video.write(track, publication);
    else if (track !== this.#audio) this.#openAudio(track, publication);
  }

  onFrame(frame: Frame): void {
    const { track } = frame;
    const publication = this.#begin();
    if (publication === undefined) return;
    if (track.kind === "audio" && track !== this.#audio) this.#openAudio(track, publication);
    if (track.kind === "audio" && this.#transcoder !== undefined) {
      this.#transcoder.write(frame.dtsMs, frame.payload);
    } else if (track.kind === "video") {
      publication.writeFrame(this.#video.copy(frame, publication));
    } else if (track.codec === "opus") {
      publication.writeFrame(this.#opus.copy(frame, publication));
    }
  }

  onEnd(): void {
    this.#stop();
  }

  fail(error: unknown): void {
    this.#options.logger.error("bridge to WebRTC failed", { error });
    this.close();
  }

  /**
   * `undefined` while somebody publishes to the side by WebRTC, so that what comes here is from there,
   * or while another process sends what WebRTC plays.
   */
  #begin(): Publication | undefined {
    if (this.#publication?.isActive === true) return this.#publication;
    if (this.isIdle) return undefined;
    this.#publication = this.#options.side.publish({
      clientId: "rtmp_to_rtc",
      isRelayed: true,
      close: () => this.#stop(),
    });
    const { video } = this.#options.main.description;
    this.#video.reset();
    this.#opus.reset();
    if (video !== undefined) this.#video.write(video, this.#publication);
    return this.#publication;
  }

  #stop(): void {
    this.#transcoder?.close();
    this.#transcoder = undefined;
    this.#audio = undefined;
    this.#publication?.end(true);
    this.#publication = undefined;
  }

  #openAudio(track: Track, publication: Publication): void {
    this.#audio = track;
    this.#transcoder?.close();
    this.#transcoder = undefined;
    if (track.codec === "opus") {
      this.#opus.write(track, publication);
      return;
    }
    const { pool, bitrate, logger } = this.#options;
    if (!isDecoded(track.codec)) {
      logger.warn("audio not bridged to WebRTC", { codec: track.codec });
      return;
    }
    this.#transcoder = pool.open(
      {
        ...{ from: track, to: "opus", bitrate },
        track: this.#opus.write(OPUS, publication),
      },
      {
        frame: (frame) => publication.writeFrame(frame),
        fail: (error) => {
          this.#transcoder = undefined;
          logger.warn("audio not bridged to WebRTC", { error: toError(error).message });
        },
      },
    );
  }
}
