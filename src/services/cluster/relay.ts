/**
 * One stream that is published at a peer and watched here: pulled once, whatever the number of
 * viewers, for as long as the directory names the peer.
 *
 * ```text
 *                 owner                      connection ends
 * (nobody) ------------------> connected -----------------------> waiting to connect again
 *     ^                            |  ^                                  |
 *     |  end, or DRAIN_MS          |  +----------------------------------+
 *     +----------- draining <------+  owner gone
 * ```
 *
 * @module
 */

import type { Clock, Timer } from "../../base/clock.ts";
import { ProtocolError } from "../../base/errors.ts";
import type { Logger } from "../../base/logger.ts";
import type { ResponseHead } from "../../codec/http/response-head.ts";
import type { LiveStream } from "../../live/live-stream.ts";
import type { Publication } from "../../live/publication.ts";
import {
  HttpClient,
  type HttpClientExchange,
  type ResponseReceiver,
} from "../../protocols/http/client.ts";
import type { Tcp } from "../../runtime/runtime.ts";
import { connectorTo, peerUrl } from "./peer.ts";
import { RelayInput } from "./relay-input.ts";
import type { StreamOwner } from "./stream-directory.ts";

/** Where a peer serves streams; the URL follows as the parameter `url`. */
export const STREAM_PATH = "/stream.flv";
/** Where a peer has a publisher asked for a key frame, likewise. */
export const KEY_FRAME_PATH = "/key_frame";
/** A field of a stream's answer: there is somebody to be asked for key frames. */
export const KEY_FRAMES_FIELD = ["X-Key-Frames", "1"] as const;

/** The publisher judges for itself how often it is asked; this is for what goes to its process. */
const KEY_FRAME_MS_MIN = 250;
const ANSWER_SIZE_MAX = 1_024;

/**
 * A peer that says nothing for so long may hang, so the connection is made anew. A publisher that
 * pauses costs a connection each time, and viewers nothing.
 */
const SILENCE_MS_MAX = 10_000;

/**
 * How long the last bytes of a publication may be on their way once the directory has forgotten it.
 * On one machine they take less than a millisecond; the peer ends the connection behind them.
 */
const DRAIN_MS_MAX = 1_000;

/** How soon to connect again: at first at once for a viewer, then without a burden for the machine. */
const RETRY_MS_MIN = 50;
const RETRY_MS_MAX = 5_000;

export interface RelayPorts {
  readonly tcp: Tcp;
  readonly clock: Clock;
  readonly logger: Logger;
}

export class Relay implements ResponseReceiver {
  readonly #ports: RelayPorts;
  readonly #stream: LiveStream;
  readonly #isForRtc: boolean;
  #hasKeyFrames = false;
  #keyFrameMs = Number.NEGATIVE_INFINITY;
  #owner: StreamOwner | undefined;
  #input: RelayInput | undefined;
  #exchange: HttpClientExchange | undefined;
  /** Of the next attempt, or of the end of draining. */
  #timer: Timer | undefined;
  /** Attempts since the peer answered. */
  #attemptCount = 0;

  /** @param isForRtc Brings the stream as WebRTC plays it. */
  constructor(ports: RelayPorts, stream: LiveStream, isForRtc = false) {
    this.#ports = ports;
    this.#stream = stream;
    this.#isForRtc = isForRtc;
  }

  get stream(): LiveStream {
    return this.#stream;
  }

  /** There is nothing to pull, and nothing more will come. */
  get isOver(): boolean {
    return this.#owner === undefined && this.#input === undefined;
  }

