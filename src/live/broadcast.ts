/**
 * A stream in one output format: each frame is encoded once, and all subscribers share the bytes.
 *
 * ```text
 * frames -> encoder -> open block --flush--> block -> block -> block (newest)
 *                                              ^         ^
 *                          a slow subscriber's cursor    the others' cursors
 * ```
 *
 * @module
 */

import { ByteWriter } from "../base/byte-writer.ts";
import type { Clock, Timer } from "../base/clock.ts";
import type { Block, EncoderMark, SyncPoint } from "./block.ts";
import type { BroadcastEncoder, BroadcastFormat } from "./broadcast-format.ts";
import { Delivery } from "./delivery.ts";
import type { Frame } from "./frame.ts";
import type { Histogram } from "./histogram.ts";
import type { StreamSettings } from "./settings.ts";
import { Subscriber, type SubscriberOptions, type SubscriberSink } from "./subscriber.ts";
import {
  EMPTY_DESCRIPTION,
  type StreamDescription,
  type StreamMetadata,
  type Track,
} from "./track.ts";

/** A block of this many bytes is flushed at once: 350 ms of 12 Mbps, a quarter of a socket's room. */
const BLOCK_SIZE_MAX = 512 * 1024;

const BLOCK_CAPACITY = 32 * 1024;

/** How much a broadcast holds. */
export interface ChainUse {
  /** Bytes of what the slowest subscriber, and those who join, still need. */
  readonly size: number;
  readonly durationMs: number;
  /** How far the worst subscriber is behind. */
  readonly lagSizeMax: number;
  readonly lagMsMax: number;
}

export class Broadcast {
  readonly format: BroadcastFormat;
  /** Where it notes how many seconds each flush takes. */
  flushTimes: Histogram | undefined;
  #settings: StreamSettings;
  readonly #clock: Clock;
  readonly #encoder: BroadcastEncoder;
  readonly #subscribers: Subscriber[] = [];
  /** To subscribers that have left. */
  readonly #past = new Delivery();
  readonly #open = new ByteWriter(BLOCK_CAPACITY);
  #openFrames = 0;
  #openSync: Omit<SyncPoint, "block"> | undefined;
  #newest: Block;
  #sync: SyncPoint | undefined;
  #description: StreamDescription = EMPTY_DESCRIPTION;
  #isStarted = false;
  #lastMs: number;
  #timer: Timer | undefined;
  #isWindowExtended = false;

