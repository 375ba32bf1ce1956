/**
 * One stream: at most one publisher, any number of broadcasts and other listeners.
 *
 * @module
 */

import type { Clock, Timer } from "../base/clock.ts";
import { RefusedError } from "../base/errors.ts";
import type { StreamName } from "../base/stream-name.ts";
import { formatStreamUrl } from "../base/stream-name.ts";
import { Broadcast } from "./broadcast.ts";
import type { BroadcastFormat } from "./broadcast-format.ts";
import type { Frame, IncomingFrame } from "./frame.ts";
import { GopCache } from "./gop-cache.ts";
import type { Histogram } from "./histogram.ts";
import { MixCorrector } from "./mix-corrector.ts";
import { Publication, type Publisher, type PublisherEnd } from "./publication.ts";
import type { StreamSettings } from "./settings.ts";
import type { StreamClaim } from "./stream-claims.ts";
import { StreamFigures } from "./stream-figures.ts";
import type { StreamListener } from "./stream-listener.ts";
import type { Subscriber, SubscriberOptions, SubscriberSink } from "./subscriber.ts";
import { Timeline } from "./timeline.ts";
import {
  EMPTY_DESCRIPTION,
  isSameTrack,
  type StreamDescription,
  type StreamMetadata,
  type Track,
} from "./track.ts";

/** How long after the first frame the other track may still be announced to a joining player. */
const READY_MS = 1_000;

/** Whoever wants to subscribe as soon as there is something to subscribe to. */
export interface StreamWaiter {
  onStreamReady(): void;
  /** A bug in what the waiter did, which must be its end and nobody else's. */
  fail(error: unknown): void;
}

/** Whoever watches over all streams: the hub. */
export interface StreamWatcher {
  /** Somebody asks for the stream, and nobody publishes it here. May be called for each who asks. */
  onStreamWanted(stream: LiveStream): void;
  onPublished(stream: LiveStream, publication: Publication): void;
  /** What was published has been handed to the subscribers. */
  onUnpublished(stream: LiveStream, publication: Publication): void;
  /** It is known what the stream is made of: those who wait for it are let in. */
  onReady(stream: LiveStream, publication: Publication): void;
  /** It is made of something else from now on. */
  onTracksChanged(stream: LiveStream, publication: Publication): void;
  /** The publisher is gone and its grace period over. */
  onEnded(stream: LiveStream): void;
}

/** The hub, as its streams see it. */
export interface StreamHost extends StreamWatcher {
  /** Where broadcasts of a format note how many seconds each flush takes. */
  flushTimes(format: BroadcastFormat): Histogram;
}

export class LiveStream {
  readonly name: StreamName;
  readonly url: string;
  readonly figures: StreamFigures;
  readonly #clock: Clock;
  readonly #watcher: StreamHost | undefined;
  #settings: StreamSettings;
  #publication: Publication | undefined;
  #description: StreamDescription = EMPTY_DESCRIPTION;
  readonly #timeline: Timeline;
  readonly #gopCache: GopCache;
  #mixCorrector: MixCorrector | undefined;
  readonly #broadcasts = new Map<string, Broadcast>();
  readonly #listeners = new Set<StreamListener>();
  /** It is known what the stream is made of. */
  #isReady = false;
  readonly #waiters = new Set<StreamWaiter>();
  #firstFrameMs: number | undefined;
  #graceTimer: Timer | undefined;
  #watchedMs: number;
  #usedMs: number;
  /** Viewers whom no broadcast serves. */
  #guestCount = 0;

