/**
 * One viewer of a broadcast: a cursor into the chain of blocks, and nothing that grows.
 *
 * @module
 */

import type { Block, SyncPoint } from "./block.ts";
import type { Broadcast } from "./broadcast.ts";

/** Why a subscriber was let go. The names go into the log. */
export type SubscriberEnd = "stream_ended" | "write_timeout";

/** Where a subscriber's bytes go: a socket, as its server sees it. */
export interface SubscriberSink {
  /**
   * Sends. The bytes never change afterwards.
   *
   * @returns How many were taken. If fewer than all, call `Subscriber.pump` when there is room.
   */
  write(bytes: Uint8Array): number;
  /** It has handed over its first media: a key frame, where the stream has any that can be sent. */
  started?(): void;
  /** The subscriber is over; everything it had to send has been written. Close the connection. */
  end(reason: SubscriberEnd): void;
  /** A bug in what serves this subscriber, which must be its end and nobody else's. */
  fail(error: unknown): void;
}

export interface SubscriberOptions {
  /** Stay when the publisher leaves, and go on with the next one (RTMP). */
  readonly isLasting: boolean;
}

const NO_BYTES = new Uint8Array(0);

export class Subscriber {
  /** The place in the broadcast's list, -1 outside of it; the broadcast's own. */
  index = -1;
  /** Bytes handed to the sink. */
  sentSize = 0;
  /** How often it fell too far behind and skipped to a key frame. */
  skipCount = 0;
  /** Bytes it never got because of that. */
  skippedSize = 0;
  /** It was let go because its sink took nothing for too long. */
  hasTimedOut = false;
  readonly isLasting: boolean;
  readonly #broadcast: Broadcast;
  readonly #sink: SubscriberSink;
  /** The newest block handed to the sink, wholly or but for `#rest`. */
  #cursor: Block | undefined;
  /** What the sink has not yet taken of the join or of the block at the cursor. */
  #rest: Uint8Array | undefined;
  /** Where the cursor stood when it was given up; without what came after it. */
  #left: Block | undefined;
  #baseMs = 0;
  #isJoinedOnce = false;
  #hasStarted = false;
  #isPaused = false;
  #isEnding = false;
  #blockedSinceMs = 0;

  constructor(broadcast: Broadcast, sink: SubscriberSink, options: SubscriberOptions) {
    this.#broadcast = broadcast;
    this.#sink = sink;
    this.isLasting = options.isLasting;
  }

  /** The newest block that it was handed; it holds this one and all that follow. */
  get cursor(): Block | undefined {
    return this.#cursor;
  }

  /** Bytes between what has been taken and the newest. */
  get lagSize(): number {
    const rest = this.#rest?.length ?? 0;
    return this.#cursor === undefined
      ? rest
      : this.#broadcast.position - this.#cursor.endPosition + rest;
  }

  /** The same in milliseconds of the stream; 0 for one that waits for a key frame. */
  get lagMs(): number {
    if (this.#cursor === undefined) return 0;
    return Math.max(0, this.#broadcast.endMs - this.#cursor.endMs);
  }

  /**
   * Hands the sink all it will take: to start, after each flush, and when there is room again. What
   * goes wrong goes wrong for this subscriber alone.
   */
  pump(): void {
    try {
      this.#pump();
    } catch (error) {
      this.#broadcast.unsubscribe(this);
      this.#sink.fail(error);
    }
  }

  /** Does the subscriber's part after a flush. */
  serve(): void {
    if (this.#rest !== undefined || this.#isPaused) this.#checkLag();
    else this.pump();
  }

  /** Closes a subscriber whose sink has taken nothing for too long. */
  checkTimeout(nowMs: number, timeoutMs: number): void {
    if (this.#rest === undefined || nowMs - this.#blockedSinceMs < timeoutMs) return;
    this.hasTimedOut = true;
    this.#sink.end("write_timeout");
  }

  /** Holds back all but what has been begun. Bounded by the queue's limits, as a slow sink is. */
  pause(): void {
    this.#isPaused = true;
  }

  /** Goes on where it paused, or at a later key frame if that has fallen out of the queue. */
  resume(): void {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    this.pump();
  }

  /** The stream is over: end when the sink has taken what there is. */
  finish(): void {
    this.#isEnding = true;
    this.#isPaused = false;
    if (this.#rest === undefined) this.pump();
  }

  #pump(): void {
    while (this.index >= 0 && this.#writeRest() && !this.#isPaused) {
      const next = this.#cursor === undefined ? undefined : this.#cursor.next;
      if (next !== undefined) {
        this.#cursor = next;
        this.#write(next.bytes);
        if (!this.#hasStarted) this.#start();
      } else if (this.#cursor !== undefined || !this.#join()) {
        if (this.#isEnding) this.#sink.end("stream_ended");
        return;
      }
    }
  }

  /** @returns Whether nothing is left to send before the next block. */
  #writeRest(): boolean {
    const rest = this.#rest;
    if (rest === undefined) return true;
    const taken = this.#sink.write(rest);
    this.sentSize += taken;
    if (taken > 0) this.#blockedSinceMs = this.#broadcast.nowMs();
    this.#rest = taken === rest.length ? undefined : rest.subarray(taken);
    return this.#rest === undefined;
  }

  #write(bytes: Uint8Array): void {
    const taken = this.#sink.write(bytes);
    this.sentSize += taken;
    if (taken === bytes.length) return;
    this.#blockedSinceMs = this.#broadcast.nowMs();
    this.#rest = bytes.subarray(taken);
  }

  /** Lets go of the chain when it has become too long, to enter it again at a later key frame. */
  #checkLag(): void {
    const cursor = this.#cursor;
    if (cursor === undefined || !this.#broadcast.isTooFarBehind(cursor)) return;
    // Not the block itself, which would keep all that follows it.
    this.#left = { ...cursor, bytes: NO_BYTES, next: undefined };
    this.#cursor = undefined;
    this.skipCount += 1;
  }

  #join(): boolean {
    const point = this.#broadcast.joinPoint(this.#left);
    if (point === undefined) return false;
    this.#enter(point);
    return true;
  }

  #enter(point: SyncPoint): void {
    if (this.#left !== undefined) {
      this.skippedSize += pointPosition(point) - this.#left.endPosition;
      this.#left = undefined;
    }
    if (!this.#isJoinedOnce) this.#baseMs = this.#broadcast.baseAt(point.mark);
    const join = this.#broadcast.encodeJoin(point, this.#baseMs, !this.#isJoinedOnce);
    this.#isJoinedOnce = true;
    this.#cursor = point.block;
    this.#rest = undefined;
    this.#write(join);
    if (point.offset === point.block.bytes.length) return;
    this.#append(point.block, point.offset);
    if (!this.#hasStarted) this.#start();
  }

  #start(): void {
    this.#hasStarted = true;
    this.#sink.started?.();
  }

  /** Sends the block from `offset` on, behind what the sink has not yet taken of the join. */
  #append(block: Block, offset: number): void {
    const tail = block.bytes.subarray(offset);
    const rest = this.#rest;
    if (rest === undefined) {
      this.#write(tail);
      return;
    }
    const both = new Uint8Array(rest.length + tail.length);
    both.set(rest);
    both.set(tail, rest.length);
    this.#rest = both;
  }
}

function pointPosition(point: SyncPoint): number {
  return point.block.endPosition - (point.block.bytes.length - point.offset);
}
