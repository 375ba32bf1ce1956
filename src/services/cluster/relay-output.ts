/**
 * A stream on its way to a peer: a subscriber like any other, but for its format, whose every frame
 * goes out at once, and for its end, which comes with the publication and not with the stream.
 *
 * @module
 */

import type { Broadcast } from "../../live/broadcast.ts";
import type { BroadcastFormat } from "../../live/broadcast-format.ts";
import type { LiveStream, StreamWaiter } from "../../live/live-stream.ts";
import type { Publication } from "../../live/publication.ts";
import type { Subscriber, SubscriberSink } from "../../live/subscriber.ts";
import { createFlvFormat } from "../../remux/flv/from-stream.ts";
import type { TcpHandler, TcpSocket } from "../../runtime/runtime.ts";

/** The peer has merged writes of its own: a second wait here would only add delay. */
const FORMAT: BroadcastFormat = {
  ...createFlvFormat({ hasAudio: true, hasVideo: true, isGuessed: true, isWebSocket: false }),
  name: "relay",
  isImmediate: true,
};

export class RelayOutput implements TcpHandler, StreamWaiter, SubscriberSink {
  readonly publication: Publication;
  readonly #stream: LiveStream;
  readonly #closed: (output: RelayOutput, error: unknown) => void;
  #socket: TcpSocket | undefined;
  #broadcast: Broadcast | undefined;
  #subscriber: Subscriber | undefined;
  #failure: unknown;

  /** @param closed Called once, when the connection is over; with what was wrong in here. */
  constructor(
    stream: LiveStream,
    publication: Publication,
    closed: (output: RelayOutput, error: unknown) => void,
  ) {
    this.#stream = stream;
    this.publication = publication;
    this.#closed = closed;
  }

  /** Takes the connection over and begins. */
  start(socket: TcpSocket, head: Uint8Array): void {
    this.#socket = socket;
    // A connection without room for a head is of no use; the peer comes again.
    if (socket.write(head) < head.length) socket.destroy();
    else this.#stream.addWaiter(this);
  }

  /** The publication is over: ends behind its last byte. */
  finish(): void {
    if (this.#subscriber === undefined) this.#socket?.end();
    else this.#subscriber.finish();
  }

  destroy(): void {
    this.#socket?.destroy();
  }

  // StreamWaiter and SubscriberSink -----------------------------------------------------------------

  onStreamReady(): void {
    const { broadcast, subscriber } = this.#stream.subscribe(FORMAT, this, { isLasting: false });
    this.#broadcast = broadcast;
    this.#subscriber = subscriber;
    subscriber.pump();
  }

  write(bytes: Uint8Array): number {
    return this.#socket?.write(bytes) ?? 0;
  }

  end(reason: "stream_ended" | "write_timeout"): void {
    if (reason === "stream_ended") this.#socket?.end();
    else this.destroy();
  }

  fail(error: unknown): void {
    this.#failure = error;
    this.destroy();
  }

  // TcpHandler --------------------------------------------------------------------------------------

  data(): void {
    // The peer has nothing more to say.
  }

  drain(): void {
    this.#subscriber?.pump();
  }

  close(): void {
    this.#stream.removeWaiter(this);
    if (this.#broadcast !== undefined && this.#subscriber !== undefined) {
      this.#stream.unsubscribe(this.#broadcast, this.#subscriber);
    }
    this.#closed(this, this.#failure);
  }
}
