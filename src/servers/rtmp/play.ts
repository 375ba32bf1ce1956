/**
 * From the live core to an RTMP player.
 *
 * @module
 */

import type { Broadcast } from "../../live/broadcast.ts";
import type { BroadcastFormat } from "../../live/broadcast-format.ts";
import type { LiveStream, StreamWaiter } from "../../live/live-stream.ts";
import type { Subscriber, SubscriberEnd, SubscriberSink } from "../../live/subscriber.ts";
import type { RtmpPlayback } from "../../protocols/rtmp/session-handler.ts";

/** What playing needs of the session. */
export interface RtmpPlaySession {
  /** The chunks to be shared with all players who are sent the like. */
  format(stream: LiveStream): BroadcastFormat;
  /** Hands bytes to the connection; see SubscriberSink. */
  writeShared(bytes: Uint8Array): number;
  /** The first media have been handed over. */
  playBegun(): void;
  /** Closes the connection. */
  endPlay(reason: SubscriberEnd): void;
  failPlay(error: unknown): void;
  /** Called once, when it is over. */
  playClosed(play: RtmpPlay): void;
}

export class RtmpPlay implements RtmpPlayback, StreamWaiter, SubscriberSink {
  readonly #session: RtmpPlaySession;
  readonly #stream: LiveStream;
  #broadcast: Broadcast | undefined;
  #subscriber: Subscriber | undefined;
  #isPaused = false;

  constructor(session: RtmpPlaySession, stream: LiveStream) {
    this.#session = session;
    this.#stream = stream;
  }

  get streamUrl(): string {
    return this.#stream.url;
  }

  /** `undefined` while the stream has not begun. */
  get subscriber(): Subscriber | undefined {
    return this.#subscriber;
  }

  /** How often it fell so far behind that it skipped to a key frame. */
  get skipCount(): number {
    return this.#subscriber?.skipCount ?? 0;
  }

  /** Bytes that it never got because of that. */
  get skippedSize(): number {
    return this.#subscriber?.skippedSize ?? 0;
  }

  /** An RTMP player waits for its publisher for as long as it likes. */
  start(): void {
    this.#stream.addWaiter(this);
  }

  onStreamReady(): void {
    const format = this.#session.format(this.#stream);
    const { broadcast, subscriber } = this.#stream.subscribe(format, this, { isLasting: true });
    this.#broadcast = broadcast;
    this.#subscriber = subscriber;
    if (this.#isPaused) subscriber.pause();
    else subscriber.pump();
  }

  drain(): void {
    this.#subscriber?.pump();
  }

  pause(): void {
    this.#isPaused = true;
    this.#subscriber?.pause();
  }

  unpause(): void {
    this.#isPaused = false;
    this.#subscriber?.resume();
  }

  write(bytes: Uint8Array): number {
    return this.#session.writeShared(bytes);
  }

  started(): void {
    this.#session.playBegun();
  }

  end(reason: SubscriberEnd): void {
    this.#session.endPlay(reason);
  }

  fail(error: unknown): void {
    this.#session.failPlay(error);
  }

  close(): void {
    this.#stream.removeWaiter(this);
    const subscriber = this.#subscriber;
    if (subscriber !== undefined && this.#broadcast !== undefined) {
      this.#stream.unsubscribe(this.#broadcast, subscriber);
    }
    this.#session.playClosed(this);
  }
}
