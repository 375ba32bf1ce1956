/**
 * What an RTMP server session needs from whoever runs it: answers to `connect`, `publish` and
 * `play`, and somewhere to put what a publisher sends.
 *
 * The session asks one question at a time and calls nothing else while one is open, but `closed`: the
 * peer's further messages wait. To refuse, throw RefusedError: the peer is told by `onStatus` or
 * `_error`, then closed within seconds, whether it reads or not. To send the peer elsewhere, throw
 * RedirectError.
 *
 * The peer may leave while the handler thinks. Then:
 *
 * - `closed` comes at once, while the handler's promise is still open, and comes once.
 * - What the promise resolves to later is given back at once: of it `close` is called, nothing else.
 *   What the promise rejects with is dropped.
 * - So a handler that awaits, and then does what `closed` is to undo, must look at
 *   `RtmpServerSession.isClosed` behind each `await`, and stop if that is true, by throwing whatever it
 *   likes. If it is false, `closed` has not been called, and will not be before the next `await`.
 * - A session that the server ends itself is closed from that moment on: `isClosed` is true, though
 *   `closed` is still to come.
 *
 * @module
 */

import type { AmfValue } from "../../codec/amf0/value.ts";
import type { RtmpPublisherType } from "./publisher-type.ts";
import type { StreamUrl } from "./stream-url.ts";

export interface RtmpSessionHandler {
  /** The session's id, from accept to close; sent to the peer as `srs_id`. */
  readonly clientId: string;
  /** The peer wants to use an application. The answer says how to talk to it from then on. */
  connect(info: RtmpConnectInfo): Promise<RtmpWireSettings>;
  /** The peer wants to publish. Media comes after the promise has resolved. */
  publish(request: RtmpPublishRequest): Promise<RtmpPublication>;
  /** The peer wants to play. Nothing may be sent to it before `RtmpPlayback.start`. */
  play(request: RtmpPlayRequest): Promise<RtmpPlayback>;
  /**
   * The connection is over; called once, after the publication or playback has been closed, and while
   * a question is open without waiting for the answer. `error` says why, unless the peer simply left.
   */
  closed(error?: Error): void;
}

/** How messages are exchanged; a matter of the vhost that the peer connects to. */
export interface RtmpWireSettings {
  /** What we send in chunks of (`chunk_size`). Players of one stream and size share bytes. */
  readonly chunkSize: number;
  /** Acknowledge as if the peer had announced this window; 0: only if it does (`in_ack_size`). */
  readonly inAckSize: number;
  /** The window that the peer is to acknowledge by (`out_ack_size`); 0: none is announced. */
  readonly outAckSize: number;
}

/** What a peer said of itself in `connect`. Strings are as sent, and empty if they were not. */
export interface RtmpConnectInfo {
  /** Parsed from tcUrl, without a stream; `stream` is empty unless tcUrl had one. */
  readonly url: StreamUrl;
  readonly app: string;
  readonly tcUrl: string;
  readonly pageUrl: string;
  readonly swfUrl: string;
  readonly flashVersion: string;
  /** 0 or 3. Sluice always answers in AMF0. */
  readonly objectEncoding: number;
  /** The second argument, where SRS's own servers introduce themselves. */
  readonly extra: AmfValue;
  /** Ids of the servers that have handed the stream on, in order; empty for most peers. */
  readonly via: readonly string[];
  /** True if the peer said that it speaks Enhanced RTMP. */
  readonly isEnhanced: boolean;
  /** The address that a proxy in front of Sluice claims the peer has; unproven. */
  readonly proxiedAddress: string | undefined;
}

export interface RtmpPublishRequest {
  readonly connectInfo: RtmpConnectInfo;
  readonly url: StreamUrl;
  /** How the publisher went about it. */
  readonly publisherType: RtmpPublisherType;
  /** `live`, `record` or `append`, as sent; everything is published live. */
  readonly mode: string;
}

/** One stream being published. Called in the order in which the peer sent. */
export interface RtmpPublication {
  /** The body as in FLV. Nobody writes to `payload` again. `timestamp`: 32 bits, unsigned, ms. */
  audio(timestamp: number, payload: Uint8Array): void;
  video(timestamp: number, payload: Uint8Array): void;
  /** A data message. `payload` is AMF0 and starts with `name`; `@setDataFrame` is taken off. */
  data(timestamp: number, name: string, payload: Uint8Array): void;
  /** The peer unpublished, or is gone. Called once. */
  close(): void;
}

export interface RtmpPlayRequest {
  readonly connectInfo: RtmpConnectInfo;
  readonly url: StreamUrl;
  /** As sent: -2 (live, else recorded), -1 (live only) or a position; often misused. */
  readonly start: number;
  /** Seconds to play, after which the handler closes the session; undefined: for ever. */
  readonly durationSeconds: number | undefined;
  /** What the peer buffers, in milliseconds, if it has said so by SetBufferLength. */
  readonly bufferLengthMs: number | undefined;
}

/** One stream being played. */
export interface RtmpPlayback {
  /** The peer has been told that play begins: send, on `session.messageStreamId`. */
  start(): void;
  /** After a `session.writeShared` that took less than all: go on. */
  drain(): void;
  /** The peer paused or goes on. It has been told so. */
  pause(): void;
  unpause(): void;
  /**
   * The peer stopped playing, or is gone. Called once. What `writeShared` took in part is finished by
   * the session.
   */
  close(): void;
}

/** Sends the peer to another server: thrown by a handler's `publish` or `play`. */
export class RedirectError extends Error {
  override readonly name = "RedirectError";
  /** `rtmp://host:port/app` */
  readonly tcUrl: string;
  /** `rtmp://host:port/app/stream?param` */
  readonly streamUrl: string;

  constructor(tcUrl: string, streamUrl: string) {
    super(`Cannot serve the stream here: it is at "${streamUrl}"`);
    this.tcUrl = tcUrl;
    this.streamUrl = streamUrl;
  }
}
