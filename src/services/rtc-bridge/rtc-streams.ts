/**
 * Streams as WebRTC has them. Each has the name of one in the hub, which all others play, and stands
 * beside it for as long as somebody plays or publishes it by WebRTC: its video is the same, its audio
 * Opus. The settings of the vhost say whether the two are joined, and in which direction.
 *
 * @module
 */

import type { Clock } from "../../base/clock.ts";
import type { Logger } from "../../base/logger.ts";
import { formatStreamUrl, type StreamName } from "../../base/stream-name.ts";
import { LiveStream } from "../../live/live-stream.ts";
import type { Publication } from "../../live/publication.ts";
import type { StreamSettings } from "../../live/settings.ts";
import type { StreamHub } from "../../live/stream-hub.ts";
import { type AnnouncedTrack, createTrack } from "../../live/track.ts";
import { makeMetadata } from "./made-metadata.ts";
import { PlayBridge } from "./play-bridge.ts";
import { PublishBridge } from "./publish-bridge.ts";
import type { TranscoderPool } from "./transcoder/transcoder-pool.ts";

/** How long a stream stays after the last who played it. */
const LINGER_MS = 5_000;

export interface RtcBridgeSettings {
  /** Streams of other protocols are to be had by WebRTC. */
  readonly bridgesToRtc: boolean;
  /** Streams of WebRTC are to be had by other protocols. */
  readonly bridgesFromRtc: boolean;
  /** In bit/s. */
  readonly opusBitrate: number;
  /** In bit/s. */
  readonly aacBitrate: number;
}

export interface RtcStreamsOptions {
  readonly hub: Pick<StreamHub, "getOrCreate">;
  readonly pool: TranscoderPool;
  readonly clock: Clock;
  readonly logger: Logger;
  settingsOf(vhost: string): RtcBridgeSettings;
  /** Absent for a server that is one process. */
  readonly elsewhere?: RtcStreamsElsewhere | undefined;
}

/** Streams that other processes publish. */
export interface RtcStreamsElsewhere {
  has(url: string): boolean;
  /** Brings it as WebRTC plays it while another process has the publisher, until it is closed. */
  bring(side: LiveStream): { close(): void };
}

/** Somebody plays the stream. */
export interface RtcPlaying {
  readonly stream: LiveStream;
  /** Call once, when it is not played any more. */
  release(): void;
}

/** Somebody publishes the stream. */
export interface RtcPublishing {
  readonly stream: LiveStream;
  /** What is published goes here. */
  readonly publication: Publication;
  /** Ends this publication and the main stream's. */
  end(isForGood?: boolean): void;
}

interface Entry {
  readonly side: LiveStream;
  playCount: number;
  /** When it was last played or published. */
  usedMs: number;
  playBridge: PlayBridge | undefined;
  relay: { close(): void } | undefined;
}

export class RtcStreams {
  readonly #options: RtcStreamsOptions;
  readonly #entries = new Map<string, Entry>();

  constructor(options: RtcStreamsOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** The stream as WebRTC has it, if somebody plays or publishes it. */
  find(name: StreamName): LiveStream | undefined {
    return this.#entries.get(formatStreamUrl(name))?.side;
  }

  /** For one who plays by WebRTC; the stream need not be live yet. */
  forPlaying(name: StreamName): RtcPlaying {
    const entry = this.#entryOf(name);
    entry.playCount += 1;
    const { hub, pool, logger, settingsOf, elsewhere } = this.#options;
    entry.relay ??= elsewhere?.bring(entry.side);
    const settings = settingsOf(name.vhost);
    if (settings.bridgesToRtc) {
      entry.playBridge ??= new PlayBridge({
        main: hub.getOrCreate(name),
        side: entry.side,
        pool,
        logger,
        bitrate: settings.opusBitrate,
        isElsewhere: () => elsewhere?.has(entry.side.url) === true,
      });
    }
    let isHeld = true;
    const release = (): void => {
      if (!isHeld) return;
      isHeld = false;
      entry.playCount -= 1;
      entry.usedMs = this.#options.clock.monotonicMs();
    };
    return { stream: entry.side, release };
  }

  /**
   * For one who publishes by WebRTC.
   *
   * @param tracks What it will send.
   * @param main What the hub has given for the same name; its publisher is told to close by either.
   */
  forPublishing(
    name: StreamName,
    main: Publication,
    tracks: readonly AnnouncedTrack[],
  ): RtcPublishing {
    const entry = this.#entryOf(name);
    const { side } = entry;
    const { hub, pool, clock, logger, settingsOf } = this.#options;
    const { bridgesFromRtc, aacBitrate } = settingsOf(name.vhost);
    const mainStream = hub.getOrCreate(name);
    side.configure(sideSettings(mainStream.settings, "full"));
    const publication = side.publish({
      clientId: main.publisher.clientId,
      close: (reason) => main.publisher.close(reason),
    });
    // The main stream judges whether frames come, also where none are handed on to it.
    main.other = publication;
    const [video, audio] = (["video", "audio"] as const).map((kind) => {
      const track = tracks.find((one) => one.kind === kind);
      return track && createTrack(kind, track.codec, undefined);
    });
    const metadata = makeMetadata(video, audio);
    if (metadata !== undefined) publication.writeMetadata(metadata);
    const bridge = bridgesFromRtc
      ? new PublishBridge({
          ...{ main: mainStream, publication: main, side, pool, clock, logger },
          bitrate: aacBitrate,
          kinds: tracks.map(({ kind }) => kind),
        })
      : undefined;
    const end = (isForGood = false): void => {
      bridge?.close();
      publication.end(isForGood);
      main.end(isForGood);
      side.configure(sideSettings(mainStream.settings, "off"));
      entry.usedMs = clock.monotonicMs();
    };
    return { stream: side, publication, end };
  }

  /** Call every second or so: forgets what nobody uses. */
  sweep(nowMs: number): void {
    for (const [url, entry] of this.#entries) {
      const { side, playBridge } = entry;
      side.sweep(nowMs);
      const isPublished = side.publication !== undefined && !side.publication.isRelayed;
      if (entry.playCount > 0 || isPublished) entry.usedMs = nowMs;
      if (nowMs - entry.usedMs < LINGER_MS) continue;
      playBridge?.close();
      entry.relay?.close();
      side.close();
      this.#entries.delete(url);
    }
  }

  /** Ends all bridges. */
  close(): void {
    for (const { side, playBridge, relay } of this.#entries.values()) {
      playBridge?.close();
      relay?.close();
      side.close();
    }
    this.#entries.clear();
  }

  #entryOf(name: StreamName): Entry {
    const url = formatStreamUrl(name);
    const known = this.#entries.get(url);
    if (known !== undefined) return known;
    const { hub, clock } = this.#options;
    const settings = sideSettings(hub.getOrCreate(name).settings, "off");
    const side = new LiveStream(name, settings, clock);
    const usedMs = clock.monotonicMs();
    const entry: Entry = { side, playCount: 0, usedMs, playBridge: undefined, relay: undefined };
    this.#entries.set(url, entry);
    return entry;
  }
}

/** The main stream judges publishers, and places what it hands on. */
function sideSettings(main: StreamSettings, jitterMode: "full" | "off"): StreamSettings {
  return {
    ...main,
    jitterMode,
    isAtcByMetadata: false,
    isMixCorrected: false,
    publisher: {
      firstFrameTimeoutMs: Number.POSITIVE_INFINITY,
      frameTimeoutMs: Number.POSITIVE_INFINITY,
      graceMs: main.publisher.graceMs,
      kickoffIdleMs: 0,
    },
  };
}