  constructor(name: StreamName, settings: StreamSettings, clock: Clock, watcher?: StreamHost) {
    // Often the request of the session that is the first to want the stream: the rest of it goes with it.
    const { vhost, app, stream } = name;
    this.name = { vhost, app, stream };
    this.url = formatStreamUrl(name);
    this.#settings = settings;
    this.#clock = clock;
    this.#watcher = watcher;
    this.#timeline = new Timeline(settings.jitterMode);
    this.#gopCache = new GopCache(settings.gopCache);
    this.#watchedMs = clock.monotonicMs();
    this.#usedMs = this.#watchedMs;
    this.figures = new StreamFigures(this.#watchedMs);
  }

  get settings(): StreamSettings {
    return this.#settings;
  }

  /** Takes on other settings as it runs. */
  configure(settings: StreamSettings): void {
    const { jitterMode, isMixCorrected } = this.#settings;
    this.#settings = settings;
    const isCached = this.#gopCache.frames.length > 0;
    this.#gopCache.configure(settings.gopCache);
    const isCleared = isCached && this.#gopCache.frames.length === 0;
    for (const broadcast of this.#broadcasts.values()) {
      broadcast.configure(settings);
      if (isCleared) broadcast.dropSync();
    }
    if (settings.jitterMode !== jitterMode) this.#timeline.switchTo(settings.jitterMode);
    if (settings.isMixCorrected !== isMixCorrected) this.#correctMix();
  }

  /** The current publisher's, if there is one. */
  get publication(): Publication | undefined {
    return this.#publication;
  }

  /** There is a publisher, or one that may return within its grace period. */
  get isLive(): boolean {
    return this.#publication !== undefined || this.#graceTimer !== undefined;
  }

  get description(): StreamDescription {
    return this.#description;
  }

  /** Subscribers are to get the publisher's own times, not times that start at 0 for each. */
  get isTimeAbsolute(): boolean {
    return this.#timeline.mode === "off";
  }

  get gopCache(): GopCache {
    return this.#gopCache;
  }

  get broadcasts(): Iterable<Broadcast> {
    return this.#broadcasts.values();
  }

  get subscriberCount(): number {
    let count = this.#guestCount;
    for (const broadcast of this.#broadcasts.values()) count += broadcast.subscribers.length;
    return count;
  }

  /** Somebody gets its frames, or waits to: not who is served elsewhere, as players of WebRTC are. */
  get isTaken(): boolean {
    return this.#waiters.size > 0 || this.subscriberCount > this.#guestCount;
  }

  /** Somebody plays it, or waits to: not who is served elsewhere, unless that is from here. */
  get isWatched(): boolean {
    return this.isTaken || this.#hasViewer;
  }

  /** Somebody has a use for its frames, or will as soon as there are any. */
  get isNeeded(): boolean {
    if (this.isTaken) return true;
    for (const listener of this.#listeners) if (listener.isIdle !== true) return true;
    return false;
  }

  get #isPlayed(): boolean {
    return this.subscriberCount > 0 || this.#hasViewer;
  }

  get #hasViewer(): boolean {
    for (const listener of this.#listeners) if (listener.isViewer === true) return true;
    return false;
  }

  // Publishing --------------------------------------------------------------------------------------

  /**
   * Begins a publication; servers call the hub's `publish`. One that comes from another process makes
   * way for a publisher of this one.
   *
   * @param claim Released when the publication ends.
   * @throws {RefusedError} `stream_busy`, if somebody else publishes; who is not disturbed.
   */
  publish(publisher: Publisher, claim?: StreamClaim): Publication {
    if (publisher.isRelayed !== true) this.#dismissRelay();
    if (this.#publication !== undefined) {
      throw new RefusedError("stream_busy", `Cannot publish "${this.url}": stream is busy`);
    }
    this.#graceTimer?.cancel();
    this.#graceTimer = undefined;
    const nowMs = this.#clock.monotonicMs();
    const publication = new Publication(this, publisher, nowMs, claim);
    this.#publication = publication;
    this.#watchedMs = nowMs;
    this.#restart(publication.isRelayed);
    this.#watcher?.onPublished(this, publication);
    return publication;
  }

  writeMetadata(metadata: StreamMetadata): void {
    this.#description = { ...this.#description, metadata };
    if (this.#settings.isAtcByMetadata && metadata.fields.get("bravo_atc") === "true") {
      if (this.#timeline.mode !== "off") this.#timeline.switchTo("off");
    }
    for (const broadcast of this.#broadcasts.values()) broadcast.writeMetadata(metadata);
    this.#tell((listener) => listener.onMetadata(metadata));
  }

  /** @returns The track that frames are to carry: the one before if nothing has changed. */
  writeTrack(track: Track): Track {
    const before = this.#description[track.kind];
    if (before !== undefined && isSameTrack(before, track)) {
      if (!this.#settings.isSequenceHeaderReduced) this.#distributeTrack(before);
      return before;
    }
    this.#description = { ...this.#description, [track.kind]: track };
    this.#distributeTrack(track);
    const publication = this.#publication;
    if (this.#isReady && publication !== undefined) {
      this.#watcher?.onTracksChanged(this, publication);
    }
    return track;
  }

  /** @returns When it came, on the monotonic clock. */
  writeFrame(frame: IncomingFrame): number {
    const nowMs = this.#clock.monotonicMs();
    if (this.#publication?.isRelayed !== true) this.figures.received(frame);
    frame.publisherDtsMs = frame.dtsMs;
    frame.dtsMs = this.#timeline.place(frame.track.kind, frame.dtsMs, nowMs);
    this.#firstFrameMs ??= nowMs;
    if (this.#mixCorrector === undefined) this.#distribute(frame);
    else for (const next of this.#mixCorrector.add(frame)) this.#distribute(next);
    if (!this.#isReady) this.#getReadyIfKnown(nowMs);
    return nowMs;
  }

  /**
   * The publisher has left. Its subscribers wait for it to return until the grace period is over, if
   * it may.
   */
  endPublication(isForGood: boolean): void {
    const publication = this.#publication;
    this.#publication = undefined;
    this.#drainMix();
    this.#usedMs = this.#clock.monotonicMs();
    for (const broadcast of this.#broadcasts.values()) broadcast.flush();
    if (publication !== undefined) this.#watcher?.onUnpublished(this, publication);
    const { graceMs } = this.#settings.publisher;
    if (isForGood || graceMs === 0) this.#end();
    else this.#graceTimer = this.#clock.setTimer(graceMs, () => this.#end());
  }

  // Subscribing -------------------------------------------------------------------------------------

  /** Calls the waiter once the stream has begun and its tracks are known; at once if that is so. */
  addWaiter(waiter: StreamWaiter): void {
    if (this.#isReady) {
      waiter.onStreamReady();
    } else {
      this.#waiters.add(waiter);
      this.#tellWanted();
    }
  }

  /** The waiter has gone, or gives up. */
  removeWaiter(waiter: StreamWaiter): void {
    if (this.#waiters.delete(waiter)) this.#usedMs = this.#clock.monotonicMs();
  }

  /** The broadcast is made for the first subscriber of a format and goes with the last. */
  subscribe(
    format: BroadcastFormat,
    sink: SubscriberSink,
    options: SubscriberOptions,
  ): { broadcast: Broadcast; subscriber: Subscriber } {
    let broadcast = this.#broadcasts.get(format.name);
    if (broadcast === undefined) {
      broadcast = this.#createBroadcast(format);
      this.#broadcasts.set(format.name, broadcast);
    }
    const subscriber = broadcast.subscribe(sink, options);
    this.#tellWanted();
    return { broadcast, subscriber };
  }

  unsubscribe(broadcast: Broadcast, subscriber: Subscriber): void {
    broadcast.unsubscribe(subscriber);
    const nowMs = this.#clock.monotonicMs();
    this.#watchedMs = nowMs;
    this.#usedMs = nowMs;
    if (broadcast.subscribers.length > 0) return;
    broadcast.close();
    const { name } = broadcast.format;
    if (this.#broadcasts.get(name) !== broadcast) return;
    this.#broadcasts.delete(name);
    this.figures.broadcastGone(broadcast);
  }

  /**
   * Somebody plays the stream who is served by a listener of it, as players of WebRTC are: who counts as
   * a subscriber, until `leave`.
   */
  enter(): void {
    this.#guestCount += 1;
    this.#tellWanted();
  }

  leave(): void {
    this.#guestCount -= 1;
    this.#watchedMs = this.#clock.monotonicMs();
    this.#usedMs = this.#watchedMs;
  }

  /** Adds a listener and tells it at once what is known; the GOP cache is for it to ask. */
  addListener(listener: StreamListener): void {
    this.#listeners.add(listener);
    const { metadata, video, audio } = this.#description;
    if (metadata !== undefined) listener.onMetadata(metadata);
    if (video !== undefined) listener.onTrack(video);
    if (audio !== undefined) listener.onTrack(audio);
    if (listener.isViewer === true) this.#tellWanted();
  }

  removeListener(listener: StreamListener): void {
    this.#listeners.delete(listener);
    this.#usedMs = this.#clock.monotonicMs();
    if (listener.isViewer === true) this.#watchedMs = this.#usedMs;
  }

  // Upkeep ------------------------------------------------------------------------------------------

  /** Call every second or so: ends what has waited too long. */
  sweep(nowMs: number): void {
    for (const broadcast of this.#broadcasts.values()) broadcast.sweep(nowMs);
    this.figures.sample(nowMs, this.#broadcasts.values());
    if (!this.#isReady && this.#firstFrameMs !== undefined) this.#getReadyIfKnown(nowMs);
    const publication = this.#publication;
    if (publication === undefined) return;
    if (this.#isPlayed) this.#watchedMs = nowMs;
    const reason = this.#reasonToClose(publication, nowMs);
    if (reason !== undefined) publication.publisher.close(reason);
  }

  /** Nobody has used it for so long that it can be forgotten. */
  isIdle(nowMs: number): boolean {
    const isServed = this.#broadcasts.size > 0 || this.#listeners.size > 0;
    const isUsed = this.isLive || isServed || this.#guestCount > 0;
    const isAwaited = this.#waiters.size > 0;
    return !isUsed && !isAwaited && nowMs - this.#usedMs >= this.#settings.idleMs;
  }

  /** Drops the grace period, as when the server stops. */
  close(): void {
    this.#graceTimer?.cancel();
    this.#graceTimer = undefined;
    for (const broadcast of this.#broadcasts.values()) broadcast.close();
  }

  #tellWanted(): void {
    if (this.#publication === undefined) this.#watcher?.onStreamWanted(this);
  }

  #dismissRelay(): void {
    const publication = this.#publication;
    if (publication?.isRelayed !== true) return;
    publication.end();
    publication.publisher.close("replaced");
  }

  #distribute(frame: Frame): void {
    const isCached = this.#gopCache.frames.length > 0;
    this.#gopCache.add(frame, this.#description);
    const isCleared = isCached && this.#gopCache.frames.length === 0;
    for (const broadcast of this.#broadcasts.values()) {
      broadcast.writeFrame(frame);
      if (isCleared) broadcast.dropSync();
    }
    this.#tell((listener) => listener.onFrame(frame));
  }

  #distributeTrack(track: Track): void {
    for (const broadcast of this.#broadcasts.values()) broadcast.writeTrack(track);
    this.#tell((listener) => listener.onTrack(track));
  }

  /** Tells all listeners. One that fails is let go; neither the publisher nor the others notice. */
  #tell(event: (listener: StreamListener) => void): void {
    for (const listener of this.#listeners) {
      try {
        event(listener);
      } catch (error) {
        this.#listeners.delete(listener);
        listener.fail(error);
      }
    }
  }

  #createBroadcast(format: BroadcastFormat): Broadcast {
    const { frames, description } = this.#gopCache;
    const startMs = frames[0]?.dtsMs ?? this.#timeline.lastMs;
    const broadcast = new Broadcast(format, this.#settings, this.#clock, startMs);
    // The cached frames come with the description of their time; what has changed since follows.
    let known = frames.length > 0 ? description : this.#description;
    writeDescription(broadcast, known, EMPTY_DESCRIPTION);
    for (const frame of frames) {
      const { track } = frame;
      if (known[track.kind] !== track) {
        broadcast.writeTrack(track);
        known = { ...known, [track.kind]: track };
      }
      broadcast.writeFrame(frame);
    }
    writeDescription(broadcast, this.#description, known);
    broadcast.flush();
    broadcast.flushTimes = this.#watcher?.flushTimes(format);
    return broadcast;
  }

  #getReadyIfKnown(nowMs: number): void {
    const { video, audio, metadata } = this.#description;
    const isPromised = (kind: string): boolean =>
      metadata === undefined || metadata.fields.has(`${kind}codecid`);
    // Where it is relayed from, they have been waited for.
    const isAnnounced = this.#publication?.isRelayed === true;
    const isWaiting =
      (video === undefined && isPromised("video")) || (audio === undefined && isPromised("audio"));
    if (!isAnnounced && isWaiting && nowMs - (this.#firstFrameMs ?? nowMs) < READY_MS) return;
    this.#isReady = true;
    const waiters = [...this.#waiters];
    this.#waiters.clear();
    for (const waiter of waiters) {
      try {
        waiter.onStreamReady();
      } catch (error) {
        waiter.fail(error);
      }
    }
    if (this.#publication !== undefined) this.#watcher?.onReady(this, this.#publication);
  }

  /** One that comes from another process is judged there. */
  #reasonToClose(publication: Publication, nowMs: number): PublisherEnd | undefined {
    if (publication.isRelayed) return undefined;
    const { firstFrameTimeoutMs, frameTimeoutMs, kickoffIdleMs } = this.#settings.publisher;
    const { startedMs, lastSentMs } = publication;
    if (lastSentMs === undefined) {
      return nowMs - startedMs > firstFrameTimeoutMs ? "first_frame_timeout" : undefined;
    }
    if (nowMs - lastSentMs > frameTimeoutMs) return "frame_timeout";
    const isUnwatched = kickoffIdleMs > 0 && nowMs - this.#watchedMs > kickoffIdleMs;
    return isUnwatched ? "no_players" : undefined;
  }

  /** Forgets the publisher before: who joins from now on sees the next one alone. */
  #restart(isRelayed = false): void {
    const { jitterMode } = this.#settings;
    if (this.#timeline.mode !== jitterMode) this.#timeline.switchTo(jitterMode);
    this.#timeline.restart(isRelayed);
    this.#correctMix(isRelayed);
    this.#description = EMPTY_DESCRIPTION;
    this.#gopCache.clear();
    this.#isReady = false;
    this.#firstFrameMs = undefined;
    for (const broadcast of this.#broadcasts.values()) broadcast.restart();
  }

  /** What comes from another process has been put in order there. */
  #correctMix(isRelayed = this.#publication?.isRelayed === true): void {
    this.#drainMix();
    const isCorrected = this.#settings.isMixCorrected && !isRelayed;
    this.#mixCorrector = isCorrected ? new MixCorrector() : undefined;
  }

  #drainMix(): void {
    for (const frame of this.#mixCorrector?.drain() ?? []) this.#distribute(frame);
  }

  #end(): void {
    this.#graceTimer = undefined;
    this.#restart();
    this.#usedMs = this.#clock.monotonicMs();
    for (const broadcast of this.#broadcasts.values()) broadcast.end();
    this.#tell((listener) => listener.onEnd());
    this.#watcher?.onEnded(this);
  }
}

function writeDescription(
  broadcast: Broadcast,
  description: StreamDescription,
  known: StreamDescription,
): void {
  const { metadata, audio, video } = description;
  if (metadata !== undefined && metadata !== known.metadata) broadcast.writeMetadata(metadata);
  if (audio !== undefined && audio !== known.audio) broadcast.writeTrack(audio);
  if (video !== undefined && video !== known.video) broadcast.writeTrack(video);
}