  /** @param startMs The stream's time, in milliseconds, at the first of what is written to it. */
  constructor(format: BroadcastFormat, settings: StreamSettings, clock: Clock, startMs: number) {
    this.format = format;
    this.#settings = settings;
    this.#clock = clock;
    this.#lastMs = startMs;
    this.#encoder = format.createEncoder(startMs);
    this.#newest = {
      bytes: new Uint8Array(0),
      endPosition: 0,
      endMs: startMs,
      endMark: this.#encoder.mark(),
      endDescription: EMPTY_DESCRIPTION,
      next: undefined,
    };
  }

  /** Takes on other settings; what has begun to wait goes on as it was meant. */
  configure(settings: StreamSettings): void {
    this.#settings = settings;
  }

  get subscribers(): readonly Subscriber[] {
    return this.#subscribers;
  }

  /** Bytes of all blocks so far. */
  get position(): number {
    return this.#newest.endPosition;
  }

  /** The stream's time at the end of all blocks so far. */
  get endMs(): number {
    return this.#newest.endMs;
  }

  /** What subscribers got so far. Looks at each of them. */
  delivery(): Delivery {
    const all = new Delivery();
    all.add(this.#past);
    for (const subscriber of this.#subscribers) all.addSubscriber(subscriber);
    return all;
  }

  /** How much is held for them. Looks at each of them. */
  chainUse(): ChainUse {
    let oldest = this.#sync?.block ?? this.#newest;
    let lagSizeMax = 0;
    let lagMsMax = 0;
    for (const { cursor, lagSize, lagMs } of this.#subscribers) {
      if (cursor !== undefined && cursor.endPosition < oldest.endPosition) oldest = cursor;
      lagSizeMax = Math.max(lagSizeMax, lagSize);
      lagMsMax = Math.max(lagMsMax, lagMs);
    }
    const startPosition = oldest.endPosition - oldest.bytes.length;
    const size = this.position - startPosition + this.#open.size;
    const durationMs = Math.max(0, this.endMs - oldest.endMs);
    return { size, durationMs, lagSizeMax, lagMsMax };
  }

  nowMs(): number {
    return this.#clock.monotonicMs();
  }

  // What comes in -----------------------------------------------------------------------------------

  writeMetadata(metadata: StreamMetadata): void {
    this.#description = { ...this.#description, metadata };
    this.#encoder.writeMetadata(this.#open, metadata, this.#lastMs);
    this.#flushSoon();
  }

  writeTrack(track: Track): void {
    this.#description = { ...this.#description, [track.kind]: track };
    this.#encoder.writeTrack(this.#open, track, this.#lastMs);
    this.#flushSoon();
  }

  writeFrame(frame: Frame): void {
    if (this.#isSyncFrame(frame)) this.#markSync();
    this.#encoder.writeFrame(this.#open, frame);
    this.#openFrames += 1;
    this.#lastMs = frame.dtsMs;
    if (this.#windowMs === 0) this.flush();
    else this.#flushSoon();
  }

  /** Another publisher comes: what was before is no way in any more. */
  restart(): void {
    this.flush();
    this.#encoder.restart?.();
    this.#sync = undefined;
    this.#isStarted = false;
    this.#description = EMPTY_DESCRIPTION;
  }

  /** The publisher is gone for good. Subscribers that do not outlast it end. */
  end(): void {
    this.restart();
    for (const subscriber of [...this.#subscribers]) {
      if (!subscriber.isLasting) subscriber.finish();
    }
  }

  /** Stops the timer; the broadcast is forgotten. */
  close(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  // Subscribers -------------------------------------------------------------------------------------

  /** Adds a subscriber. It starts when the caller, who then knows it, calls its `pump`. */
  subscribe(sink: SubscriberSink, options: SubscriberOptions): Subscriber {
    const subscriber = new Subscriber(this, sink, options);
    subscriber.index = this.#subscribers.length;
    this.#subscribers.push(subscriber);
    return subscriber;
  }

  unsubscribe(subscriber: Subscriber): void {
    const index = subscriber.index;
    if (this.#subscribers[index] !== subscriber) return;
    const last = this.#subscribers.pop();
    if (last !== undefined && last !== subscriber) {
      this.#subscribers[index] = last;
      last.index = index;
    }
    subscriber.index = -1;
    this.#past.addSubscriber(subscriber);
  }

  /** Closes what has been encoded into a block and hands it to all subscribers. */
  flush(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#isWindowExtended = false;
    if (this.#open.size === 0) return;
    this.#closeBlock();
    if (this.#subscribers.length > 0) this.#pumpAll();
  }

  /** Closes subscribers that have made no progress for too long. Call every second or so. */
  sweep(nowMs: number): void {
    const timeoutMs = this.#settings.queue.writeTimeoutMs;
    for (let i = this.#subscribers.length - 1; i >= 0; i--) {
      this.#subscribers[i]?.checkTimeout(nowMs, timeoutMs);
    }
  }

  isTooFarBehind(cursor: Block): boolean {
    const { durationMs, sizeMax } = this.#settings.queue;
    return (
      this.#newest.endMs - cursor.endMs > durationMs ||
      this.#newest.endPosition - cursor.endPosition > sizeMax
    );
  }

  /** Where a subscriber can enter. One that has left comes back at a later point only. */
  joinPoint(left: Block | undefined): SyncPoint | undefined {
    if (!this.#isStarted) return undefined;
    const sync = this.#sync;
    const leftPosition = left?.endPosition ?? -1;
    if (sync !== undefined && sync.block.endPosition > leftPosition) return sync;
    const block = this.#newest;
    // No key frame for as long as a queue may be: the video has stopped, and the audio must do.
    const isHopeless = block.endMs - (left?.endMs ?? 0) > 2 * this.#settings.queue.durationMs;
    if (left !== undefined && !isHopeless) return undefined;
    const { endMark: mark, endDescription: description } = block;
    return { block, offset: block.bytes.length, mark, description };
  }

  baseAt(mark: EncoderMark): number {
    return this.#encoder.baseAt(mark);
  }

  encodeJoin(point: SyncPoint, baseMs: number, isFirst: boolean): Uint8Array {
    const { mark, description } = point;
    return this.#encoder.encodeJoin({
      mark,
      description,
      latest: this.#description,
      baseMs,
      isFirst,
    });
  }

  // -------------------------------------------------------------------------------------------------

  #pumpAll(): void {
    const startMs = this.nowMs();
    // Backwards, as a subscriber that ends now is replaced by the last, which has had its turn.
    for (let i = this.#subscribers.length - 1; i >= 0; i--) {
      this.#subscribers[i]?.serve();
    }
    this.flushTimes?.observe((this.nowMs() - startMs) / 1_000);
  }

  /**
   * Without video, a decoder can start at any frame; the first of each block is as good as any. Where
   * there is video that the format leaves out, the last one: only who wants pictures needs older ones.
   */
  #isSyncFrame(frame: Frame): boolean {
    if (this.format.isAudioOnly === true) return frame.track.kind === "audio";
    if (frame.track.kind === "video") return frame.isKeyFrame;
    return this.#description.video === undefined && this.#openSync === undefined;
  }

  #markSync(): void {
    this.#openSync = {
      offset: this.#open.size,
      mark: this.#encoder.mark(),
      description: this.#description,
    };
  }

  #closeBlock(): void {
    const bytes = this.#open.take();
    const block: Block = {
      bytes,
      endPosition: this.#newest.endPosition + bytes.length,
      endMs: this.#lastMs,
      endMark: this.#encoder.mark(),
      endDescription: this.#description,
      next: undefined,
    };
    this.#newest.next = block;
    this.#newest = block;
    this.#isStarted = true;
    this.#openFrames = 0;
    if (this.#openSync !== undefined) this.#sync = { block, ...this.#openSync };
    // Without a GOP cache a key frame is a way in only while it is the newest there is.
    else if (!this.#settings.gopCache.isEnabled) this.#sync = undefined;
    this.#openSync = undefined;
  }

  /** Gives up the way in at the last key frame: the GOP cache has grown over its limit. */
  dropSync(): void {
    this.#openSync = undefined;
    this.#sync = undefined;
  }

  #flushSoon(): void {
    if (this.#open.size >= BLOCK_SIZE_MAX) this.flush();
    else this.#scheduleFlush();
  }

  #scheduleFlush(): void {
    if (this.#timer !== undefined) return;
    this.#timer = this.#clock.setTimer(this.#windowMs, () => this.#closeWindow());
  }

  /** How long the first frame of a block waits; see FlushSettings. */
  get #windowMs(): number {
    return this.format.isImmediate === true ? 0 : this.#settings.flush.windowMs;
  }

  #closeWindow(): void {
    this.#timer = undefined;
    if (this.#openFrames <= this.#settings.flush.framesMin && !this.#isWindowExtended) {
      this.#isWindowExtended = true;
      this.#scheduleFlush();
    } else {
      this.flush();
    }
  }
}