  /** Pulls from the owner that the directory names, or, if none, takes what is still on its way. */
  follow(owner: StreamOwner | undefined): void {
    if (owner?.claimId === this.#owner?.claimId) return;
    this.#owner = owner;
    if (owner === undefined && this.#exchange !== undefined) {
      this.#setTimer(DRAIN_MS_MAX, () => this.stop(false));
      return;
    }
    this.stop(false);
    if (owner === undefined) return;
    this.#owner = owner;
    this.#attemptCount = 0;
    this.#input = new RelayInput(() => this.#publish(owner), this.#stream.settings.jitterMode);
    this.#connect();
  }

  /** @param isForGood Nobody watches: the stream need not wait for its publisher's return. */
  stop(isForGood: boolean): void {
    this.#owner = undefined;
    this.#disconnect();
    const input = this.#input;
    this.#input = undefined;
    input?.end(isForGood);
  }

  // ResponseReceiver --------------------------------------------------------------------------------

  head({ status, fields }: ResponseHead): void {
    if (status !== 200) throw new ProtocolError(`Cannot relay: the peer answers ${status}`);
    this.#hasKeyFrames = fields.has(KEY_FRAMES_FIELD[0].toLowerCase());
    this.#attemptCount = 0; // It has the stream, though there may be nothing to send yet.
  }

  data(bytes: Uint8Array): void {
    this.#input?.read(bytes);
  }

  end(): void {
    this.#disconnected(undefined);
  }

  fail(error: Error): void {
    this.#disconnected(error);
  }

  // -------------------------------------------------------------------------------------------------

  #connect(): void {
    const owner = this.#owner;
    if (owner === undefined) return;
    const { tcp, clock } = this.#ports;
    this.#attemptCount += 1;
    const client = new HttpClient({ tcp: connectorTo(tcp, owner.peer), clock });
    this.#exchange = client.request(
      {
        url: peerUrl(STREAM_PATH, {
          url: this.#stream.url,
          ...(this.#isForRtc ? { rtc: "1" } : {}),
        }),
        timeoutMs: SILENCE_MS_MAX,
        redirectsMax: 0,
      },
      this,
    );
  }

  #publish({ peer }: StreamOwner): Publication {
    const { url } = this.#stream;
    const publication = this.#stream.publish({
      clientId: "relay",
      isRelayed: true,
      close: () => this.stop(false),
      ...(this.#hasKeyFrames ? { requestKeyFrame: () => this.#requestKeyFrame() } : {}),
    });
    this.#ports.logger.info("relay started", { url, from: peer.name });
    return publication;
  }

  #requestKeyFrame(): void {
    const { tcp, clock } = this.#ports;
    const nowMs = clock.monotonicMs();
    const owner = this.#owner;
    if (owner === undefined || nowMs - this.#keyFrameMs < KEY_FRAME_MS_MIN) return;
    this.#keyFrameMs = nowMs;
    const client = new HttpClient({ tcp: connectorTo(tcp, owner.peer), clock });
    const url = peerUrl(KEY_FRAME_PATH, { url: this.#stream.url });
    const request = { url, method: "POST", timeoutMs: SILENCE_MS_MAX, redirectsMax: 0 };
    // Who needs it asks again, so that one which is lost matters little.
    client.fetch(request, ANSWER_SIZE_MAX).catch(() => undefined);
  }

  /**
   * The peer ends the connection behind the last byte of a publication, which the directory may not
   * have told yet; or something broke.
   */
  #disconnected(error: Error | undefined): void {
    this.#exchange = undefined;
    const owner = this.#owner;
    if (owner === undefined) {
      this.stop(false);
      return;
    }
    if (error !== undefined && this.#attemptCount <= 1) {
      const { url } = this.#stream;
      this.#ports.logger.warn("relay interrupted", {
        url,
        from: owner.peer.name,
        reason: error.message,
      });
    }
    const delayMs = Math.min(RETRY_MS_MAX, RETRY_MS_MIN * 2 ** this.#attemptCount);
    this.#setTimer(delayMs, () => {
      this.#input?.reconnected();
      this.#connect();
    });
  }

  #disconnect(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#exchange?.abort();
    this.#exchange = undefined;
  }

  #setTimer(delayMs: number, callback: () => void): void {
    this.#timer?.cancel();
    this.#timer = this.#ports.clock.setTimer(delayMs, callback);
  }
}
